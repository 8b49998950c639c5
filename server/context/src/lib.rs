//! What the model should see: the text around the cursor, cut to a token budget and laid out as the
//! model was taught.
//!
//! The products call [`fill_in`] with a [`Snapshot`] and an offset and gets a [`Prompt`]: a list of
//! segments, each a marker or plain text, with an account of every piece (`nigh prompt` prints it).
//! Stable parts come first, so that the next keystroke's prompt shares a long head with this one
//! and the model's KV cache is reused.
//!
//! Next to the window come pieces of other files, where they help the model: `sources/` gathers
//! them, `rank.rs` chooses.
//!
//! This crate knows no model: it counts tokens through [`CountTokens`], learns the markers from a
//! [`FimFormat`], and [`Generate`] is what a product asks of a model. A new model family is one row
//! in `fim.rs`; a model that was trained to chat is asked as `chat/` says.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod chat;
mod cursor_context;
mod fill_in;
mod fim;
mod fim_names;
mod generate;
mod heal;
mod prompt;
mod rank;
mod recent;
mod snapshot;
mod source_weights;
mod sources;
mod task;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;
mod window;

pub use chat::{BegunReply, ChatTurns, ChatVocabulary, HOLE, ROLES, TurnSpelling};
pub use fill_in::{Budget, fill_in};
pub use fim::{FORMATS, FimFormat, Order, PathHeader};
pub use generate::{
    Alternative, Answer, AnswerMask, Effort, Generate, GenerateError, PendingText, Stats, Writer,
};
pub use heal::heal_start;
pub use prompt::{CountTokens, Piece, Prompt, Segment};
pub use recent::{OpenFile, Recent, RecentEdit};
pub use snapshot::Snapshot;
pub use source_weights::SourceWeights;
pub use sources::{call, members};
pub use task::ModelTask;
