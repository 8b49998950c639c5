//! The small changes that turn many a wrong program into the right one: one edit each, at one place
//! of a function.
//!
//! `mod.rs` has the model score them. Kinds: another variable of the function, another operator, a
//! number or an index one off, arguments in each other's place, a condition the other way round. To
//! add one: a function, and a line in [`all`].

use crate::model_checks::VariableUse;
use syntax::{Code, Node, Part, Role, Roles};
use text::Edit;

/// The most other names that are tried at one place; the ones used nearest come first.
const NAMES: usize = 8;

/// What an operator is mistaken for.
const OPERATORS: &[(&str, &[&str])] = &[
    ("<", &["<=", ">"]),
    ("<=", &["<", ">="]),
    (">", &[">=", "<"]),
    (">=", &[">", "<="]),
    ("==", &["!="]),
    ("!=", &["=="]),
    ("===", &["!=="]),
    ("!==", &["==="]),
    ("+", &["-"]),
    ("-", &["+"]),
    ("*", &["/", "+"]),
    ("/", &["*"]),
    ("%", &["/"]),
    ("//", &["%", "/"]),
    ("&&", &["||"]),
    ("||", &["&&"]),
    ("and", &["or"]),
    ("or", &["and"]),
    ("+=", &["-="]),
    ("-=", &["+="]),
    ("in", &["not in"]),
    ("is", &["is not"]),
];

/// A change that may be the right one.
pub struct Mutation {
    /// What changes.
    pub edit: Edit,
    /// What it does, as a title says it.
    pub title: String,
}

/// All mutations in one function, in the order of the text. `uses` and `names` are its variables.
pub fn all(
    code: &Code,
    within: &std::ops::Range<usize>,
    uses: &[VariableUse],
    names: &[String],
) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    let inside = |node: &Node| within.start <= node.start() && node.end() <= within.end;
    for node in code.nodes().filter(inside) {
        operators(node, &mut mutations);
        numbers(node, &mut mutations);
        indexes(node, &mut mutations);
        arguments(node, &mut mutations);
        conditions(node, &mut mutations);
    }
    for (at, place) in uses.iter().enumerate() {
        variables(at, place, uses, names, &mut mutations);
    }
    mutations.sort_by_key(|mutation| (mutation.edit.range.start, mutation.edit.range.end));
    mutations
}

fn mutation(edit: Edit, title: String) -> Mutation {
    Mutation { edit, title }
}

fn replaced(node: Node, text: &str) -> Mutation {
    mutation(
        Edit::replace(node.range(), text),
        format!("Write `{text}` instead of `{}`", node.text()),
    )
}

const OPERATIONS: Roles = Roles::of(&[
    Role::Binary,
    Role::Logical,
    Role::Comparison,
    Role::Assignment,
    Role::CompoundAssignment,
]);

fn operators(node: Node, mutations: &mut Vec<Mutation>) {
    let between = node.parent().is_some_and(|up| up.is(OPERATIONS));
    if node.is_named() || !between {
        return;
    }
    let known = OPERATORS
        .iter()
        .find(|(operator, _)| *operator == node.text());
    for other in known.map_or(&[][..], |(_, others)| others) {
        mutations.push(replaced(node, other));
    }
}

fn numbers(node: Node, mutations: &mut Vec<Mutation>) {
    if !node.is(Role::Number) {
        return;
    }
    if let Ok(number) = node.text().parse::<u32>()
        && number < 100
    {
        mutations.push(replaced(node, &(number + 1).to_string()));
        if number > 0 {
            mutations.push(replaced(node, &(number - 1).to_string()));
        }
    }
}

/// `a[i]` for `a[i - 1]`, `range(n)` for `range(n + 1)`, and the other way round.
fn indexes(node: Node, mutations: &mut Vec<Mutation>) {
    let counted = node.parent().is_some_and(|up| {
        up.is(Role::Index) && node.part() != Some(Part::Object)
            || up.is(Role::Arguments)
                && up.parent().is_some_and(|call| {
                    call.child(Part::Function)
                        .is_some_and(|f| f.text() == "range")
                })
    });
    if counted && node.is([Role::Identifier, Role::Call]) {
        for text in [
            format!("{} - 1", node.text()),
            format!("{} + 1", node.text()),
        ] {
            mutations.push(replaced(node, &text));
        }
    }
    if node.is(Role::Binary)
        && let (Some(left), Some(right)) = (node.child(Part::Left), node.child(Part::Right))
        && right.text() == "1"
        && node
            .child(Part::Operator)
            .is_some_and(|operator| ["+", "-"].contains(&operator.text()))
    {
        mutations.push(mutation(
            Edit::delete(left.end()..right.end()),
            format!("Write `{}` instead of `{}`", left.text(), node.text()),
        ));
    }
}

fn arguments(node: Node, mutations: &mut Vec<Mutation>) {
    if !node.is(Role::Arguments) {
        return;
    }
    let list: Vec<Node> = node.children().collect();
    for pair in list.windows(2) {
        let plain = |node: &Node| node.is(Role::Identifier);
        let [first, second] = pair else { continue };
        if pair.iter().all(plain) && first.text() != second.text() {
            let between = &node.text()[first.end() - node.start()..second.start() - node.start()];
            let text = format!("{}{between}{}", second.text(), first.text());
            let title = format!("Swap `{}` and `{}`", first.text(), second.text());
            mutations.push(mutation(
                Edit::replace(first.start()..second.end(), text),
                title,
            ));
        }
    }
}

fn conditions(node: Node, mutations: &mut Vec<Mutation>) {
    if node.is(Role::Not)
        && let Some(argument) = node.child(Part::Operand)
    {
        mutations.push(mutation(
            Edit::delete(node.start()..argument.start()),
            format!("Ask for `{}`", argument.text()),
        ));
    }
    let simple = node.is([Role::Identifier, Role::Call, Role::Member])
        && node.part() == Some(Part::Condition);
    if simple
        && node
            .parent()
            .is_some_and(|up| up.is([Role::If, Role::While]) && up.text().contains(':'))
    {
        mutations.push(mutation(
            Edit::insert(node.start(), "not "),
            format!("Ask for `not {}`", node.text()),
        ));
    }
}

fn variables(
    at: usize,
    place: &VariableUse,
    uses: &[VariableUse],
    names: &[String],
    mutations: &mut Vec<Mutation>,
) {
    if !names.contains(&place.name) {
        return;
    }
    let distance = |name: &String| {
        let places = uses
            .iter()
            .enumerate()
            .filter(|(_, other)| other.name == *name);
        places
            .map(|(other, _)| other.abs_diff(at))
            .min()
            .unwrap_or(usize::MAX)
    };
    let mut others: Vec<&String> = names.iter().filter(|name| **name != place.name).collect();
    others.sort_by_key(|name| distance(name));
    for name in others.into_iter().take(NAMES) {
        let title = format!("Write `{name}` instead of `{}`", place.name);
        mutations.push(mutation(
            Edit::replace(place.range.clone(), name.as_str()),
            title,
        ));
    }
}
