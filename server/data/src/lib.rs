//! What databases and data files hold: the tables, columns, types, keys, comments and values that
//! a project's sources describe, and the columns of a data file with their statistics.
//!
//! [`find::in_folder`] reads all sources of a workspace: SQL, migrations, SQLite files and the
//! models of frameworks (`readers/`). [`print`] writes a schema as SQL. [`files`] profiles CSV,
//! JSON lines, Parquet and SQLite tables. Nothing is run, no database is asked, and nothing that
//! was not understood is lost: it is a note. This crate knows no editor, model or protocol.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod aside;
mod code_tokens;
mod cursor;
mod dialect_votes;
pub mod files;
pub mod find;
mod merge;
pub mod print;
mod readers;
mod schema;
mod sql;
mod sql_dialect;
mod sql_tokens;
#[cfg(test)]
mod tests;
mod tokens;
pub mod words;

pub use aside::is_aside;
pub use code_tokens::{CodeToken, CodeTokenKind, code_tokens, text_content};
pub use sql_dialect::SqlDialect;
pub use sql_tokens::{SqlStatement, SqlToken, SqlTokenKind, sql_statements};

pub use schema::{
    Column, DataType, ForeignKey, Origin, Schema, SchemaNote, SchemaSource, SqlTable, TableIndex,
    TableKind, TableName, TypeKind, UniqueKey,
};
