//! Calls and parameter lists: what stands in the brackets behind a name.
//!
//! `next_edit` asks, to add or take away an argument where the same name is called elsewhere.
//! Grammars agree that the list is a child named `arguments` or `parameters`, so no query is
//! needed; what stands before it names what is called.

use crate::names::field;
use crate::parse::Syntax;
use std::ops::Range;
use tree_sitter::Node;

/// A name with a list of arguments, or of parameters where it is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The last word of what is called, in bytes.
    pub name: Range<usize>,
    /// What stands between the brackets, in bytes.
    pub inside: Range<usize>,
    /// The arguments in the order of the text, in bytes, without commas and comments.
    pub arguments: Vec<Range<usize>>,
    /// They are the parameters of what is defined here.
    pub defines: bool,
}

/// What a list is called by its parent.
const LISTS: &[&str] = &["arguments", "parameters"];
/// What the parent calls the child that is called or defined.
const CALLED: &[&str] = &["function", "constructor", "name", "declarator", "type"];

impl Syntax {
    /// The innermost list that holds all of `range`.
    pub fn call_around(&self, range: Range<usize>) -> Option<Call> {
        let around = self.around(range.clone());
        let holds = |call: &Call| call.inside.start <= range.start && range.end <= call.inside.end;
        around
            .windows(2)
            .rev()
            .find_map(|pair| call(pair[0], pair[1]).filter(holds))
    }

    /// The list behind the name that stands at `name`.
    pub fn call_of(&self, name: Range<usize>) -> Option<Call> {
        for pair in self.around(name.clone()).windows(2).rev() {
            let (parent, node) = (pair[0], pair[1]);
            if node.end_byte() != name.end && node.kind() != "generic_function" {
                return None;
            }
            let lists = LISTS
                .iter()
                .filter_map(|list| parent.child_by_field_name(list));
            let found = lists
                .into_iter()
                .find_map(|list| call(parent, list))
                .filter(|found| found.name == name);
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

/// What `list` is, if its parent says that it is a list and it stands in brackets.
fn call(parent: Node, list: Node) -> Option<Call> {
    let role = field(parent, list).filter(|role| LISTS.contains(role))?;
    let bracketed = list.child(0)?.kind() == "("
        && list.child(list.child_count().checked_sub(1)?)?.kind() == ")";
    if !bracketed || list.kind().contains("generator") || list.has_error() {
        return None;
    }
    let mut called = CALLED
        .iter()
        .find_map(|role| parent.child_by_field_name(role))?;
    if called.kind() == "generic_function" {
        called = called.child_by_field_name("function")?;
    }
    while let Some(last) = called
        .child_count()
        .checked_sub(1)
        .and_then(|last| called.child(last))
    {
        called = last;
    }
    let mut cursor = list.walk();
    let arguments = list
        .named_children(&mut cursor)
        .filter(|child| !child.is_extra())
        .map(|child| child.byte_range());
    let inside = list.start_byte() + 1..list.end_byte() - 1;
    Some(Call {
        name: called.byte_range(),
        inside,
        arguments: arguments.collect(),
        defines: role == "parameters",
    })
}
