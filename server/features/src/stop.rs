//! When to stop the model: as soon as what it said so far covers the extent. Text behind the end is
//! cut off.

use crate::extent::Extent;
use context::Snapshot;
use grammars::BlockStyle;
use std::ops::ControlFlow;
use syntax::{block_end, statement_end};

/// The most lines a block completion has.
const MAX_LINES: usize = 24;

/// Looks at an answer as it grows.
pub struct Stop<'a> {
    snapshot: &'a Snapshot,
    extent: &'a Extent,
}

impl<'a> Stop<'a> {
    /// A rule for completions that reach as far as `extent`.
    pub fn new(snapshot: &'a Snapshot, extent: &'a Extent) -> Self {
        Self { snapshot, extent }
    }

    /// Breaks when `text` has reached its end.
    pub fn check(&self, text: &str) -> ControlFlow<()> {
        if self.end(text).is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Where the completion ends in `text`, once that is known.
    pub fn end(&self, text: &str) -> Option<usize> {
        match self.extent {
            Extent::Line | Extent::WholeLine => text.find(['\n', '\r']),
            Extent::Block {
                indent,
                style,
                closed,
            } => {
                let facts = &self.snapshot.syntax.as_ref()?.grammar.facts;
                let end = block_end(facts, *style, indent, text);
                let end = end.map(|end| if *closed { end.content } else { end.closed });
                end.or_else(|| last_line(text))
            }
            Extent::Statement { indent } => {
                self.statement(indent, text).or_else(|| last_line(text))
            }
        }
    }

    /// Where a statement ends that begins at the cursor: at its line's end, or with the block that
    /// it opens by a colon.
    fn statement(&self, indent: &str, text: &str) -> Option<usize> {
        let facts = &self.snapshot.syntax.as_ref()?.grammar.facts;
        let end = statement_end(facts, text)?;
        if facts.block != BlockStyle::Colon || !text[..end].trim_end().ends_with(':') {
            return Some(end);
        }
        block_end(facts, BlockStyle::Colon, &format!("{indent} "), text).map(|end| end.content)
    }
}

/// Where the most lines end that a completion has.
fn last_line(text: &str) -> Option<usize> {
    text.match_indices('\n').nth(MAX_LINES).map(|(at, _)| at)
}
