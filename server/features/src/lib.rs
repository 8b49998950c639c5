//! What a user can ask for, one file each: plain functions from a snapshot and a model to an
//! answer.
//!
//! `lsp` calls them on the worker's thread and turns the answers into protocol messages. The model
//! is known only through the trait [`Generate`], so every test here runs without one, in
//! milliseconds. Nothing in this crate knows JSON, threads, clocks, files or the network.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types))]

mod analogy;
pub mod bugs;
mod by_hand;
mod candidates;
mod extent;
pub mod filters;
pub mod gate;
mod generate;
mod inline_completion;
pub mod misuse;
mod named;
pub mod next_edit;
mod outcome;
pub mod repair;
mod reuse;
mod soundness;
mod stop;
#[cfg(test)]
mod tests;
pub mod unlikely;
mod windows;
mod words;

pub use candidates::{Candidate, Match, Whence};
pub use extent::Extent;
pub use generate::{Alternative, Answer, Effort, Generate, GenerateError, Stats};
pub use inline_completion::{
    Completion, Judged, Limits, Outcome, Spent, Taste, inline_completion, read_ahead,
};
pub use outcome::{Fate, Watch};
pub use reuse::Shown;
pub use windows::{window_at, windows};
