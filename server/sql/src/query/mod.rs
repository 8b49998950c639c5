//! A query as a tree, its print in five dialects, and its reading in words.
//!
//! `tree.rs` has the types, `dates.rs` the periods, `print.rs` and `functions.rs` write a tree as
//! SQL of a dialect, and `say.rs` says it in English or Chinese. A tree holds names and values, no
//! places in a schema, so whoever holds one can print it. Nothing here knows questions.

pub mod dates;
mod functions;
mod names;
mod nouns;
mod print;
mod say;
mod say_dates;
#[cfg(test)]
mod tests;
mod tree;

pub use print::print;
pub use say::{SayLanguage, say};
pub use tree::{
    ColumnName, Comparison, JoinOn, OrderKey, PerGroup, Predicate, QueryTree, Scalar, SelectItem,
    SelectTree, SetOperator, SourceRows, SourceTree, SqlAggregate,
};
