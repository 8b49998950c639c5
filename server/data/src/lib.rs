//! What databases hold: the tables, columns, types, keys, comments and values that a project's
//! sources describe.
//!
//! [`find::in_folder`] reads all sources of a workspace: SQL, migrations, SQLite files and the
//! models of frameworks (`readers/`). [`print`] writes a schema as SQL. Nothing is run, no database
//! is asked, and nothing that was not understood is lost: it is a note. This crate knows no editor,
//! model or protocol.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod cursor;
pub mod find;
mod merge;
pub mod print;
mod readers;
mod schema;
mod sql;
#[cfg(test)]
mod tests;
mod tokens;

pub use print::SqlDialect;

pub use schema::{
    Column, DataType, ForeignKey, Origin, Schema, SchemaNote, SchemaSource, SqlTable, TableIndex,
    TableKind, TableName, TypeKind, UniqueKey,
};
