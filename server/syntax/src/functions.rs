//! The functions of a file as whole lines, with what belongs to them above: what a model looks at
//! one by one.
//!
//! `bugs` asks for them to repair code. Functions inside functions are part of the outer one.

use crate::parse::Syntax;
use crate::tree_roles::is;
use grammars::Role;
use ropey::Rope;
use std::ops::Range;
use tree_sitter::Node;

impl Syntax {
    /// The outermost functions and methods in the order of the text: whole lines, with decorators,
    /// attributes and the comment right above.
    pub fn functions(&self, rope: &Rope) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for definition in self.definitions(rope) {
            let within = definition.range;
            // They are in the order of the text, so only the last one can be around this one.
            let known = found
                .last()
                .is_some_and(|outer| outer.start <= within.start && within.end <= outer.end);
            if known || !["function", "method"].contains(&definition.kind) {
                continue;
            }
            if let Some(node) = self
                .tree
                .root_node()
                .descendant_for_byte_range(within.start, within.end)
            {
                let whole = self.declaration(node);
                found.push(whole_lines(
                    rope,
                    self.leading(whole).start_byte()..whole.end_byte(),
                ));
            }
        }
        found
    }

    /// The declaration that `node` is the core of: decorated, exported, templated, bound to a name.
    fn declaration<'tree>(&self, mut node: Node<'tree>) -> Node<'tree> {
        while let Some(parent) = node.parent() {
            let only_wraps = parent.end_byte() <= node.end_byte() + 1 && parent.parent().is_some();
            let is_block = self
                .grammar
                .facts
                .block_nodes
                .iter()
                .any(|kind| kind == parent.kind());
            if !only_wraps || is_block || parent.is_error() {
                break;
            }
            node = parent;
        }
        node
    }

    /// The first of the comments and attributes that stand on lines of their own right above
    /// `node`, or `node`.
    fn leading<'tree>(&self, mut node: Node<'tree>) -> Node<'tree> {
        while let Some(above) = self.above(node) {
            let adjacent = last_row(above) + 1 >= node.start_position().row;
            let is_first_on_line = above
                .prev_sibling()
                .is_none_or(|other| last_row(other) < above.start_position().row);
            let comment = self
                .grammar
                .facts
                .comment_nodes
                .iter()
                .any(|kind| kind == above.kind());
            if !(adjacent
                && is_first_on_line
                && (comment || is(self.grammar, above, Role::Attribute)))
            {
                break;
            }
            node = above;
        }
        node
    }

    /// What comes before a node; before the first one of a block, what is between the block
    /// and its header.
    fn above<'tree>(&self, node: Node<'tree>) -> Option<Node<'tree>> {
        node.prev_sibling().or_else(|| {
            let block = node.parent()?;
            self.grammar
                .facts
                .block_nodes
                .iter()
                .any(|kind| kind == block.kind())
                .then(|| block.prev_sibling())?
        })
    }
}

/// The last row a node has characters in: a comment may end with its line break.
fn last_row(node: Node) -> usize {
    let end = node.end_position();
    if end.column == 0 {
        end.row.saturating_sub(1).max(node.start_position().row)
    } else {
        end.row
    }
}

fn whole_lines(rope: &Rope, range: Range<usize>) -> Range<usize> {
    let last = range.end.saturating_sub(1).max(range.start);
    let end_line = (rope.byte_to_line(last) + 1).min(rope.len_lines());
    rope.line_to_byte(rope.byte_to_line(range.start))..rope.line_to_byte(end_line)
}
