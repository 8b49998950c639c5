//! Which dialect of SQL a file is written in, guessed from what only one dialect has.
//!
//! The marks are counted once each. The lexer needs to know less than that: SQLite and DuckDB are
//! read alike ([`Flavor`]).

use crate::sql_dialect::SqlDialect;

/// A dialect, as far as reading differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flavor {
    /// SQLite, DuckDB, or no mark of any.
    #[default]
    Any,
    MySql,
    Postgres,
    TSql,
}

const MYSQL: &[(&str, usize)] = &[
    ("engine=", 5),
    ("engine =", 5),
    ("auto_increment", 5),
    ("unsigned", 2),
    ("/*!4", 5),
    ("default charset", 5),
    ("create table `", 2),
    ("create table if not exists `", 2),
    ("change column", 2),
    ("modify column", 2),
];
const POSTGRES: &[(&str, usize)] = &[
    ("serial", 2),
    ("nextval(", 5),
    ("plpgsql", 5),
    ("::", 2),
    ("timestamptz", 3),
    ("jsonb", 3),
    ("with time zone", 3),
    ("character varying", 3),
    ("$$", 3),
    ("create extension", 5),
    ("bytea", 3),
];
const TSQL: &[(&str, usize)] = &[
    ("identity(", 4),
    ("[dbo]", 5),
    ("\ngo\n", 5),
    ("\ngo\r\n", 5),
    ("nvarchar", 3),
    ("uniqueidentifier", 3),
    ("create table [", 3),
];
const SQLITE: &[(&str, usize)] = &[
    (" autoincrement", 5),
    ("without rowid", 5),
    (") strict", 3),
    ("using fts3", 5),
    ("using fts4", 5),
    ("using fts5", 5),
    ("using rtree", 4),
    ("sqlite_", 3),
    ("strftime('%", 3),
    ("julianday(", 3),
    ("datetime('now", 4),
    ("date('now", 3),
    ("unixepoch", 3),
    ("pragma ", 4),
    ("insert or replace", 2),
    ("insert or ignore", 2),
    ("raise(abort", 4),
];
const DUCKDB: &[(&str, usize)] = &[
    ("ubigint", 4),
    ("utinyint", 4),
    ("hugeint", 5),
    (" struct(", 4),
    (" map(", 2),
    ("varchar[]", 2),
    ("create macro", 5),
    ("replace macro", 5),
    ("read_csv", 5),
    ("read_parquet", 5),
    ("read_json", 5),
    ("* exclude", 4),
    ("group by all", 4),
    ("order by all", 4),
    ("positional join", 4),
    ("list_transform(", 4),
    ("struct_pack(", 4),
];

/// How much of a file is looked at, in bytes.
const LOOKED_AT: usize = 256 << 10;

impl Flavor {
    /// How a text is read.
    pub fn of(text: &str) -> Self {
        match dialect_of(text) {
            Some(SqlDialect::MySql) => Self::MySql,
            Some(SqlDialect::Postgres) => Self::Postgres,
            Some(SqlDialect::TSql) => Self::TSql,
            Some(SqlDialect::Sqlite | SqlDialect::DuckDb) | None => Self::Any,
        }
    }
}

/// The dialect of a text, if it has marks of one.
pub(crate) fn dialect_of(text: &str) -> Option<SqlDialect> {
    let end = (0..=text.len().min(LOOKED_AT))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    let lower = text[..end.unwrap_or(0)].to_ascii_lowercase();
    let score = |marks: &[(&str, usize)]| -> usize {
        let found = marks.iter().filter(|(mark, _)| lower.contains(mark));
        found.map(|(_, count)| count).sum()
    };
    let all = [
        (SqlDialect::Sqlite, SQLITE),
        (SqlDialect::DuckDb, DUCKDB),
        (SqlDialect::MySql, MYSQL),
        (SqlDialect::Postgres, POSTGRES),
        (SqlDialect::TSql, TSQL),
    ];
    let scored = all.map(|(dialect, marks)| (score(marks), dialect));
    let best = scored.into_iter().max_by_key(|(score, _)| *score)?;
    (best.0 >= 2).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_one_dialect_decide() {
        let of = Flavor::of;
        assert_eq!(of("CREATE TABLE `a` (b int) ENGINE=InnoDB"), Flavor::MySql);
        assert_eq!(
            of("CREATE TABLE a (b serial, c timestamptz)"),
            Flavor::Postgres
        );
        assert_eq!(
            of("CREATE TABLE [dbo].[a] ([b] int IDENTITY(1,1))\nGO\n"),
            Flavor::TSql
        );
        assert_eq!(of("CREATE TABLE a (b INTEGER PRIMARY KEY)"), Flavor::Any);
        let sqlite = "CREATE TABLE [order] (a INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;";
        assert_eq!(dialect_of(sqlite), Some(SqlDialect::Sqlite));
        let duckdb = "CREATE TABLE a (b UBIGINT, c STRUCT(d INT)); SELECT b::INT FROM a;";
        assert_eq!(dialect_of(duckdb), Some(SqlDialect::DuckDb));
    }
}
