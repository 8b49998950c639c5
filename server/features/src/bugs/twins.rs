//! Copied lines with a name not changed: `dx = b.x - a.x` above `dy = b.y - a.x`.
//!
//! Two statements right above each other that differ only in names; every name changes in one way, at least twice, and
//! stays as it was at one place.

use super::finding::{Edit, Finding};
use super::view::{View, is_name};
use syntax::Node;

const STATEMENTS: &[&str] = &[
    "expression_statement",
    "let_declaration",
    "lexical_declaration",
    "short_var_declaration",
    "declaration",
    "local_variable_declaration",
    "assignment_statement",
];

/// Copies with one name left as it was.
pub fn copies(view: &View, found: &mut Vec<Finding>) {
    for second in view.code.of_kind(STATEMENTS) {
        let Some(first) = second.previous().filter(|first| first.kind() == second.kind()) else { continue };
        if first.text() == second.text() || second.text().len() > 300 || view.is_test() {
            continue;
        }
        let (a, b) = (leaves(first), leaves(second));
        if let Some((place, new)) = forgotten(&a, &b) {
            let edit = Edit::replace(place.range(), new.clone());
            let message = format!("the line above is copied here, but `{}` was not changed to `{new}`", place.text());
            let finding = Finding::new(place.range(), message, format!("Change it to `{new}`"), vec![edit]);
            found.push(finding.see(first.range(), "the line above"));
        }
    }
}

fn leaves<'a>(node: Node<'a>) -> Vec<Node<'a>> {
    node.inside().filter(|part| part.tokens().next().is_none() && !part.is_comment()).collect()
}

/// The one place where a copy kept a name that it changes everywhere else, and what should stand there.
fn forgotten<'a>(first: &[Node<'a>], second: &[Node<'a>]) -> Option<(Node<'a>, String)> {
    if first.len() != second.len() || first.iter().zip(second).any(|(a, b)| a.kind() != b.kind()) {
        return None;
    }
    let changed: Vec<(&Node, &Node)> = first.iter().zip(second).filter(|(a, b)| a.text() != b.text()).collect();
    let (from, to) =
        changed.iter().map(|(a, b)| difference(a.text(), b.text())).reduce(|x, y| if x == y { x } else { None })??;
    // One letter or digit tells copies apart: `px` and `py`, `x1` and `x2`.
    if from.len() != 1 || to.len() != 1 {
        return None;
    }
    let names = changed.iter().all(|(a, _)| is_name(**a));
    let carries = |part: &Node| {
        is_name(*part) && changed.iter().any(|(a, _)| a.text() == part.text() && a.field() == part.field())
    };
    let kept: Vec<&Node> =
        first.iter().zip(second).filter(|(a, b)| a.text() == b.text() && carries(a)).map(|(_, b)| b).collect();
    let alike = |one: &Node| changed.iter().filter(|(a, _)| a.text() == one.text() && a.field() == one.field()).count();
    // In a product of vectors each name of one of them stands beside the others.
    let of = |member: &Node<'a>| member.previous().filter(|object| object.field() == Some("object")).map(Node::text);
    let mate = |one: &Node<'a>, other: &Node<'a>| of(other) == of(one) && other.text() != one.text();
    let vector = |one: &Node<'a>| of(one).is_some() && second.iter().any(|other| is_name(*other) && mate(one, other));
    let kept: Vec<&Node> = kept.into_iter().filter(|one| !vector(one)).collect();
    match kept.as_slice() {
        [one] if names && alike(one) > 1 => Some((**one, one.text().replacen(from, to, 1))),
        _ => None,
    }
}

/// What differs between two names, without what they begin and end with alike.
fn difference<'a>(a: &'a str, b: &'a str) -> Option<(&'a str, &'a str)> {
    if !a.is_ascii() || !b.is_ascii() {
        return None;
    }
    let head = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let most = a.len().min(b.len()) - head;
    let tail = a.bytes().rev().zip(b.bytes().rev()).take(most).take_while(|(x, y)| x == y).count();
    let (from, to) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    (!from.is_empty() && !to.is_empty()).then_some((from, to))
}
