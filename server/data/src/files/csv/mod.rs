//! Delimited text: records of fields, with quotes, in any of four delimiters.
//!
//! `head.rs` finds delimiter, width and header in the first records; `scan.rs` gives the rows;
//! `cut.rs` cuts the text for several threads; `split.rs` knows what a record is.

pub(crate) mod cut;
pub(crate) mod head;
pub(crate) mod scan;
pub(crate) mod split;
#[cfg(test)]
mod tests;
