//! The workspace in memory: what its files say, what they define, and what stood behind the same
//! words elsewhere.
//!
//! `lsp` feeds it with texts on a thread of its own and publishes a new [`Index`] after each
//! change; `context` and the products ask it through a snapshot. Cloning is cheap: an index is a
//! list of shared, immutable segments. Nothing here knows disk, threads, clocks or the protocol,
//! and no model.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod copies;
mod extract;
mod index;
mod lexemes;
mod places;
mod segment;
mod similar;
mod statistics;
mod stored;
mod symbols;
mod terms;
#[cfg(test)]
mod tests;
mod walk;
mod words;

pub use copies::copies_in;
pub use index::Index;
pub use segment::Segment;
pub use statistics::Statistics;
pub use stored::Damaged;

use grammars::Grammar;

/// A file as it is given to the index.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Its path relative to the workspace, with `/` between its parts.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Its language, where known.
    pub grammar: Option<&'static Grammar>,
    /// Names this state of the file; only compared for equality (a hash of size and time of change,
    /// or of the text).
    pub stamp: u64,
    /// Whether only what it defines is of interest: the file belongs to a dependency, not to the
    /// workspace.
    pub signatures_only: bool,
}

/// Text that followed the same words somewhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// What followed, from the matching place on: the rest of that line and the lines behind it, as
    /// many as were asked for.
    pub text: String,
    /// How many lexemes in front of the two places are equal.
    pub matched: usize,
    /// The bytes of those lexemes and the single blanks between them.
    pub matched_bytes: usize,
    /// In how many of the places that match as far as this one the rest of the line is the same,
    /// this one counted.
    pub agreeing: usize,
    /// How many places match as far as this one.
    pub places: usize,
    /// The file it stands in.
    pub path: String,
    /// Its line, counted from 0.
    pub line: usize,
}

/// Something a file of the workspace or of a dependency defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// The word behind `@definition.` of the grammar's query, such as `class`.
    pub kind: String,
    /// The definition up to its body, on one line, its first comment or docstring line behind it
    /// where there is one.
    pub signature: String,
    /// The name of what it is a member of; empty for what stands at the top of a file.
    pub container: String,
    /// The file it stands in.
    pub path: String,
    /// Its first line, counted from 0.
    pub line: usize,
}

/// A piece of a file, cut at borders of its syntax.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Its text.
    pub text: String,
    /// How like what was asked for it is (BM25).
    pub score: f32,
    /// The file it stands in.
    pub path: String,
    /// Its first line, counted from 0.
    pub line: usize,
}

/// The lexemes of a text as byte ranges: words, single marks, and runs of blanks with a line break
/// in them.
pub fn lexemes(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    lexemes::Lexemes::new(text)
}
