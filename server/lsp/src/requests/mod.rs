//! One file per request. A handler is a function of its context and parameters: it converts, calls
//! `assistant` or a product, and converts the answer.

pub mod code_action;
pub mod completion;
pub mod debug;
pub mod definition;
pub mod diagnostic;
mod dismiss;
pub mod execute_command;
pub mod explain;
mod fixes;
pub mod hover;
pub mod inline_completion;
mod predicted_edit;
mod queries;
mod report;
mod reported;
mod same_change;
pub mod status;
mod write_query;
