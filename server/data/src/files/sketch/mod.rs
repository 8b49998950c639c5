//! Statistics that need little memory however many values there are, and can be joined.
//!
//! Each takes values one by one and merges with one of later rows. What is exact while there are
//! few values and an estimate after that says which it is. Nothing here knows types or files.

pub(crate) mod distinct;
pub(crate) mod hash;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod moments;
pub(crate) mod reservoir;
pub(crate) mod sum;
#[cfg(test)]
mod tests;
pub(crate) mod values;
pub(crate) mod variety;
