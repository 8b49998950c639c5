//! The document an editor and the server share: a rope with a version, kept equal to the editor's
//! copy edit by edit.
//!
//! `lsp` applies what `didChange` brings, `syntax` keeps its tree in step with the [`Change`]s that
//! come back, everybody else reads. Inside the house a place in a text is always a byte offset;
//! line and column exist only in [`position`], where the three encodings of the Language Server
//! Protocol are converted once.
//!
//! This crate knows nothing of JSON, languages, trees or models.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod document;
mod edit;
mod point;
pub mod position;
mod word;
pub mod words;

pub use document::{ContentChange, Document, EditError, MAX_BYTES};
pub use edit::{Edit, apply, replace};
pub use point::{Change, Point};
pub use position::{Encoding, Position};
pub use ropey::{Rope, RopeSlice};
pub use word::is_word;
