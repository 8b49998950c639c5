//! What a model thinks of code: whether it finds other code far likelier at a place. It finds code
//! likely, not right, so its word alone is no bug.
//!
//! [`unlikely`] is a source of bugs, above a margin; [`is_likelier`] is a step of checking a fix.
//! [`misuse`] and [`repair`] are reached by `nigh eval` only, which measures what a model could
//! add. All but `repair`, which has its own format, ask with one prompt (`prompt.rs`).

mod likelier_fix;
pub mod misuse;
mod prompt;
pub mod repair;
#[cfg(test)]
mod tests;
pub mod unlikely;
mod variables;
mod windows;

pub use likelier_fix::is_likelier;
pub use variables::{VariableUse, variable_uses};
