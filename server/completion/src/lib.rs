//! Ghost text: what will the user type next at this place? A plain function from a snapshot and a
//! model to an answer.
//!
//! `lsp` calls [`complete`] on the worker's thread and turns the answer into protocol messages. The
//! model is known only through the trait `context::Generate`, so every test here runs
//! without one, in milliseconds. Nothing in this crate knows JSON, threads, files, the network or
//! the other products.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod analogy;
mod candidates;
mod complete;
mod completion_context;
mod deadline;
mod extent;
pub mod filters;
pub mod gate;
mod identifiers;
mod invoked;
mod outcome;
mod reuse;
mod stop;
mod syntax_errors;
#[cfg(test)]
mod tests;
mod watch;
mod written;

pub use candidates::{Candidate, CopyMatch, Proximity};
pub use complete::{complete, read_ahead};
pub use completion_context::CompletionContext;
pub use extent::Extent;
pub use outcome::{Completion, Limits, Outcome, Personalization, ScoredCandidate, Timings};
pub use reuse::ShownCompletion;
pub use watch::{SuggestionOutcome, Watch};
pub use written::Written;
