//! When to stop the model: as soon as what it wrote covers the extent. Text after the end is cut
//! off.

use crate::completion_context::CompletionContext;
use crate::extent::Extent;
use grammars::{BlockStyle, Facts};
use std::ops::ControlFlow;
use syntax::{block_end, statement_end};

/// The most lines a block completion has.
const MAX_LINES: usize = 24;

/// Looks at an answer as it grows.
pub struct Stop<'a> {
    facts: Option<&'a Facts>,
    extent: &'a Extent,
}

impl<'a> Stop<'a> {
    /// A rule for completions that reach as far as the context's extent.
    pub fn new(context: &'a CompletionContext) -> Self {
        Self {
            facts: context.facts(),
            extent: &context.extent,
        }
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
                let end = block_end(self.facts?, *style, indent, text);
                let end = end.map(|end| if *closed { end.content } else { end.closed });
                end.or_else(|| end_of_last_line(text))
            }
            Extent::Statement { indent } => self
                .end_of_statement(indent, text)
                .or_else(|| end_of_last_line(text)),
        }
    }

    /// Where a statement ends that begins at the cursor: at its line's end, or with the block that
    /// it opens by a colon.
    fn end_of_statement(&self, indent: &str, text: &str) -> Option<usize> {
        let facts = self.facts?;
        let end = statement_end(facts, text)?;
        if facts.block != BlockStyle::Colon || !text[..end].trim_end().ends_with(':') {
            return Some(end);
        }
        block_end(facts, BlockStyle::Colon, &format!("{indent} "), text).map(|end| end.content)
    }
}

/// Where the most lines end that a completion has.
fn end_of_last_line(text: &str) -> Option<usize> {
    text.match_indices('\n').nth(MAX_LINES).map(|(at, _)| at)
}
