//! When to stop the model: as soon as what it wrote covers the extent. Text after the end is cut
//! off.

use crate::completion_context::CompletionContext;
use crate::extent::Extent;
use context::BegunReply;
use grammars::{BlockStyle, Facts};
use std::ops::ControlFlow;
use syntax::{block_end, statement_end};

/// The most lines a block completion has.
const MAX_LINES: usize = 24;

/// A line shorter than this, such as `}` or `);`, may well be there twice.
const SHORT: usize = 4;

/// Looks at an answer as it grows.
pub struct Stop<'a> {
    context: &'a CompletionContext<'a>,
    facts: Option<&'a Facts>,
    extent: &'a Extent,
    /// What ends the code block of a reply.
    fence: Option<String>,
}

impl<'a> Stop<'a> {
    /// A rule for completions that reach as far as the context's extent.
    /// An answer that continues a reply also ends where its code block does.
    pub fn new(context: &'a CompletionContext<'a>, reply: Option<&BegunReply>) -> Self {
        Self {
            context,
            facts: context.facts(),
            extent: &context.extent,
            fence: reply.map(|reply| reply.fence.clone()),
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
        let ends = [self.end_of_extent(text), self.end_of_reply(text)];
        ends.into_iter().flatten().min()
    }

    /// Where a reply ends: before the line that ends its code block, and before one that repeats
    /// the next line of the text.
    fn end_of_reply(&self, text: &str) -> Option<usize> {
        let fence = self.fence.as_deref()?;
        let next = self.context.next.trim();
        let is_over = |(start, line): &(usize, std::borrow::Cow<str>)| {
            let is_whole = start + line.len() < text.len();
            let line = line.trim();
            let repeats = *start > 0 && is_whole && next.len() >= SHORT && line == next;
            line.starts_with(fence) || repeats
        };
        let mut lines = self.context.completed_lines(text);
        let (start, _) = lines.find(is_over)?;
        Some(start.saturating_sub(1))
    }

    fn end_of_extent(&self, text: &str) -> Option<usize> {
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
