//! One file per request: convert, call, convert.

pub mod code_action;
pub mod completion;
pub mod debug;
pub mod diagnostic;
pub mod dismiss;
mod edits;
pub mod explain;
mod fixes;
pub mod inline_completion;
pub mod read_ahead;
mod reported;
pub mod status;
