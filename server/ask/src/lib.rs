//! Questions about a project, answered with places.
//!
//! [`AskIndex::answer`] looks first for what the project's structure answers exactly
//! (`structure/`): where something is defined, who calls it, which flag, variable or setting there
//! is, how to build and test. Other questions are answered by passages of its documents and code
//! (`documents/`). Each sentence of an answer is copied from a place, and the place is named.
//! Nothing here knows disk, threads, clocks, the protocol or a model.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answer;
mod ask_index;
mod documents;
pub mod measure;
mod structure;

pub use answer::{Answer, AnswerLevel, Quote};
pub use ask_index::AskIndex;
