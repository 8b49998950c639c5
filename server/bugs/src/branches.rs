//! Branches that never run or make no difference: a condition asked twice, two branches alike, code
//! after a `return`.
//!
//! All fixes take away what has no effect, so the program does the same as before; what was meant
//! is the user's to say.

use super::finding::Finding;
use super::reads::is_stable;
use super::view::{View, bare, is_name, is_pure, leaves, only};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use syntax::{Node, Part, Role, Roles};
use text::Edit;

/// A link of an `if` chain: its condition, and all of it from the word that opens it.
struct Link<'a> {
    condition: Node<'a>,
    whole: Node<'a>,
}

/// Conditions of an `if` chain that an earlier branch asked already.
pub fn conditions(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::If) {
        let in_chain = node.parent().is_some_and(|up| {
            up.is(Role::Else) || up.is_like(node) && node.part() == Some(Part::Alternative)
        });
        let starts = node.child(Part::Initializer).is_some();
        // Text around code would stay where its branch goes.
        let has_markup =
            view.code.knows(Role::Markup) && node.inside().any(|part| part.is(Role::Markup));
        if in_chain || starts || has_markup {
            continue;
        }
        let links = links(node);
        let mut first: HashMap<Vec<&str>, &Link> = HashMap::new();
        for (at, link) in links.iter().enumerate() {
            let asked = bare(link.condition);
            let asks = std::iter::once(asked).chain(asked.inside()).any(is_name);
            let earlier = match first.entry(asked.words()) {
                Entry::Occupied(earlier) if asks => *earlier.get(),
                Entry::Occupied(_) => continue,
                Entry::Vacant(place) => {
                    place.insert(link);
                    continue;
                }
            };
            if !links.iter().all(|link| is_stable(view, link.condition)) {
                break;
            }
            let edit = removal(view, node, link, links.get(at + 1));
            let message = "this branch never runs: an earlier branch tests the same condition";
            let finding = Finding::new(
                link.condition.range(),
                message,
                "Remove the unreachable branch",
                edit,
            );
            found.push(finding.see(earlier.condition.range(), "first tested here"));
        }
    }
}

/// The links of a chain.
fn links<'a>(first: Node<'a>) -> Vec<Link<'a>> {
    let link = |node: Node<'a>, whole: Node<'a>| {
        Some(Link {
            condition: node.child(Part::Condition)?,
            whole,
        })
    };
    let mut all: Vec<Link> = link(first, first).into_iter().collect();
    let others = else_ifs(first);
    if !others.is_empty() {
        all.extend(others.into_iter().filter_map(|other| link(other, other)));
        return all;
    }
    let mut at = first;
    while let Some(alternative) = at.child(Part::Alternative) {
        let inner = match alternative.is(Role::Else) {
            true => alternative.children().next(),
            false => Some(alternative),
        };
        let Some(inner) = inner.filter(|inner| inner.is_like(first)) else {
            break;
        };
        if inner.child(Part::Initializer).is_some() {
            break;
        }
        all.extend(link(inner, inner));
        at = inner;
    }
    all
}

/// The further conditions that are parts of a branch, or of each other.
fn else_ifs<'a>(first: Node<'a>) -> Vec<Node<'a>> {
    let (mut found, mut open) = (Vec::new(), vec![first]);
    while let Some(node) = open.pop() {
        let inner: Vec<Node> = node
            .children()
            .filter(|child| child.is(Role::ElseIf))
            .collect();
        found.extend(&inner);
        open.extend(inner);
    }
    found
}

/// Takes a link out of its chain, up to the next one or to what follows it.
fn removal(view: &View, chain: Node, link: &Link, next: Option<&Link>) -> Vec<Edit> {
    if link.whole.is(Role::ElseIf)
        && let Some(rest) = link.whole.child(Part::Alternative)
    {
        return vec![Edit::delete(link.whole.start()..rest.start())];
    }
    if link.whole.is(Role::ElseIf) && view.begins_line(link.whole) {
        return vec![Edit::delete(view.whole_lines(link.whole.range()))];
    }
    let Some(body) = link.whole.child(Part::Consequence) else {
        return Vec::new();
    };
    let text = &view.code.text[chain.start()..link.whole.start()];
    let before = chain.start() + text.trim_end().trim_end_matches("else").trim_end().len();
    match next {
        Some(next) => vec![Edit::delete(link.whole.start()..next.whole.start())],
        None => vec![Edit::delete(before..body.end())],
    }
}

/// `c ? a : a`.
pub fn same(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Ternary) {
        let (Some(yes), Some(no)) = (node.child(Part::Consequence), node.child(Part::Alternative))
        else {
            continue;
        };
        let condition = node.child(Part::Condition);
        if !condition.is_some_and(|condition| is_stable(view, condition)) {
            continue;
        }
        let in_macro = node.ancestors().any(|up| up.is(Role::Preprocessor));
        // Stubs say `0` either way.
        let names = std::iter::once(yes).chain(yes.inside()).any(is_name);
        if yes.same(no) && names && !in_macro && !yes.is(Role::Block) {
            let edits = vec![
                Edit::delete(node.start()..yes.start()),
                Edit::delete(yes.end()..node.end()),
            ];
            let message = "both branches of this conditional expression are identical";
            found.push(Finding::new(
                node.range(),
                message,
                "Replace the expression with its value",
                edits,
            ));
        }
    }
}

