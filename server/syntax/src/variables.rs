//! Where names are written in a piece of code, and which names are its own variables.
//!
//! `bugs` uses it to find a variable in the place of another one. The language's `locals.scm` says
//! what binds a name: the innermost enclosing node with a rule for the child that contains the name
//! decides.

use crate::lines::slice;
use crate::parse::Syntax;
use crate::tree_roles::{child, is};
use grammars::{Child, Grammar, Local, Role};
use ropey::Rope;
use std::ops::Range;
use tree_sitter::{Node, TreeCursor};

/// A name in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// How it is spelt.
    pub name: String,
    /// Its range in bytes.
    pub range: Range<usize>,
    /// It is given a value here, rather than used.
    pub bound: bool,
}

impl Syntax {
    /// The names in `within` in the order of the text: variables, and functions that are called.
    pub fn variables(&self, rope: &Rope, within: Range<usize>) -> Vec<Variable> {
        let mut found = Vec::new();
        let mut cursor = self.tree.walk();
        let mut path = vec![Step::root(self.grammar, &cursor)];
        loop {
            let node = cursor.node();
            let outside = node.end_byte() <= within.start || node.start_byte() >= within.end;
            if !outside
                && is(self.grammar, node, Role::Identifier)
                && let Some(bound) = is_bound(self.grammar, &path)
            {
                found.push(Variable {
                    name: slice(rope, node.byte_range()),
                    range: node.byte_range(),
                    bound,
                });
            }
            if !outside && cursor.goto_first_child() {
                path.push(Step::below(self.grammar, &path, &cursor));
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return found;
                }
                path.pop();
            }
            path.pop();
            path.push(Step::below(self.grammar, &path, &cursor));
        }
    }
}

/// A node on the way from the root, as its parent has it.
#[derive(Clone, Copy)]
pub(crate) struct Step<'tree> {
    pub node: Node<'tree>,
    pub child: Child,
}

impl<'tree> Step<'tree> {
    /// The cursor's node, which is the root.
    pub fn root(grammar: &Grammar, cursor: &TreeCursor<'tree>) -> Self {
        Self::below(grammar, &[], cursor)
    }

    /// The cursor's node at the end of a way from the root.
    pub fn below(grammar: &Grammar, path: &[Self], cursor: &TreeCursor<'tree>) -> Self {
        let parent = path.last().map(|step| step.node.kind_id());
        Self {
            node: cursor.node(),
            child: child(grammar, parent, cursor),
        }
    }
}

/// Whether the name at the end of a way from the root is bound where it is written; `None` where it
/// is no variable.
pub(crate) fn is_bound(grammar: &Grammar, path: &[Step]) -> Option<bool> {
    let tables = grammar.tables();
    for (depth, pair) in path.windows(2).enumerate().rev() {
        let parent = pair[0].node.kind_id();
        let is_name = depth + 2 == path.len();
        if tables.is_scope(parent) {
            return Some(false);
        }
        match tables.local(parent, pair[1].child) {
            None | Some(Local::Outer) => {}
            Some(Local::NoVariable) => return None,
            Some(Local::Member) if is_name => return None,
            Some(Local::Definition) => return Some(true),
            Some(Local::Reference | Local::Member) => return Some(false),
        }
    }
    Some(false)
}
