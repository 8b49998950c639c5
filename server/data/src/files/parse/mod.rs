//! What the bytes of one value mean: numbers, dates, words for true, false and missing.
//!
//! Each reader is a pure function of one value's bytes without spaces around. The rules are few and
//! the same in the profile, in later passes and in what is loaded into SQLite.

pub(crate) mod date;
pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod period;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub(crate) mod word;
