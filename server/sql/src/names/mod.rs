//! Names in any SQL: what they mean, which are wrong, and which could be typed here.
//!
//! [`SchemaNames`] is an index of a schema, made once. [`resolve`] reads a text statement by
//! statement, however broken, and says of each name which table or column it is. [`check`] gives
//! what is wrong, and is silent wherever something was not understood: a false alarm is worse than
//! a missed error. [`complete`], [`hover`] and [`definition`] answer for one place. Nothing here
//! knows an editor, and nothing is run.

mod assignments;
mod changes;
mod common;
mod complete;
mod counts;
mod expression;
mod from;
mod grouping;
mod hover;
mod index;
mod insert;
mod lambda;
mod links;
mod local;
mod lookup;
mod mask;
mod nearest;
mod other_database;
mod own;
mod problem;
mod query;
mod resolver;
mod rows;
mod scope;
mod select_list;
mod statement;

#[cfg(test)]
mod tests;
mod walk;
mod words;

pub use complete::{CompletionKind, NameCompletion, complete};
pub use hover::{NameHover, definition, hover};
pub use index::SchemaNames;
pub use problem::{NameProblem, NameProblemKind};
pub use resolver::{NameMeaning, ResolvedName, ResolvedSql, resolve, resolve_all};

use data::SqlDialect;

/// What is wrong with the names of a text, in the order of the text. Offsets are bytes.
///
/// Without a dialect only what is wrong in every dialect is found. Texts above
/// 4 MiB are not read.
pub fn check(names: &SchemaNames, text: &str, dialect: Option<SqlDialect>) -> Vec<NameProblem> {
    resolve(names, text, dialect).problems
}
