//! Columns of data files in code: `df["` completes with the columns of the file that `df` was read
//! from, a hover shows them, and a misspelt one is marked.
//!
//! [`FrameCode`] reads code by its tokens, so half-typed code is understood too. It finds the
//! variables that were read from data files (`assignments.rs`), and of which one a text between
//! quotes names a column (`place.rs`). The caller reads the files: [`FrameColumns`] asks it. This
//! crate knows no editor, protocol or disk.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod assignments;
mod changes;
mod check;
mod code;
mod complete;
mod derive;
mod frame_code;
mod hover;
mod place;
mod rows;
#[cfg(test)]
mod tests;

pub use assignments::{DataFrame, DataPath};
pub use check::ColumnProblem;
pub use complete::ColumnCompletion;
pub use frame_code::FrameCode;
pub use hover::ColumnHover;

use std::sync::Arc;

/// A column of a data file, as far as code needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameColumn {
    /// Its name.
    pub name: String,
    /// Its type in a word or two, such as `decimal`.
    pub kind: String,
    /// Whether its values are numbers.
    pub is_number: bool,
    /// Whether its values are dates or times.
    pub is_time: bool,
}

/// What the caller knows of data files.
pub trait FrameColumns {
    /// The columns of the file that code names by this path; `None` if there is no such file, or
    /// it cannot be read.
    fn columns(&self, path: &str) -> Option<Arc<[FrameColumn]>>;
}
