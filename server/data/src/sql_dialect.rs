//! The dialects of SQL that are written. What differs between these is in `print/dialect.rs`.

use serde::Serialize;

/// A dialect of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SqlDialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// DuckDB.
    DuckDb,
    /// SQL Server.
    TSql,
}

impl SqlDialect {
    /// All dialects, by the names that the command line has for them.
    pub const ALL: [(&'static str, Self); 5] = [
        ("sqlite", Self::Sqlite),
        ("postgres", Self::Postgres),
        ("mysql", Self::MySql),
        ("duckdb", Self::DuckDb),
        ("tsql", Self::TSql),
    ];

    /// The dialect of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, dialect)| *dialect)
    }

    /// The name that the command line has for it.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}
