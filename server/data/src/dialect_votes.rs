//! Which dialect of SQL a project speaks: what its sources are written in, and which drivers its
//! manifests name.
//!
//! A dialect of the sources counts more than a driver. SQLite's files and drivers count only where
//! no other dialect does: many projects use it for their tests.

use crate::sql::flavor::dialect_of;
use crate::sql_dialect::SqlDialect;

/// Manifests, and what names a driver in each. A driver is a whole word, in lower case.
const MANIFESTS: &[&str] = &[
    "package.json",
    "pyproject.toml",
    "pipfile",
    "setup.cfg",
    "setup.py",
    "cargo.toml",
    "go.mod",
    "gemfile",
    "composer.json",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "docker-compose.yml",
    "docker-compose.yaml",
    "compose.yml",
    "compose.yaml",
];

const DRIVERS: &[(SqlDialect, &[&str])] = &[
    (
        SqlDialect::Postgres,
        &[
            "psycopg",
            "psycopg2",
            "psycopg2-binary",
            "asyncpg",
            "pg8000",
            "pg",
            "pgx",
            "lib/pq",
            "postgres",
            "postgresql",
            "tokio-postgres",
            "npgsql",
            "pg-promise",
        ],
    ),
    (
        SqlDialect::MySql,
        &[
            "mysqlclient",
            "pymysql",
            "aiomysql",
            "mysql2",
            "mysql",
            "mariadb",
            "mysql-connector-python",
            "go-sql-driver",
            "mysql-connector-j",
            "mysql-connector-java",
            "ext-mysqli",
        ],
    ),
    (SqlDialect::DuckDb, &["duckdb", "duckdb-engine"]),
    (
        SqlDialect::TSql,
        &[
            "pymssql",
            "mssql",
            "tedious",
            "go-mssqldb",
            "tiberius",
            "mssql-jdbc",
        ],
    ),
    (
        SqlDialect::Sqlite,
        &[
            "sqlite",
            "sqlite3",
            "better-sqlite3",
            "rusqlite",
            "aiosqlite",
            "go-sqlite3",
            "sqlite-jdbc",
        ],
    ),
];

/// How much the dialect of a source counts against that of a driver.
const SOURCE: usize = 3;

/// What was found so far.
#[derive(Default)]
pub(crate) struct DialectVotes {
    counted: [usize; SqlDialect::ALL.len()],
    /// Whether a driver or file of SQLite was found.
    has_sqlite: bool,
}

/// Whether a file of this path, in lower case, may name drivers.
pub(crate) fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    MANIFESTS.contains(&name) || name.starts_with("requirements") && name.ends_with(".txt")
}

impl DialectVotes {
    /// Counts a source of schemas.
    pub fn add_source(&mut self, path: &str, text: &str) {
        let lower = path.to_lowercase();
        let dialect = if lower.ends_with(".prisma") {
            provider(text)
        } else if lower.ends_with(".sql") {
            dialect_of(text)
        } else {
            None
        };
        self.count(dialect, SOURCE);
    }

    /// Counts a file of SQLite.
    pub fn add_sqlite_file(&mut self) {
        self.has_sqlite = true;
    }

    /// Counts the drivers that a manifest names, each dialect once.
    pub fn add_manifest(&mut self, text: &str) {
        let lower = text.to_lowercase();
        let is_part = |c: char| c.is_alphanumeric() || "-_/".contains(c);
        let words: Vec<&str> = lower.split(|c| !is_part(c)).collect();
        let is_named = |driver: &&str| -> bool {
            words
                .iter()
                .any(|word| word == driver || word.rsplit('/').next() == Some(driver))
        };
        for (dialect, drivers) in DRIVERS {
            let names_one = drivers.iter().any(is_named);
            match dialect {
                SqlDialect::Sqlite => self.has_sqlite |= names_one,
                _ => self.count(names_one.then_some(*dialect), 1),
            }
        }
    }

    fn count(&mut self, dialect: Option<SqlDialect>, weight: usize) {
        if let Some(dialect) = dialect {
            self.counted[dialect as usize] += weight;
        }
    }

    /// The dialect that most speaks for; none where two are equal or nothing speaks for any.
    pub fn most(&self) -> Option<SqlDialect> {
        let most = self.counted.into_iter().max().unwrap_or(0);
        let mut best = SqlDialect::ALL
            .iter()
            .filter(|(_, dialect)| self.counted[*dialect as usize] == most);
        match (most, best.next(), best.next()) {
            (0, ..) => self.has_sqlite.then_some(SqlDialect::Sqlite),
            (_, Some((_, only)), None) => Some(*only),
            _ => None,
        }
    }
}

/// The database that a Prisma schema is for.
fn provider(text: &str) -> Option<SqlDialect> {
    let (_, source) = text.split_once("datasource")?;
    let (block, _) = source.split_once('}')?;
    let (_, after) = block.split_once("provider")?;
    let name = after.split('"').nth(1)?;
    match name {
        "postgresql" | "postgres" | "cockroachdb" => Some(SqlDialect::Postgres),
        "mysql" => Some(SqlDialect::MySql),
        "sqlite" => Some(SqlDialect::Sqlite),
        "sqlserver" => Some(SqlDialect::TSql),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Option<SqlDialect> {
        let mut votes = DialectVotes::default();
        for (path, text) in files {
            if is_manifest(path) {
                votes.add_manifest(text);
            } else {
                votes.add_source(path, text);
            }
        }
        votes.most()
    }

    #[test]
    fn sources_count_more_than_drivers_and_sqlite_least() {
        let driver = (
            "package.json",
            r#"{"dependencies": {"mysql2": "^3", "sqlite3": "5"}}"#,
        );
        assert_eq!(of(&[driver]), Some(SqlDialect::MySql));
        let source = ("db/a.sql", "CREATE TABLE a (b serial, c timestamptz)");
        assert_eq!(of(&[driver, source]), Some(SqlDialect::Postgres));
        let tests = ("requirements-dev.txt", "pytest\nsqlite3==1\n");
        assert_eq!(of(&[tests]), Some(SqlDialect::Sqlite));
        assert_eq!(of(&[("a.sql", "CREATE TABLE a (b INTEGER)")]), None);
        let own = ("db/b.sql", "CREATE TABLE a (b INTEGER) WITHOUT ROWID");
        assert_eq!(of(&[driver, own]), Some(SqlDialect::Sqlite));
    }

    #[test]
    fn two_drivers_decide_nothing() {
        let both = (
            "pyproject.toml",
            "dependencies = [\"psycopg[binary]\", \"PyMySQL>=1\"]",
        );
        assert_eq!(of(&[both]), None);
    }

    #[test]
    fn prisma_names_its_provider() {
        let text = "datasource db {\n  provider = \"sqlserver\"\n  url = env(\"URL\")\n}";
        assert_eq!(
            of(&[("prisma/schema.prisma", text)]),
            Some(SqlDialect::TSql)
        );
        assert_eq!(provider("generator x { provider = \"rust\" }"), None);
    }

    #[test]
    fn go_modules_and_parts_of_words() {
        let module = (
            "go.mod",
            "require github.com/jackc/pgx v5\nrequire x/pgutils v1",
        );
        assert_eq!(of(&[module]), Some(SqlDialect::Postgres));
        assert_eq!(of(&[("Cargo.toml", "pgrx-utils = \"1\"")]), None);
    }
}
