//! Where names stand in a piece of code, and which of them are its own variables.
//!
//! `features` asks, to find a variable that stands where another one should. Grammars agree well enough on what they call
//! the children of a node that no query is needed: a name is bound where it, or a pattern around it, is a `pattern`, a
//! `declarator`, among the `parameters`, or on the `left` of an assignment or a loop.

use crate::lines::slice;
use crate::names::field;
use crate::parse::Syntax;
use ropey::Rope;
use std::ops::Range;
use tree_sitter::Node;

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
const BINDS_NAME: &[&str] = &["variable_declarator", "named_expression", "var_spec", "enhanced_for"];
/// Children by these names are no variables but members, labels, keywords and what is defined.
const OTHER: &[&str] = &["name", "attribute", "property", "field", "label", "type", "key"];
/// What holds statements; outside of it nothing binds a name that stands in one of them.
const BLOCKS: &[&str] =
    &["block", "statement_block", "compound_statement", "module", "program", "source_file", "translation_unit"];

impl Syntax {
    /// The names that stand in `within` in the order of the text: variables, and functions that are called.
    pub fn variables(&self, rope: &Rope, within: Range<usize>) -> Vec<Variable> {
        let mut found = Vec::new();
        let mut open = vec![self.tree.root_node()];
        while let Some(node) = open.pop() {
            if node.end_byte() <= within.start || node.start_byte() >= within.end {
                continue;
            }
            if node.kind() == "identifier"
                && let Some(bound) = is_bound(node)
            {
                found.push(Variable { name: slice(rope, node.byte_range()), range: node.byte_range(), bound });
            }
            let mut cursor = node.walk();
            let children: Vec<Node> = node.children(&mut cursor).collect();
            open.extend(children.into_iter().rev());
        }
        found
    }
}

/// Whether the name is bound where it stands; `None` where it is no variable.
pub(crate) fn is_bound(name: Node) -> Option<bool> {
    let mut node = name;
    while let Some(parent) = node.parent() {
        let kind = parent.kind();
        if BLOCKS.contains(&kind) {
            return Some(false);
        }
        let is = |parts: &[&str]| parts.iter().any(|part| kind.contains(part));
        match field(parent, node) {
            None => {}
            Some("declarator") if kind.contains("function") => return None,
            Some(role) if BINDING.contains(&role) => return Some(true),
            Some("left") => return Some(is(BINDS_LEFT)),
            // The parameters around it bind it.
            Some("name") if kind.contains("parameter") => {}
            Some("name") if is(BINDS_NAME) => return Some(true),
            Some(role) if node == name && OTHER.contains(&role) => return None,
            Some(_) => return Some(false),
        }
        node = parent;
    }
    Some(false)
}
