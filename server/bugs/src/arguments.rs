//! Arguments in each other's place: a call of a function of the same file whose arguments are named
//! like its parameters, but crossed.
//!
//! Functions that call themselves, compare, swap, reverse or undo cross their arguments on purpose,
//! and so does who first looks which of the two comes first. Which method a call means is known
//! only for one of the same class that nothing changes.

use super::finding::Finding;
use super::view::{View, arguments, function_of, is_decorated, is_name, mentions};
use std::collections::HashMap;
use syntax::{Node, Part, Role, Roles};
use text::Edit;

/// Parts of the names of functions, classes and conditions that cross arguments on purpose.
const CROSSING: &[&str] = &[
    "swap",
    "cross",
    "switch",
    "turned",
    "quarter",
    "clockwise",
    "orient",
    "portrait",
    "landscape",
    "vertical",
    "sideways",
    "column_major",
    "undo",
    "redo",
    "refund",
    "reimburse",
    "repay",
    "return",
    "revoke",
    "revert",
    "restore",
    "rollback",
    "roll_back",
    "reclaim",
    "recall",
    "retract",
    "rescind",
    "cancel",
    "withdraw",
    "chargeback",
    "unwind",
    "inverse",
    "reply",
    "respond",
    "answer",
    "echo",
    "converse",
    "differ",
    "distance",
    "subtract",
    "delta",
    "cmp",
    "compare",
    "revers",
    "invert",
    "flip",
    "transpos",
    "rotat",
    "less",
    "greater",
    "sort",
    "mirror",
    "exchange",
    "opposite",
    "back",
    "right",
    "left",
];

/// Calls with two arguments exchanged.
pub fn swapped(view: &View, found: &mut Vec<Finding>) {
    let functions = functions(view);
    if functions.is_empty() || view.is_test() {
        return;
    }
    for call in view.code.of(Role::Call) {
        let Some((name, arguments)) = called(view, call) else {
            continue;
        };
        let Some(Some(function)) = functions.get(name) else {
            continue;
        };
        let Called {
            definition,
            parameters,
        } = function;
        if arguments.len() != parameters.len() || crosses(call, name) {
            continue;
        }
        let is = |argument: usize, parameter: usize| {
            let text = arguments[argument].text();
            let plain = text.len() > 3 && !text.contains(|c: char| c.is_ascii_digit());
            is_name(arguments[argument]) && plain && text == parameters[parameter]
        };
        let pairs =
            (0..arguments.len()).flat_map(|a| (a + 1..arguments.len()).map(move |b| (a, b)));
        let crossed: Vec<(usize, usize)> =
            pairs.filter(|(a, b)| is(*a, *b) && is(*b, *a)).collect();
        if let [(a, b)] = crossed.as_slice() {
            let one_of_two = is_other(arguments[*a].text(), arguments[*b].text());
            let (first, second) = (arguments[*a], arguments[*b]);
            let chosen = both_ways(view, call, first, second) || is_ordered(call, first, second);
            if one_of_two
                || chosen
                || types_differ(function, *a, *b)
                || !is_meant(view, call, *definition)
            {
                continue;
            }
            let edits = vec![
                Edit::replace(first.range(), second.text()),
                Edit::replace(second.range(), first.text()),
            ];
            let message = format!(
                "the arguments `{}` and `{}` are swapped",
                first.text(),
                second.text()
            );
            let finding = Finding::new(
                first.start()..second.end(),
                message,
                "Swap the arguments",
                edits,
            );
            found.push(finding.see(definition.range(), "parameters defined here"));
        }
    }
}

