//! The tree kept in step with the text, and what can be asked of it: place, scopes, definitions,
//! imports, blocks, errors.
//!
//! `context` and the products ask; `lsp` keeps one [`Syntax`] per document: it edits the tree at
//! once in `did_change` and reparses on another thread. Everything here is a plain function of a
//! rope and a tree; who calls decides the thread, the moment and when to stop. Places are byte
//! offsets. This crate must never know LSP, threads, the clock or the model, and names no language:
//! what differs between languages is read from `grammars`.
//!
//! A document without a grammar, or larger than [`MAX_TREE_BYTES`], has no tree; completion works
//! without one.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod block;
mod calls;
mod code;
mod ends;
#[cfg(test)]
mod equality;
mod errors;
mod functions;
mod heal;
mod lex;
mod lines;
mod names;
mod outline;
mod parse;
mod place;
mod tree_roles;
mod variables;

#[cfg(test)]
mod tests;

pub use block::BlockExpectation;
pub use calls::Call;
pub use code::{Code, Node};
pub use ends::{BlockEnd, block_end, statement_end, unclosed};
pub use errors::{SyntaxError, adds_error, errors_after};
pub use grammars::{Part, Role, Roles};
pub use lines::{indent_unit, slice};
pub use names::NameUse;
pub use outline::{Definition, Import, Scope};
pub use parse::{MAX_TREE_BYTES, Reuse, Syntax};
pub use place::Place;
pub use ropey::Rope;
pub use variables::Variable;
