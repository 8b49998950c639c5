//! What a model thinks of code: whether it finds other code far more likely at a place. Likely code
//! need not be right, so this by itself is no proof of a bug.
//!
//! [`unlikely`] is a source of bugs, above a margin; [`is_likelier`] is a verification level of
//! fixes. [`misuse`] and [`repair`] are used by `nigh eval` only, which measures what a model could
//! add. All but `repair`, which has its own format, use one prompt (`prompt.rs`).

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
