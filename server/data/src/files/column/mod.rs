//! One column while rows are read: as what its values can be read, and their statistics.
//!
//! `state.rs` takes values; `decide.rs` chooses the reading that fits all rows best; `finish.rs`
//! makes the profile. A state of later rows can be joined to one of earlier rows.

pub(crate) mod class;
mod dates;
pub(crate) mod decide;
pub(crate) mod finish;
mod numbers;
mod personal;
pub(crate) mod reading;
pub(crate) mod state;
#[cfg(test)]
mod tests;
mod texts;
