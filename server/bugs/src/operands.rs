//! The same operand on both sides: `a.x - a.x`, `low < low`, `ready and ready`.
//!
//! A condition loses the repeated operand, which changes nothing. Other operators are reported only
//! where a twin of the name is at hand (`a` and `b`, `left` and `right`, `self` and `other`), since
//! something must stand there instead. `x != x` asks whether a number is NaN, and `x - x` or `x /
//! x` make a NaN, a zero or a one of the same kind: these count only where the function does the
//! same with another member of both twins, or does not use the twin at all.

use super::finding::Finding;
use super::reads::is_stable;
use super::view::{View, bare, function_of, is_name, is_pure};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use syntax::{Node, Part, Role};
use text::Edit;

const OPERATORS: &[&str] = &[
    "-", "/", "%", "==", "!=", "===", "!==", "<", ">", "<=", ">=", "is", "is not", "^",
];
/// Operators that ask whether a number is NaN where both sides are the same.
const NAN: &[&str] = &["==", "!=", "===", "!==", "<=", ">=", "is", "is not"];
/// Operators that make a NaN, a zero or a one where both sides are the same.
const MAKING: &[&str] = &["-", "/", "^"];
/// Names that go together.
const TWINS: &[(&str, &str)] = &[
    ("a", "b"),
    ("x", "y"),
    ("i", "j"),
    ("p", "q"),
    ("u", "v"),
    ("left", "right"),
    ("lhs", "rhs"),
    ("first", "second"),
    ("low", "high"),
    ("lo", "hi"),
    ("start", "end"),
    ("begin", "end"),
    ("min", "max"),
    ("src", "dst"),
    ("old", "new"),
    ("source", "target"),
    ("before", "after"),
    ("expected", "actual"),
    ("self", "other"),
    ("this", "other"),
    ("this", "that"),
    ("x1", "x2"),
    ("y1", "y2"),
    ("a1", "a2"),
    ("s1", "s2"),
    ("p1", "p2"),
    ("prev", "cur"),
    ("previous", "current"),
    ("width", "height"),
];

/// Whether two names go together.
pub fn are_twins(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim_start_matches('$'), b.trim_start_matches('$'));
    TWINS
        .iter()
        .any(|(one, other)| (*one, *other) == (a, b) || (*other, *one) == (a, b))
}

/// The parts of an operation with two operands: left, operator, right.
pub fn parts<'a>(node: Node<'a>) -> Option<(Node<'a>, &'a str, Node<'a>)> {
    if node.is(Role::Comparison) {
        let operands: Vec<Node> = node
            .children()
            .filter(|child| child.part() != Some(Part::Operator))
            .collect();
        let [left, right] = operands.as_slice() else {
            return None;
        };
        let operator = node
            .tokens()
            .find(|part| part.id() > left.id() && part.part() == Some(Part::Operator))?;
        return Some((*left, operator.text(), *right));
    }
    if !node.is([Role::Binary, Role::Logical]) {
        return None;
    }
    Some((
        node.child(Part::Left)?,
        node.child(Part::Operator)?.text(),
        node.child(Part::Right)?,
    ))
}

/// Comparisons and differences of something with itself.
pub fn same(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.nodes() {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        if !OPERATORS.contains(&operator)
            || !left.same(right)
            || !is_stable(view, left)
            || in_test(view, node)
        {
            continue;
        }
        let Some((name, twin)) = names(right).find_map(|name| Some((name, twin(name)?))) else {
            continue;
        };
        let idiom = NAN.contains(&operator) || MAKING.contains(&operator);
        if idiom && !is_meant_for(node, operator, name, twin) {
            continue;
        }
        let edit = Edit::replace(name.range(), twin);
        let message = format!("both operands of `{operator}` are the same");
        found.push(Finding::new(
            node.range(),
            message,
            format!("Change the right operand to `{twin}`"),
            vec![edit],
        ));
    }
}

/// Whether the function around shows that `twin` is meant on the right side: it does the same with
/// another member of both, or, for an operator that makes a number, with nothing of the twin.
fn is_meant_for(node: Node, operator: &str, name: Node, twin: &str) -> bool {
    let Some((left, _, right)) = parts(node).filter(|(left, _, _)| !is_name(bare(*left))) else {
        return false;
    };
    let Some(function) = function_of(node) else {
        return false;
    };
    let crosses = |other: Node| {
        let Some((a, _, b)) = parts(other).filter(|(_, sign, _)| *sign == operator) else {
            return false;
        };
        let starts =
            |side: Node, with: &str| names(side).next().is_some_and(|first| first.text() == with);
        let both = [(name.text(), twin), (twin, name.text())]
            .iter()
            .any(|(x, y)| starts(a, x) && starts(b, y));
        both && !a.same(left)
    };
    let uses = |part: &Node| {
        part.is_like(name) && part.text() == twin && part.part() != Some(Part::Member)
    };
    let unused = || function.inside().filter(uses).count() == 1;
    // `(a.x - a.x) / (a.x - a.x)` makes a NaN.
    let quotient = node
        .ancestors()
        .find_map(parts)
        .filter(|(_, sign, _)| *sign == "/");
    let doubled = quotient.is_some_and(|(a, _, b)| a.same(b)) || parts(bare(right)).is_some();
    !doubled && (function.inside().any(crosses) || MAKING.contains(&operator) && unused())
}

