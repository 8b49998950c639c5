//! SQL that knows the schema: questions become queries, names are completed and checked.
//!
//! `question/` turns a question in English or Chinese into a query tree, `query/` is this tree and
//! its print in five dialects, `judge/` proves that a print prepares on an empty database, `names/`
//! resolves the names of any statement, `host/` finds SQL in the strings of other languages, and
//! `measure/` scores answers against known queries. This crate knows no editor, protocol or disk,
//! and never runs a query.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(test, allow(clippy::disallowed_methods))]

pub mod host;
pub mod judge;
pub mod measure;
pub mod names;
pub mod query;
pub mod question;
