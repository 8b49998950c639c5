//! What a value is known to be, from what this function or file says of it: a literal, an
//! annotation, a declared type, a constructor.
//!
//! Patterns whose message is about lists ask here whether there is a list. Nothing is guessed: a
//! name of which nothing is said has no type, and one of which different things are said has none
//! that is certain. Types of other files are not known, and a type that the file itself defines
//! under a well-known name is not that type.

mod declared;
mod spelt;
mod values;

use crate::view::{View, is_name};
use declared::{Declared, declarations};
use spelt::spelt;
use syntax::{Node, Part, Role};
use values::value_type;

/// What patterns tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Items in a row, counted from zero.
    List,
    /// Characters in a row.
    Text,
    /// Several values as one, of Python.
    Tuple,
    /// Values by keys.
    Map,
    /// Items without an order.
    Set,
    /// True or false.
    Truth,
    /// A number.
    Number,
    /// Anything else.
    Other,
}

/// What `node` certainly is: all that is said of it is the same.
pub fn type_of(view: &View, node: Node) -> Option<Type> {
    agreed(view, node, 0)
}

/// The one type that all say.
fn agreed(view: &View, node: Node, depth: usize) -> Option<Type> {
    let all = types_of(view, node, depth);
    let first = (*all.first()?)?;
    all.iter().all(|one| *one == Some(first)).then_some(first)
}

/// Whether anything says that `node` is one of these.
pub fn may_be(view: &View, node: Node, types: &[Type]) -> bool {
    types_of(view, node, 0)
        .into_iter()
        .flatten()
        .any(|one| types.contains(&one))
}

/// Whether `node` certainly is items or characters in a row.
pub fn is_sequence(view: &View, node: Node) -> bool {
    matches!(
        type_of(view, node),
        Some(Type::List | Type::Text | Type::Tuple)
    )
}

/// The types that declarations and assignments of `node` give it; `None` for each that cannot be
/// said.
fn types_of(view: &View, node: Node, depth: usize) -> Vec<Option<Type>> {
    const DEEPEST: usize = 3;
    let member = node.is(Role::Member);
    if depth > DEEPEST {
        return vec![None];
    }
    if !member && !is_name(node) {
        return vec![value_type(view, node, depth)];
    }
    declarations(view, node)
        .iter()
        .filter_map(|declared| declared_type(view, declared, depth))
        .collect()
}

/// What one declaration says; `Some(None)` where that is not known, `None` where it says nothing.
fn declared_type(view: &View, one: &Declared, depth: usize) -> Option<Option<Type>> {
    let around = || one.name.ancestors().take(4);
    let is_array = around().any(|up| {
        up.is(Role::ListDeclarator)
            || up
                .child(Part::Dimensions)
                .is_some_and(|d| d.start() >= one.name.end())
    });
    let splat = |role: Role| one.name.parent().is_some_and(|up| up.is(role));
    let parameter = around().any(|up| up.is([Role::Parameters, Role::Parameter]));
    if is_array || splat(Role::RestPattern) && parameter {
        return Some(Some(if splat(Role::RestPattern) {
            Type::Tuple
        } else {
            Type::List
        }));
    }
    if splat(Role::KeywordRestPattern) {
        return Some(Some(Type::Map));
    }
    let declared_kind = one
        .kind
        .filter(|kind| !["auto", "var"].contains(&kind.text()));
    if let Some(declared_kind) = declared_kind {
        let pointer = around().any(|up| up.is(Role::PointerDeclarator));
        return Some(match pointer {
            true => (declared_kind.text() == "char").then_some(Type::Text),
            false => Some(spelt(view, declared_kind.text(), depth)),
        });
    }
    match one.value {
        Some(value) if value.is([Role::Null, Role::Undefined]) => None,
        Some(value) => Some(value_type(view, value, depth + 1)),
        None => {
            let is_plain = one
                .name
                .parent()
                .is_some_and(|up| up.is(Role::OpenDeclaration));
            (!is_plain).then_some(None)
        }
    }
}
