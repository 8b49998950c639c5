//! Where names stand in a piece of code, and which of them are its own variables.
//!
//! `bugs` asks, to find a variable that stands where another one should. Grammars agree well
//! enough on what they call the children of a node that no query is needed: a name is bound where
//! it, or a pattern around it, is a `pattern`, a `declarator`, among the `parameters`, or on the
//! `left` of an assignment or a loop.

use crate::lines::slice;
use crate::parse::Syntax;
use ropey::Rope;
use std::ops::Range;
use tree_sitter::{Node, TreeCursor};

/// A name in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// How it is spelt.
    pub name: String,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// It is given a value here, rather than used.
    pub bound: bool,
}

/// Children by these names are bound whatever their parent is.
const BINDING: &[&str] = &["pattern", "declarator", "parameters", "parameter", "alias"];
/// Parents, by a part of their kind, whose child `left` is bound.
const BINDS_LEFT: &[&str] = &["assign", "for_", "range_clause", "short_var"];
/// Parents, by a part of their kind, whose child `name` is bound.
const BINDS_NAME: &[&str] = &[
    "variable_declarator",
    "named_expression",
    "var_spec",
    "enhanced_for",
];
/// Children by these names are no variables but members, labels, keywords and what is defined.
const OTHER: &[&str] = &[
    "name",
    "attribute",
    "property",
    "field",
    "label",
    "type",
    "key",
];
/// What holds statements; outside of it nothing binds a name that stands in one of them.
const BLOCKS: &[&str] = &[
    "block",
    "statement_block",
    "compound_statement",
    "module",
    "program",
    "source_file",
    "translation_unit",
];

impl Syntax {
    /// The names that stand in `within` in the order of the text: variables, and functions that are
    /// called.
    pub fn variables(&self, rope: &Rope, within: Range<usize>) -> Vec<Variable> {
        let mut found = Vec::new();
        let mut cursor = self.tree.walk();
        let mut path = vec![Step {
            node: cursor.node(),
            role: None,
        }];
        loop {
            let node = cursor.node();
            let outside = node.end_byte() <= within.start || node.start_byte() >= within.end;
            if !outside
                && node.kind() == "identifier"
                && let Some(bound) = is_bound(&path)
            {
                found.push(Variable {
                    name: slice(rope, node.byte_range()),
                    range: node.byte_range(),
                    bound,
                });
            }
            if !outside && cursor.goto_first_child() {
                path.push(Step::at(&cursor));
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return found;
                }
                path.pop();
            }
            path.pop();
            path.push(Step::at(&cursor));
        }
    }
}

/// A node on the way from the root, and what its parent calls it.
#[derive(Clone, Copy)]
pub(crate) struct Step<'tree> {
    pub node: Node<'tree>,
    pub role: Option<&'tree str>,
}

impl<'tree> Step<'tree> {
    pub fn at(cursor: &TreeCursor<'tree>) -> Self {
        Self {
            node: cursor.node(),
            role: cursor.field_name(),
        }
    }
}

/// Whether the name at the end of a way from the root is bound where it stands; `None` where it is
/// no variable.
pub(crate) fn is_bound(path: &[Step]) -> Option<bool> {
    for (depth, pair) in path.windows(2).enumerate().rev() {
        let (kind, role) = (pair[0].node.kind(), pair[1].role);
        let is_name = depth + 2 == path.len();
        if BLOCKS.contains(&kind) {
            return Some(false);
        }
        let is = |parts: &[&str]| parts.iter().any(|part| kind.contains(part));
        match role {
            None => {}
            Some("declarator") if kind.contains("function") => return None,
            Some(role) if BINDING.contains(&role) => return Some(true),
            Some("left") => return Some(is(BINDS_LEFT)),
            // The parameters around it bind it.
            Some("name") if kind.contains("parameter") => {}
            Some("name") if is(BINDS_NAME) => return Some(true),
            Some(role) if is_name && OTHER.contains(&role) => return None,
            Some(_) => return Some(false),
        }
    }
    Some(false)
}
