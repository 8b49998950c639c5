//! One file per request. A handler is a function of its context and parameters: it converts, calls
//! `assistant` or a product, and converts the answer.

pub mod code_action;
pub mod completion;
pub mod debug;
pub mod diagnostic;
pub mod dismiss;
pub mod explain;
mod fixes;
pub mod inline_completion;
mod predicted_edit;
mod reported;
mod same_change;
pub mod status;
