//! What a name does where it is written: whether it defines something, is used, or belongs to an
//! object; and the functions around it, whose variables it may be.
//!
//! `next_edit` asks, to change a name everywhere it means the same and nowhere else. As in
//! `variables`, the language's `locals.scm` says what a child is to its parent.

use crate::parse::Syntax;
use crate::tree_roles::{child_by_part, is};
use crate::variables::{Step, is_bound};
use grammars::{Grammar, NameKind, Part, Role};
use ropey::Rope;
use std::ops::Range;
use tree_sitter::Node;

/// What a name does where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameUse {
    /// It names a function, a type or a field that is defined here.
    Definition,
    /// It is a variable that gets a value here, or a name that is imported.
    Binding,
    /// It is a member of an object, as in `object.name`.
    Member,
    /// It is the key of an entry or the name of an argument, as in `f(name=1)`.
    Key,
    /// It is used in any other way.
    Use,
}

/// How many nodes around a name are asked whether they import it.
const MAX_IMPORT_DEPTH: usize = 5;

impl Syntax {
    /// What the name that fills `range` does there; `None` where no name of the language fills it.
    pub fn name_use(&self, rope: &Rope, range: Range<usize>) -> Option<NameUse> {
        let path = self.way_to(range.start);
        let [.., parent, name] = path.as_slice() else {
            return None;
        };
        let node = name.node;
        if node.byte_range() != range || !is(self.grammar, node, Role::AnyName) {
            return None;
        }
        if follows_dot(rope, range.start) {
            return Some(NameUse::Member);
        }
        match self
            .grammar
            .tables()
            .name_kind(parent.node.kind_id(), name.child)
        {
            Some(NameKind::Key) => return Some(NameUse::Key),
            Some(NameKind::Definition) => return Some(NameUse::Definition),
            None => {}
        }
        let variables = [Role::Identifier, Role::VariableName];
        let is_variable =
            is(self.grammar, node, variables) && is_bound(self.grammar, &path) == Some(true);
        Some(if is_variable || is_imported(self.grammar, rope, &path) {
            NameUse::Binding
        } else {
            NameUse::Use
        })
    }

    /// The functions around `offset`, in bytes, the innermost first.
    pub fn functions_around(&self, offset: usize) -> Vec<Range<usize>> {
        let around = self.way_to(offset).into_iter().rev().map(|step| step.node);
        around
            .filter(|node| has_body(self.grammar, *node))
            .map(|node| node.byte_range())
            .collect()
    }

    /// The way from the root to the leaf at `offset`. Going down once is much cheaper than asking
    /// for parents.
    fn way_to(&self, offset: usize) -> Vec<Step<'_>> {
        let mut cursor = self.tree.walk();
        let mut path = vec![Step::root(self.grammar, &cursor)];
        while cursor.goto_first_child_for_byte(offset).is_some()
            && cursor.node().start_byte() <= offset
        {
            path.push(Step::below(self.grammar, &path, &cursor));
        }
        path
    }
}

/// Whether a node is a function with a body.
fn has_body(grammar: &Grammar, node: Node) -> bool {
    is(grammar, node, Role::Function) && child_by_part(grammar, node, Part::Body).is_some()
}

/// Whether a name follows the dot or arrow of an object.
fn follows_dot(rope: &Rope, start: usize) -> bool {
    let before = rope.bytes_at(start).reversed().take(2).collect::<Vec<u8>>();
    matches!(before.as_slice(), [b'.', other] if *other != b'.')
        || before == [b'>', b'-']
        || before == [b'.']
}

/// Whether an import brings in the name at the end of a way from the root.
fn is_imported(grammar: &Grammar, rope: &Rope, path: &[Step]) -> bool {
    let end = path.last().map_or(0, |step| step.node.end_byte());
    let goes_on = rope.get_byte_slice(end..).and_then(|rest| rest.get_char(0));
    if matches!(goes_on, Some('.' | ':')) {
        return false;
    }
    for pair in path.windows(2).rev().take(MAX_IMPORT_DEPTH) {
        let parent = pair[0].node;
        if grammar.tables().is_source(parent.kind_id(), pair[1].child) {
            return false;
        }
        if is(grammar, parent, Role::ImportedNames) {
            return true;
        }
    }
    false
}
