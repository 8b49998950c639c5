//! Which tables and columns a name means inside a query, and what its own names mean. Inner
//! queries see the names of outer ones, and their own first. Of several tables that have a column,
//! the first counts. Nothing here reads a statement.

use super::tables::Tables;
use super::tree::{Aggregate, ColumnPlace, Operand};

/// The names of one query; those of the queries around it are further scopes.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The tables in the order of FROM, each with the name that it goes by.
    pub(super) tables: Vec<(String, usize)>,
    /// The names of what is selected.
    pub(super) selected: Vec<(String, (Aggregate, Operand))>,
}

impl Scope {
    /// The table that goes by a name.
    fn table(&self, name: &str) -> Option<usize> {
        let is = |(own, _): &&(String, usize)| own.eq_ignore_ascii_case(name);
        self.tables.iter().find(is).map(|(_, table)| *table)
    }

    /// What was selected by a name.
    pub(super) fn selected(&self, name: &str) -> Option<(Aggregate, Operand)> {
        let is = |(own, _): &&(String, (Aggregate, Operand))| own.eq_ignore_ascii_case(name);
        self.selected.iter().find(is).map(|(_, what)| *what)
    }
}

/// The column of a name, with that of its table if one was written; the innermost scope is last.
pub(super) fn column(
    tables: &Tables,
    scopes: &[Scope],
    qualifier: Option<&str>,
    name: &str,
) -> Option<ColumnPlace> {
    let within = |table: usize| {
        let column = tables.list[table].column(name)?;
        Some(ColumnPlace::Of(table, column))
    };
    scopes.iter().rev().find_map(|scope| match qualifier {
        Some(qualifier) => scope.table(qualifier).and_then(within),
        None => scope.tables.iter().find_map(|(_, table)| within(*table)),
    })
}
