//! Calls and parameter lists: what is in the brackets after a name.
//!
//! `next_edit` asks, to add or take away an argument where the same name is called elsewhere.

use crate::parse::Syntax;
use crate::tree_roles::{child_by_part, is, part};
use grammars::{Grammar, Part, Role};
use std::ops::Range;
use tree_sitter::Node;

/// A name with a list of arguments, or of parameters where it is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The last word of what is called, in bytes.
    pub name: Range<usize>,
    /// What is between the brackets, in bytes.
    pub inside: Range<usize>,
    /// The arguments in the order of the text, in bytes, without commas and comments.
    pub arguments: Vec<Range<usize>>,
    /// They are the parameters of what is defined here.
    pub defines: bool,
}

/// What a list is to its parent.
const LISTS: &[Part] = &[Part::Arguments, Part::Parameters];
/// What is called or defined is to the parent.
const CALLED: &[Part] = &[
    Part::Function,
    Part::Constructor,
    Part::Name,
    Part::Declarator,
    Part::Type,
];

impl Syntax {
    /// The innermost list that holds all of `range`.
    pub fn call_around(&self, range: Range<usize>) -> Option<Call> {
        let around = self.around(range.clone());
        let holds = |call: &Call| call.inside.start <= range.start && range.end <= call.inside.end;
        around
            .windows(2)
            .rev()
            .find_map(|pair| call(self.grammar, pair[0], pair[1]).filter(holds))
    }

    /// The list after the name at `name`.
    pub fn call_of(&self, name: Range<usize>) -> Option<Call> {
        for pair in self.around(name.clone()).windows(2).rev() {
            let (parent, node) = (pair[0], pair[1]);
            let is_generic = is(self.grammar, node, Role::GenericFunction);
            if node.end_byte() != name.end && !is_generic {
                return None;
            }
            let lists = LISTS
                .iter()
                .filter_map(|list| child_by_part(self.grammar, parent, *list));
            let found = lists
                .into_iter()
                .find_map(|list| call(self.grammar, parent, list))
                .filter(|found| found.name == name);
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

/// What `list` is, if its parent says that it is a list and it is in brackets.
fn call(grammar: &Grammar, parent: Node, list: Node) -> Option<Call> {
    let role = part(grammar, parent, list).filter(|role| LISTS.contains(role))?;
    let bracketed = list.child(0)?.kind() == "("
        && list.child(list.child_count().checked_sub(1)?)?.kind() == ")";
    if !bracketed || is(grammar, list, Role::Generator) || list.has_error() {
        return None;
    }
    let mut called = CALLED
        .iter()
        .find_map(|role| child_by_part(grammar, parent, *role))?;
    if is(grammar, called, Role::GenericFunction) {
        called = child_by_part(grammar, called, Part::Function)?;
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
        defines: role == Part::Parameters,
    })
}