/// Whether the names around a call say that it goes the other way: those of the function, the class
/// and the conditions it is in, and of what it calls.
fn crosses(call: Node, name: &str) -> bool {
    let function = function_of(call);
    let around = function
        .and_then(function_name)
        .map_or("", |around| around.text());
    let class = call
        .ancestors()
        .filter(|up| up.is([Role::Class, Role::ClassScope]))
        .find_map(|up| up.child(Part::Name));
    let conditions = call
        .ancestors()
        .filter_map(|up| up.child(Part::Condition).filter(|asked| !asked.holds(call)));
    let texts = [name, around]
        .into_iter()
        .chain(class.map(|class| class.text()))
        .chain(conditions.map(|c| c.text()));
    let says = |text: &str| {
        let lower = text.to_ascii_lowercase();
        CROSSING.iter().any(|word| lower.contains(word))
            || ["90", "270"].iter().any(|angle| lower.contains(angle))
    };
    // `unassign` and `reassign` undo `assign`.
    let undoes = ["un", "re", "de", "dis", "anti"].iter().any(|prefix| {
        around.strip_prefix(prefix).is_some_and(|rest| {
            let rest = rest.trim_start_matches('_').to_ascii_lowercase();
            rest.len() > 2 && name.to_ascii_lowercase().contains(&rest)
        })
    });
    around == name || undoes || texts.into_iter().any(says)
}

/// Whether a call calls this very function: a method where the call names its object, of the class
/// around and not of another one, and nothing else that is bound to the name.
fn is_meant(view: &View, call: Node, parameters: Node) -> bool {
    const CLASSES: Roles = Roles::of(&[Role::Class, Role::ClassScope]);
    let class = |node: Node| node.ancestors().find(|up| up.is(CLASSES)).map(Node::id);
    let Some(function) = function_of(parameters) else {
        return false;
    };
    let name = function_name(function).map_or("", |name| name.text());
    let given = view
        .code
        .nodes()
        .filter_map(target)
        .any(|target| target.text() == name);
    let parameters = function_of(call).and_then(|around| around.child(Part::Parameters));
    let taken = parameters.is_some_and(|all| mentions(all, name));
    let function_of_call = call.child(Part::Function);
    let own = function_of_call.is_some_and(|called| !is_name(called))
        || call.child(Part::Object).is_some();
    let method = class(function).is_some() || function.is(Role::Method);
    let bare_method = view.semantics().implicit_receiver;
    let fits = if own || bare_method && method {
        class(call) == class(function)
    } else {
        !method
    };
    fits && !is_decorated(function) && !given && !taken
}

/// Whether two parameters are declared with types that differ: then the compiler has found another
/// function for the call.
fn types_differ(function: &Called, a: usize, b: usize) -> bool {
    let all: Vec<Node> = function.definition.children().collect();
    // The object itself may stand first.
    let skipped = all.len().saturating_sub(function.parameters.len());
    let kind = |at: usize| {
        all.get(skipped + at)
            .and_then(|one| one.child(Part::Type))
            .map(Node::text)
    };
    kind(a).zip(kind(b)).is_some_and(|(a, b)| a != b)
}

/// Whether the function around looks which of two comes first, or exchanges them: a condition asks
/// about both, one around the call asks about either, or either is given a new value.
fn is_ordered(call: Node, first: Node, second: Node) -> bool {
    let Some(function) = function_of(call) else {
        return false;
    };
    let has = |node: Node, name: Node| mentions(node, name.text());
    let both = |node: Node| has(node, first) && has(node, second);
    let asked = |up: Node| {
        let chosen = up.is(Role::Ternary) && both(up);
        let around = |asked: Node| {
            both(asked) || up.holds(call) && (has(asked, first) || has(asked, second))
        };
        chosen || up.child(Part::Condition).is_some_and(around)
    };
    let parameters = function.child(Part::Parameters);
    let again = |name: Node| {
        let writes = function
            .inside()
            .filter_map(target)
            .filter(|target| has(*target, name))
            .count();
        writes + usize::from(parameters.is_some_and(|all| has(all, name))) > 1
    };
    let unpacked = |part: Node| {
        let value = part.child(Part::Right).or_else(|| part.child(Part::Value));
        let orders = |value: Node| {
            let arguments = value.child(Part::Arguments);
            both(value) || arguments.is_some_and(|all| all.children().next().is_some())
        };
        target(part).is_some_and(both) && value.is_some_and(orders)
    };
    again(first) || again(second) || function.inside().any(|part| asked(part) || unpacked(part))
}

