//! The index of a workspace: its texts, its definitions, and what followed the same tokens
//! elsewhere.
//!
//! The server feeds it with texts on a thread of its own and publishes a new [`Index`] after each
//! change; everything else queries it through a snapshot. Cloning is cheap: an index is a list of
//! shared, immutable segments. Nothing here knows disk, threads, clocks, the protocol or a model.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod copies;
mod extract;
mod index;
mod inverted_index;
mod lexemes;
mod live_segment;
mod match_walk;
mod segment;
mod serialization;
mod similar;
mod statistics;
mod suffix_array;
mod symbols;
#[cfg(test)]
mod tests;
mod word_count;

pub use copies::copies_in;
pub use index::Index;
pub use segment::IndexSegment;
pub use serialization::StoredIndexError;
pub use statistics::Statistics;

use grammars::Grammar;

/// A file to be indexed.
#[derive(Clone, Copy)]
pub struct SourceFile<'a> {
    /// Its path relative to the workspace, with `/` between its parts.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Its language, where known.
    pub grammar: Option<&'static Grammar>,
    /// Identifies this state of the file; only compared for equality (a hash of size and
    /// modification time, or of the text).
    pub stamp: u64,
    /// Whether only its definitions are indexed: the file belongs to a dependency, not to the
    /// workspace.
    pub signatures_only: bool,
}

/// Text that followed the same lexemes elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The text after the match: the rest of that line and the next lines, as many as were asked
    /// for.
    pub text: String,
    /// How many lexemes before the two positions are equal.
    pub matched: usize,
    /// The bytes of those lexemes and the single blanks between them.
    pub matched_bytes: usize,
    /// Of the matches of at least this length, in how many the rest of the line is the same,
    /// including this one.
    pub agreeing: usize,
    /// How many matches have at least this length.
    pub places: usize,
    /// Its file.
    pub path: String,
    /// Its line, counted from 0.
    pub line: usize,
}

/// A definition in a file of the workspace or of a dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// The word after `@definition.` in the grammar's query, such as `class`.
    pub kind: String,
    /// The definition up to its body, on one line, followed by the first line of its comment or
    /// docstring, if it has one.
    pub signature: String,
    /// The name of what it is a member of; empty at the top level of a file.
    pub container: String,
    /// Its file.
    pub path: String,
    /// Its first line, counted from 0.
    pub line: usize,
    /// The line after its last one.
    pub end_line: usize,
}

/// A chunk of a file, cut at syntax boundaries.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Its text.
    pub text: String,
    /// Its relevance to the query (BM25).
    pub score: f32,
    /// Its file.
    pub path: String,
    /// Its first line, counted from 0.
    pub line: usize,
}

/// The lexemes of a text as byte ranges: words, single punctuation marks, and runs of whitespace
/// with a line break in them.
pub fn lexemes(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    lexemes::Lexemes::new(text)
}
