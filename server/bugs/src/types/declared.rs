//! Where a name is declared or given something, in all languages.

use crate::view::{View, is_name, own};
use syntax::{Node, Part, Role, Roles};

/// A name that is declared or given something: the name, its type, its value.
pub struct Declared<'a> {
    /// The name itself.
    pub name: Node<'a>,
    /// The type that is written next to it.
    pub kind: Option<Node<'a>>,
    /// What it is given; none for several names at once.
    pub value: Option<Node<'a>>,
}

/// What is close around the name of a field where a class or a structure declares it.
const CLASS_LEVEL: Roles = Roles::of(&[Role::Field, Role::Class]);

/// Loops and patterns: what they bind is part of the value, not the value.
const TAKING_APART: Roles = Roles::of(&[
    Role::Loop,
    Role::ComprehensionLoop,
    Role::RangeClause,
    Role::AsPattern,
]);

/// What a declared name is to its declaration.
const TARGETS: &[Part] = &[
    Part::Name,
    Part::Pattern,
    Part::Left,
    Part::Declarator,
    Part::Alias,
];

/// Where a name, or the last name of a member, is declared or given something: in the innermost
/// function that does, or outside of functions.
pub fn declarations<'a>(view: &View<'a>, node: Node<'a>) -> Vec<Declared<'a>> {
    let names = |part: Node<'a>| {
        declared(part)
            .into_iter()
            .filter(|one| is_meant(one.name, node))
    };
    if is_name(node) {
        for function in node.ancestors().filter(|up| up.is(Role::Function)) {
            let here: Vec<Declared> = own(function)
                .filter(|part| part.is(Role::Declaration))
                .flat_map(names)
                .collect();
            if !here.is_empty() {
                return here;
            }
        }
    }
    let outside = |part: &Node| !is_name(node) || !part.ancestors().any(|up| up.is(Role::Function));
    view.code
        .of(Role::Declaration)
        .filter(outside)
        .flat_map(names)
        .collect()
}

/// Whether a declared name is that of a node: spelt alike, or the field that a member reads.
fn is_meant(name: Node, node: Node) -> bool {
    let field = || node.child(Part::Member);
    let is_field = name.ancestors().take(4).any(|up| up.is(CLASS_LEVEL));
    name.text() == node.text()
        || is_field && !is_name(node) && field().is_some_and(|own| own.text() == name.text())
}

/// The names that a node declares or gives something.
fn declared<'a>(node: Node<'a>) -> Vec<Declared<'a>> {
    let loops = node.is(TAKING_APART);
    let kind = node.child(Part::Type).or_else(|| {
        node.parent()
            .filter(|_| node.is(Role::Declarator))
            .and_then(|up| up.child(Part::Type))
    });
    let value = node
        .child(Part::Value)
        .or_else(|| node.child(Part::Right))
        .filter(|_| !loops);
    let targets = node.tokens().filter(|part| {
        part.part().is_some_and(|own| TARGETS.contains(&own)) && !part.is(Role::Declarator)
    });
    let mut targets: Vec<Node> = targets.flat_map(listed).collect();
    if targets.is_empty()
        && node.is([
            Role::TypedParameter,
            Role::RestPattern,
            Role::KeywordRestPattern,
        ])
    {
        targets.extend(node.children().next());
    }
    let values: Vec<Node> = value.into_iter().flat_map(listed).collect();
    let paired = values.len() == targets.len();
    let give = |(at, target): (usize, Node<'a>)| {
        let whole = value.filter(|_| targets.len() == 1);
        Declared {
            name: innermost(target),
            kind,
            value: if paired { Some(values[at]) } else { whole },
        }
    };
    targets.iter().copied().enumerate().map(give).collect()
}

/// The parts of a list of targets or values.
fn listed<'a>(node: Node<'a>) -> Vec<Node<'a>> {
    match node.is(Role::Targets) {
        true => node.children().collect(),
        false => vec![node],
    }
}

/// The name in a declarator.
fn innermost(declarator: Node<'_>) -> Node<'_> {
    let inner = declarator
        .child(Part::Declarator)
        .or_else(|| declarator.child(Part::Name));
    let wraps = declarator.is(Role::DeclaratorWrapper);
    match inner.or_else(|| declarator.children().last().filter(|_| wraps)) {
        Some(inner) => innermost(inner),
        None => declarator,
    }
}