/// What no one runs, or what an unreachable place may hold on purpose.
const HARMLESS: Roles = Roles::of(&[
    Role::NamedFunction,
    Role::Class,
    Role::Break,
    Role::Labeled,
    Role::Nothing,
    Role::Markup,
    Role::Interface,
    Role::TypeDefinition,
    Role::Enum,
    Role::Hoisted,
    Role::Case,
    Role::Decorated,
    Role::Import,
    Role::LineComment,
    Role::Yield,
]);

/// Whether someone has put the code after a statement aside: it is not written yet, or a function
/// is switched off.
fn is_parked(view: &View, leaves: Node) -> bool {
    const NOT_YET: &[&str] = &[
        "notimplemented",
        "not implemented",
        "not yet",
        "todo",
        "unsupported",
        "not supported",
        "skiptest",
    ];
    let line = leaves.end()
        + view.code.text[leaves.end()..]
            .find('\n')
            .unwrap_or_default();
    let text = view.code.text[leaves.start()..line].to_ascii_lowercase();
    let whole_function = leaves
        .ancestors()
        .nth(1)
        .is_some_and(|up| up.is(Role::Function));
    let bare_return = leaves.is(Role::Return) && leaves.children().next().is_none();
    let is_placeholder = bare_return || leaves.is(Role::Throw) && gives_literal(leaves);
    NOT_YET.iter().any(|words| text.contains(words)) || is_placeholder && whole_function
}

/// Whether all that follows a statement is a `return` of a literal, which is there for whoever
/// reads types.
fn gives_literal(leaves: Node) -> bool {
    const LITERALS: Roles = Roles::of(&[
        Role::String,
        Role::Number,
        Role::Float,
        Role::Boolean,
        Role::Null,
    ]);
    let Some(next) = leaves.next().filter(|next| next.is(Role::Return)) else {
        return false;
    };
    next.next().is_none() && only(next.children()).is_some_and(|value| value.is(LITERALS))
}

const TEXTS: Roles = Roles::of(&[
    Role::String,
    Role::Concatenated,
    Role::Template,
    Role::RawString,
]);

/// Whether what follows a statement belongs to it: a value by itself, or in JavaScript
/// anything below a `return` that ends with its line. To take it away would lose what was meant.
fn is_meant(view: &View, leaves: Node, next: Node) -> bool {
    let value = only(next.children()).filter(|_| next.is(Role::ExpressionStatement));
    let is_value = value.is_some_and(|value| {
        is_pure(value) && !value.is([Role::Assignment, Role::CompoundAssignment]) || value.is(TEXTS)
    });
    let cut = view.semantics().line_ends_statement
        && leaves.is(Role::Return)
        && leaves.children().next().is_none()
        && !leaves.text().ends_with(';')
        && (next.is([Role::ExpressionStatement, Role::Block])
            || !view.code.knows(Role::ExpressionStatement));
    is_value || cut
}

/// Whether the mark that closes a block is in the rest of a line.
fn ends_in(block: Node, rest: Range<usize>) -> bool {
    let mark = block.tokens().last().filter(|token| !token.is_named());
    mark.is_some_and(|mark| rest.contains(&mark.start()))
}

/// What follows a statement that leaves the block.
pub fn unreachable(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.nodes().filter(|node| leaves(*node)) {
        let block = node.parent().filter(|up| up.is(Role::Block));
        let Some(next) = block.and_then(|_| node.next()) else {
            continue;
        };
        let rest: Vec<Node> = std::iter::successors(Some(next), |at| at.next()).collect();
        // A handler is in the block that it guards where no `try` wraps it.
        let odd = |part: &Node| {
            part.is(HARMLESS)
                || part.is([Role::CatchClause, Role::Else])
                || part
                    .inside()
                    .any(|inner| inner.is(HARMLESS) || inner.is(Role::Await))
        };
        let last = rest.last().map_or(next.end(), |last| last.end());
        let own_line = view.begins_line(next) && view.line_start(next.start()) > node.end();
        let broken = block.is_none_or(|block| block.is_broken());
        if is_meant(view, node, next)
            || rest.iter().any(odd)
            || !own_line
            || broken
            || is_parked(view, node)
        {
            continue;
        }
        let mut range = view.whole_lines(next.start()..last);
        if block.is_some_and(|block| ends_in(block, last..range.end)) {
            range.end = last;
        }
        let word = node
            .text()
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default();
        let message = format!("unreachable code after `{word}`");
        let finding = Finding::new(
            next.range(),
            message,
            "Remove the unreachable code",
            vec![Edit::delete(range)],
        );
        found.push(finding.see(node.range(), "the block ends here"));
    }
}
