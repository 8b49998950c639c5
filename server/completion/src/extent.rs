//! How much is offered at a place: the rest of the line, a block, or a whole statement.

use crate::completion_context::first_with_text;
use crate::filters::ends_comment;
use context::Snapshot;
use grammars::BlockStyle;

/// How far a completion may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// To the end of the line.
    Line,
    /// A line of its own, line feed included, before the text that begins at the cursor in the
    /// first column.
    WholeLine,
    /// To the end of the block that is expected here.
    Block {
        /// Indentation of the block's lines.
        indent: String,
        /// How the block ends.
        style: BlockStyle,
        /// Its closing brace is below the cursor already.
        closed: bool,
    },
    /// To the end of the statement that begins at the cursor, with its block where it has one.
    Statement {
        /// Indentation of the statement.
        indent: String,
    },
}

impl Extent {
    /// Whether it may be more than a line.
    pub fn has_lines(&self) -> bool {
        matches!(self, Self::Block { .. } | Self::Statement { .. })
    }

    /// What is expected at byte `offset`: a block where the tree says so and nothing comes after
    /// the cursor, else a line.
    pub fn at(snapshot: &Snapshot, offset: usize) -> Self {
        let (before, after) = snapshot.line_around(offset);
        if !after.trim().is_empty() {
            return if before.is_empty() {
                Self::WholeLine
            } else {
                Self::Line
            };
        }
        let syntax = snapshot.syntax.as_ref();
        let expected = syntax.and_then(|syntax| syntax.expects_block(snapshot.rope(), offset));
        let Some(block) = expected else {
            return Self::Line;
        };
        Self::Block {
            closed: is_closed(snapshot, offset, &before, &block.indent),
            indent: block.indent,
            style: block.style,
        }
    }

    /// What is expected where a completion was invoked: below a comment, all that the comment may
    /// describe.
    pub fn invoked(snapshot: &Snapshot, offset: usize) -> Self {
        let (before, after) = snapshot.line_around(offset);
        let is_blank = before.trim().is_empty() && after.trim().is_empty();
        if is_blank && is_below_comment(snapshot, offset) {
            return Self::Statement { indent: before };
        }
        Self::at(snapshot, offset)
    }
}

fn is_below_comment(snapshot: &Snapshot, offset: usize) -> bool {
    let above = first_with_text(snapshot.lines_above(offset));
    let syntax = snapshot.syntax.as_ref();
    syntax.is_some_and(|syntax| ends_comment(&syntax.grammar.facts, &above))
}

/// Whether the next line with anything on it is the closing brace of the block whose body is
/// indented by `indent`: it is as deep as the line that opened the block.
fn is_closed(snapshot: &Snapshot, offset: usize, before: &str, indent: &str) -> bool {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let below = first_with_text(snapshot.lines_below(offset));
    if !below.trim_start().starts_with('}') {
        return false;
    }
    let mut above = std::iter::once(before.to_owned())
        .chain(snapshot.lines_above(offset))
        .filter(|line| !line.trim().is_empty());
    let opener = above.find(|line| depth(line) < indent.len());
    opener.is_some_and(|opener| depth(&opener) == depth(&below))
}
