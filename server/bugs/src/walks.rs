//! Loops over the items of something: statements, and calls of methods that run a block for each
//! item, such as `each` of Ruby and `forEach` of Kotlin.
//!
//! Patterns about such loops ask here, so that both forms are one to them.

use super::view::{View, bare, is_among, method_called, only};
use syntax::{Node, Part, Role};

/// A loop over the items of something.
pub struct Walk<'a> {
    /// All of it.
    pub whole: Node<'a>,
    /// The name of the item, where the loop gives it one.
    pub item: Option<Node<'a>>,
    /// What is walked over.
    pub list: Node<'a>,
    /// What happens for each item.
    pub body: Node<'a>,
}

/// All such loops of a file.
pub fn walks<'a>(view: &View<'a>) -> Vec<Walk<'a>> {
    let mut all: Vec<Walk> = view.code.of(Role::ForEach).filter_map(statement).collect();
    let names = &view.library().each_methods;
    if !names.is_empty() {
        all.extend(
            view.code
                .of(Role::Call)
                .filter_map(|call| block(names, call)),
        );
    }
    all
}

/// A loop that is a statement.
pub fn statement(node: Node<'_>) -> Option<Walk<'_>> {
    let right = node.child(Part::Right)?;
    let clause = only(right.children()).filter(|_| right.is(Role::RangeClause));
    Some(Walk {
        whole: node,
        item: node.child(Part::Left).or_else(|| node.child(Part::Pattern)),
        list: bare(clause.unwrap_or(right)),
        body: node.child(Part::Body)?,
    })
}

/// A call of a method with a block.
fn block<'a>(names: &[String], call: Node<'a>) -> Option<Walk<'a>> {
    let (object, name) = method_called(call).filter(|(_, name)| is_among(names, name))?;
    let body = call.child(Part::Body).filter(|_| !name.is_empty())?;
    let parameters = std::iter::once(body)
        .chain(body.children())
        .find_map(|part| part.child(Part::Parameters));
    let item = parameters.and_then(|all| only(all.children()));
    // Several names are those of pairs.
    if parameters.is_some() && item.is_none() {
        return None;
    }
    Some(Walk {
        whole: call,
        item,
        list: bare(object),
        body,
    })
}
