//! One file per request: convert, call, convert.

pub mod code_action;
pub mod completion;
pub mod debug;
pub mod explain;
pub mod inline_completion;
pub mod status;