/// What an assignment or a declaration gives a value.
fn target(node: Node<'_>) -> Option<Node<'_>> {
    if node.is(Role::VariableDefinition) && !node.is(Role::Assignment) {
        return node.child(Part::Name);
    }
    node.is(Role::Assignment).then(|| node.child(Part::Left))?
}

/// Whether two names are one thing and another such thing: `handler` and `otherHandler`. They are
/// asked about both ways.
fn is_other(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    a.ends_with(&b) || b.ends_with(&a)
}

/// Whether the function around passes the same two arguments the other way round too, to whatever.
/// What is handed over as a callback belongs to the function that hands it over: one listener may
/// copy forth and the next one back.
fn both_ways(view: &View, call: Node, first: Node, second: Node) -> bool {
    const HANDING: Roles = Roles::of(&[Role::Arguments, Role::List]);
    let mut around = function_of(call);
    let is_handed = |one: &Node| one.parent().is_some_and(|up| up.is(HANDING));
    while let Some(outer) = around.filter(is_handed).and_then(function_of) {
        around = Some(outer);
    }
    let inside = around.into_iter().flat_map(Node::inside);
    let calls = inside.filter_map(|part| called(view, part));
    let place = |all: &[Node], text: &str| all.iter().position(|argument| argument.text() == text);
    calls.into_iter().any(|(_, all)| {
        let (a, b) = (place(&all, first.text()), place(&all, second.text()));
        a.zip(b).is_some_and(|(a, b)| a > b)
    })
}

/// A function that is called: its list of parameters and their names.
struct Called<'a> {
    definition: Node<'a>,
    parameters: Vec<&'a str>,
}

type Functions<'a> = HashMap<&'a str, Option<Called<'a>>>;

/// The functions of the file with their parameters' names; none where two have one name.
fn functions<'a>(view: &View<'a>) -> Functions<'a> {
    let mut functions: Functions = HashMap::new();
    for function in view.code.of(Role::Function) {
        let Some(name) = function_name(function) else {
            continue;
        };
        let list = function.child(Part::Parameters).or_else(|| {
            function
                .child(Part::Declarator)
                .and_then(|d| d.child(Part::Parameters))
        });
        let Some(list) = list else { continue };
        let mut parameters: Vec<&str> = list.children().map(parameter_name).collect();
        if parameters.first().is_some_and(|first| {
            ["self", "cls", "this", "&self", "&mut self", "mut self"].contains(first)
        }) {
            parameters.remove(0);
        }
        let known = functions.contains_key(name.text());
        functions.insert(
            name.text(),
            (!known).then_some(Called {
                definition: list,
                parameters,
            }),
        );
    }
    functions
}

fn function_name<'a>(function: Node<'a>) -> Option<Node<'a>> {
    let declarator = function
        .child(Part::Declarator)
        .and_then(|d| d.child(Part::Declarator));
    function
        .child(Part::Name)
        .or(declarator)
        .filter(|name| is_name(*name))
}

/// What a parameter is called.
fn parameter_name<'a>(parameter: Node<'a>) -> &'a str {
    let named = parameter
        .child(Part::Name)
        .or_else(|| parameter.child(Part::Pattern))
        .or_else(|| parameter.child(Part::Declarator));
    let inner = |node: Node<'a>| {
        node.inside()
            .rfind(|part| part.is(Role::Identifier))
            .unwrap_or(node)
    };
    match named {
        Some(name) => inner(name).text(),
        None => parameter.text(),
    }
}

/// The name that a call calls, by itself or of its own object, and its arguments.
fn called<'a>(view: &View<'a>, call: Node<'a>) -> Option<(&'a str, Vec<Node<'a>>)> {
    let list = arguments(call.child(Part::Arguments)?).collect();
    Some((view.own_callee(call)?, list))
}
