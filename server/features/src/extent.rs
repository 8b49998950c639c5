//! How much is offered at a place: the rest of the line, a block, or a whole statement.

use crate::filters::is_below_comment;
use context::Snapshot;
use grammars::BlockStyle;

/// How far a completion may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// To the end of the line.
    Line,
    /// A line of its own, line feed included, in front of the text that begins at the cursor in the
    /// first column.
    WholeLine,
    /// To the end of the block that is expected here.
    Block {
        /// Indentation of the block's lines.
        indent: String,
        /// How the block ends.
        style: BlockStyle,
        /// Its closing brace stands below the cursor already.
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

    /// What is expected at byte `offset`: a block where the tree says so and nothing stands behind
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
        let expected = snapshot
            .syntax
            .as_ref()
            .and_then(|syntax| syntax.expects_block(snapshot.rope(), offset));
        match expected {
            Some(block) => {
                let closed = is_closed(snapshot, offset, &block.indent);
                Self::Block {
                    indent: block.indent,
                    style: block.style,
                    closed,
                }
            }
            None => Self::Line,
        }
    }

    /// What is expected where someone asked for it by hand: below a comment, all that the comment
    /// may describe.
    pub fn by_hand(snapshot: &Snapshot, offset: usize) -> Self {
        let (before, after) = snapshot.line_around(offset);
        let alone = before.trim().is_empty() && after.trim().is_empty();
        if alone && is_below_comment(snapshot, offset) {
            return Self::Statement { indent: before };
        }
        Self::at(snapshot, offset)
    }
}

/// Whether the next line with anything on it is the closing brace of the block whose body is
/// indented by `indent`: it stands as deep as the line that opened the block.
fn is_closed(snapshot: &Snapshot, offset: usize, indent: &str) -> bool {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let Some(below) = snapshot
        .lines_below(offset)
        .find(|line| !line.trim().is_empty())
    else {
        return false;
    };
    let (own, _) = snapshot.line_around(offset);
    let mut above = std::iter::once(own)
        .chain(snapshot.lines_above(offset))
        .filter(|line| !line.trim().is_empty());
    let opener = above.find(|line| depth(line) < indent.len());
    below.trim_start().starts_with('}')
        && opener.is_some_and(|opener| depth(&opener) == depth(&below))
}
