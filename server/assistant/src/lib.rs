//! The application between the products and their front ends: open documents, the worker with its
//! model, the workspace's index, learning, settings.
//!
//! `lsp`, `http` and `cli` convert their requests, call this crate and convert the answers back.
//! It knows threads, clocks and the disk, and no protocol.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod asking;
mod assistant;
mod blocking;
mod chosen_status;
mod complete;
pub mod counters;
mod data_files;
mod debounce;
pub mod device;
pub mod diagnostics;
pub mod dismissed;
pub mod documents;
mod encoded;
mod explain;
pub mod fixing;
mod history;
pub mod indexing;
pub mod json;
pub mod learning;
mod leave;
mod memory;
pub mod model;
pub mod names;
mod opening;
mod paired_model;
mod predicted_edit;
mod private_files;
mod prompt_account;
mod read_ahead;
mod remote_writer;
mod reports;
mod same_change;
pub mod schema;
pub mod schemas;
mod sessions;
pub mod settings;
mod settings_json;
mod suggest;
pub mod switching_model;
pub mod uri;
pub mod worker;
pub mod written_queries;

pub use assistant::{Assistant, AssistantOptions, ChooseModel};
pub use blocking::{WorkFailed, blocking};
pub use complete::{
    CompletionError, CompletionRequest, CompletionResponse, Trigger, complete_invoked,
};
pub use engine::{Cancel, LoadWatch};
pub use explain::Explanation;
pub use leave::leave;
pub use opening::{edit_format, model_names, template_remark};
pub use paired_model::{paired, unpaired};
pub use predicted_edit::Prediction;
pub use prompt_account::prompt_account;
pub use remote::{EnginePhase, EngineStatus, RemoteLimits};
pub use remote_writer::RemoteWriter;
pub use same_change::{Places, SameChange};
pub use suggest::{Suggestion, suggest};
pub use worker::Load;
