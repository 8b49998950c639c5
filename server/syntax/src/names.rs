//! What a name does where it stands: whether it defines something, is used, or belongs to an
//! object; and the functions around it, whose variables it may be.
//!
//! `next_edit` asks, to change a name everywhere it means the same and nowhere else. As in
//! `variables`, what a parent calls its child tells enough in all languages.

use crate::parse::Syntax;
use crate::variables::{Step, is_bound};
use ropey::Rope;
use std::ops::Range;
use tree_sitter::Node;

/// What a name does where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It names a function, a type or a field that is defined here.
    Definition,
    /// It is a variable that gets a value here, or a name that is imported.
    Binding,
    /// It stands behind an object, as in `object.name`.
    Member,
    /// It is the key of an entry or the name of an argument, as in `f(name=1)`.
    Key,
    /// It is used in any other way.
    Use,
}

/// Parts of the kinds of nodes whose child `name` is what they define.
const DEFINING: &[&str] = &[
    "definition",
    "declaration",
    "declarator",
    "_item",
    "type_spec",
    "const_spec",
    "method_spec",
    "function",
    "class",
    "signature",
    "enum",
    "variant",
];
/// Children by these names lead from an import to what is imported from, rather than to a name it
/// brings in.
const SOURCES: &[&str] = &["module_name", "source", "path"];

impl Syntax {
    /// What the name that fills `range` does there; `None` where no name of the language fills it.
    pub fn role(&self, rope: &Rope, range: Range<usize>) -> Option<Role> {
        let path = self.way_to(range.start);
        let [.., Step { node: parent, .. }, Step { node, role }] = path.as_slice() else {
            return None;
        };
        let (kind, of) = (node.kind(), parent.kind());
        let named = node.is_named() && (kind.contains("identifier") || kind.contains("name"));
        if node.byte_range() != range || node.child_count() > 0 || !named {
            return None;
        }
        let defines = DEFINING.iter().any(|part| of.contains(part)) && !of.contains("invocation");
        if follows_dot(rope, range.start) {
            return Some(Role::Member);
        }
        match *role {
            Some("key") => return Some(Role::Key),
            Some("name") if of.contains("argument") || of.contains("attribute") => {
                return Some(Role::Key);
            }
            Some("declarator") if of.contains("function") => return Some(Role::Definition),
            Some("name" | "property") if defines && !of.contains("variable") => {
                return Some(Role::Definition);
            }
            _ => {}
        }
        let is_variable =
            ["identifier", "variable_name"].contains(&kind) && is_bound(&path) == Some(true);
        Some(if is_variable || is_imported(rope, &path) {
            Role::Binding
        } else {
            Role::Use
        })
    }

    /// The functions around `offset`, in bytes, the innermost first.
    pub fn functions_around(&self, offset: usize) -> Vec<Range<usize>> {
        let around = self.way_to(offset).into_iter().rev().map(|step| step.node);
        around
            .filter(|node| is_function(*node))
            .map(|node| node.byte_range())
            .collect()
    }

    /// The way from the root to the leaf at `offset`. Going down once is much cheaper than asking
    /// for parents.
    fn way_to(&self, offset: usize) -> Vec<Step<'_>> {
        let mut cursor = self.tree.walk();
        let mut path = vec![Step::at(&cursor)];
        while cursor.goto_first_child_for_byte(offset).is_some()
            && cursor.node().start_byte() <= offset
        {
            path.push(Step::at(&cursor));
        }
        path
    }
}

fn is_function(node: Node) -> bool {
    let kinds = [
        "function",
        "method",
        "lambda",
        "closure",
        "constructor",
        "func_literal",
    ];
    kinds.iter().any(|part| node.kind().contains(part))
        && node.child_by_field_name("body").is_some()
}

/// Whether a name stands behind the dot or arrow of an object.
fn follows_dot(rope: &Rope, start: usize) -> bool {
    let before = rope.bytes_at(start).reversed().take(2).collect::<Vec<u8>>();
    matches!(before.as_slice(), [b'.', other] if *other != b'.')
        || before == [b'>', b'-']
        || before == [b'.']
}

/// Whether an import brings in the name at the end of a way from the root.
fn is_imported(rope: &Rope, path: &[Step]) -> bool {
    let end = path.last().map_or(0, |step| step.node.end_byte());
    let goes_on = rope.get_byte_slice(end..).and_then(|rest| rest.get_char(0));
    if matches!(goes_on, Some('.' | ':')) {
        return false;
    }
    for pair in path.windows(2).rev().take(5) {
        if pair[1].role.is_some_and(|role| SOURCES.contains(&role)) {
            return false;
        }
        if pair[0].node.kind().starts_with("import")
            || pair[0].node.kind().starts_with("use_declaration")
        {
            return true;
        }
    }
    false
}

/// What `parent` calls its child.
pub(crate) fn field<'tree>(parent: Node<'tree>, child: Node<'tree>) -> Option<&'tree str> {
    let mut cursor = parent.walk();
    let mut more = cursor.goto_first_child();
    while more {
        if cursor.node() == child {
            return cursor.field_name();
        }
        more = cursor.goto_next_sibling();
    }
    None
}
