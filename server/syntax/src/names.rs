//! What a name does where it stands: whether it defines something, is used, or belongs to an object; and the functions
//! around it, whose variables it may be.
//!
//! `features` asks, to change a name everywhere it means the same and nowhere else. As in `variables`, what a parent calls
//! its child tells enough in all languages.

use crate::parse::Syntax;
use crate::variables::is_bound;
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
/// Children by these names lead from an import to what is imported from, rather than to a name it brings in.
const SOURCES: &[&str] = &["module_name", "source", "path"];

impl Syntax {
    /// What the name that fills `range` does there; `None` where no name of the language fills it.
    pub fn role(&self, rope: &Rope, range: Range<usize>) -> Option<Role> {
        let node = self.tree.root_node().named_descendant_for_byte_range(range.start, range.end)?;
        let kind = node.kind();
        if node.byte_range() != range
            || node.child_count() > 0
            || !(kind.contains("identifier") || kind.contains("name"))
        {
            return None;
        }
        let parent = node.parent()?;
        let role = field(parent, node);
        let defines = DEFINING.iter().any(|part| parent.kind().contains(part)) && !parent.kind().contains("invocation");
        if follows_dot(rope, range.start) {
            return Some(Role::Member);
        }
        match role {
            Some("key") => return Some(Role::Key),
            Some("name") if parent.kind().contains("argument") || parent.kind().contains("attribute") => {
                return Some(Role::Key);
            }
            Some("declarator") if parent.kind().contains("function") => return Some(Role::Definition),
            Some("name" | "property") if defines && !parent.kind().contains("variable") => {
                return Some(Role::Definition);
            }
            _ => {}
        }
        let is_variable = ["identifier", "variable_name"].contains(&kind) && is_bound(node) == Some(true);
        Some(if is_variable || is_imported(rope, node) { Role::Binding } else { Role::Use })
    }

    /// The functions around `offset`, in bytes, the innermost first.
    pub fn functions_around(&self, offset: usize) -> Vec<Range<usize>> {
        let innermost = self.tree.root_node().descendant_for_byte_range(offset, offset);
        let around = std::iter::successors(innermost, Node::parent);
        around.filter(|node| is_function(*node)).map(|node| node.byte_range()).collect()
    }
}

fn is_function(node: Node) -> bool {
    let kinds = ["function", "method", "lambda", "closure", "constructor", "func_literal"];
    kinds.iter().any(|part| node.kind().contains(part)) && node.child_by_field_name("body").is_some()
}

/// Whether a name stands behind the dot or arrow of an object.
fn follows_dot(rope: &Rope, start: usize) -> bool {
    let before = rope.bytes_at(start).reversed().take(2).collect::<Vec<u8>>();
    matches!(before.as_slice(), [b'.', other] if *other != b'.') || before == [b'>', b'-'] || before == [b'.']
}

/// Whether an import brings this name in.
fn is_imported(rope: &Rope, name: Node) -> bool {
    let goes_on = rope.get_byte_slice(name.end_byte()..).and_then(|rest| rest.get_char(0));
    if matches!(goes_on, Some('.' | ':')) {
        return false;
    }
    let mut node = name;
    for _ in 0..5 {
        let Some(parent) = node.parent() else { return false };
        if field(parent, node).is_some_and(|role| SOURCES.contains(&role)) {
            return false;
        }
        if parent.kind().starts_with("import") || parent.kind().starts_with("use_declaration") {
            return true;
        }
        node = parent;
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