/// Whether a comparison of something with itself tests how it compares.
fn in_test(view: &View, node: Node) -> bool {
    let asserted = node.ancestors().take(4).any(|up| {
        up.is([Role::Assert, Role::Macro, Role::MacroTokens])
            || up
                .child(Part::Function)
                .or_else(|| up.child(Part::Name))
                .is_some_and(|f| f.text().to_ascii_lowercase().contains("assert"))
    });
    view.is_test() || asserted
}

/// The names in an operand, the first one being what the rest belongs to.
fn names<'a>(node: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    let all = std::iter::once(node).chain(node.inside());
    all.filter(|part| {
        (part.is(Role::Identifier) || part.is(Role::This)) && part.part() != Some(Part::Member)
    })
}

/// The name that goes together with this one in the function around, where it is the only such one.
fn twin<'a>(name: Node<'a>) -> Option<&'a str> {
    let function = function_of(name)?;
    let text = name.text();
    let parameters = function
        .child(Part::Parameters)
        .or_else(|| function.child(Part::Declarator)?.child(Part::Parameters))?;
    let mut found: Vec<&str> = parameters
        .inside()
        .filter(|part| part.is(Role::Identifier))
        .map(Node::text)
        .collect();
    found.retain(|other| are_twins(text, other));
    found.dedup();
    match found.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// The operands of a chain of `and`, `or`, `&&` or `||`, in the order of the text. A chain may be
/// as long as a file.
fn chain<'a>(node: Node<'a>, operator: &str) -> Vec<Node<'a>> {
    let (mut operands, mut open) = (Vec::new(), vec![node]);
    while let Some(node) = open.pop() {
        match parts(node).filter(|(_, own, _)| *own == operator) {
            Some((left, _, right)) => open.extend([right, left]),
            None => operands.push(node),
        }
    }
    operands
}

/// An operand of a condition that repeats an earlier one.
pub fn repeated(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.nodes() {
        let Some((_, operator, right)) = parts(node) else {
            continue;
        };
        let logical = ["and", "or", "&&", "||"].contains(&operator);
        let outer = node
            .parent()
            .and_then(parts)
            .is_some_and(|(_, around, _)| around == operator);
        if !logical || outer || right.parent().is_some_and(|up| up.is_broken()) {
            continue;
        }
        let operands = chain(node, operator);
        let mut first: HashMap<Vec<&str>, Node> = HashMap::new();
        for (at, operand) in operands.iter().enumerate() {
            // What is called may change what was asked before.
            if !is_pure(*operand) {
                first.clear();
            }
            let earlier = match first.entry(bare(*operand).words()) {
                Entry::Occupied(earlier) => Some(*earlier.get()),
                Entry::Vacant(place) => {
                    place.insert(*operand);
                    None
                }
            };
            let Some(previous) = at.checked_sub(1).map(|before| operands[before]) else {
                continue;
            };
            if let Some(earlier) =
                earlier.filter(|_| is_stable(view, *operand) && is_plain(*operand))
            {
                let nested = operand.parent() != previous.parent()
                    && operand
                        .parent()
                        .and_then(|up| up.child(Part::Left))
                        .is_none_or(|left| !left.holds(previous));
                // As a value, `a && b && a` gives `a`.
                let given = at > 1 && earlier != previous && operator.len() < 3 && !is_asked(node);
                if nested || given || node.parent().is_some_and(|up| up.is(Role::NonNull)) {
                    continue;
                }
                let edit = Edit::delete(previous.end()..operand.end());
                let message = format!("this operand repeats an earlier operand of `{operator}`");
                let finding = Finding::new(
                    operand.range(),
                    message,
                    "Remove the repeated operand",
                    vec![edit],
                );
                found.push(finding.see(earlier.range(), "first occurrence"));
            }
        }
    }
}

/// Whether only the truth of a node counts.
fn is_asked(node: Node) -> bool {
    let around = node.ancestors().find(|up| !up.is(Role::Parenthesized));
    node.part() == Some(Part::Condition)
        || around.is_some_and(|up| {
            up.child(Part::Condition)
                .is_some_and(|asked| asked.holds(node))
        })
}

/// Whether an operand is no constant of a preprocessor, no literal, and not an argument of a
/// template.
fn is_plain(operand: Node) -> bool {
    const ELSEWHERE: [Role; 2] = [Role::Preprocessor, Role::TemplateArguments];
    let lower = |part: Node| is_name(part) && part.text().chars().any(|c| c.is_ascii_lowercase());
    let any = std::iter::once(operand).chain(operand.inside()).any(lower);
    any && !operand.ancestors().any(|up| up.is(ELSEWHERE))
}
