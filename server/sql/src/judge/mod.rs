//! Proves that a query prepares: an empty database in memory gets the schema, and SQLite compiles
//! the query against it.
//!
//! Nothing is ever stepped. An authorizer denies all but reading, and limits bound what compiling
//! may cost. A judge is built once for a schema and asked many times. It holds a connection, so
//! each thread has its own.

#[cfg(test)]
mod tests;

use data::{Schema, SqlDialect};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

/// The longest query that is compiled, in bytes.
const MAX_LENGTH: i32 = 100_000;
/// The longest program that a query may become.
const MAX_OPERATIONS: i32 = 250_000;

/// An empty database of a schema that queries are compiled against.
pub struct Judge {
    connection: Connection,
    failed: Vec<String>,
}

impl Judge {
    /// The judge of a schema. Tables that SQLite does not take are left out, see [`Self::failed`].
    ///
    /// # Errors
    /// If SQLite cannot open a database in memory or set its limits.
    pub fn new(schema: &Schema) -> Result<Self, rusqlite::Error> {
        let mut connection = Connection::open_in_memory()?;
        let sql = data::print::statements(schema, SqlDialect::Sqlite);
        let mut failed = Vec::new();
        if connection.execute_batch(&sql).is_err() {
            failed = one_by_one(&connection, &sql);
        }
        let limits = [
            (Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_LENGTH),
            (Limit::SQLITE_LIMIT_LENGTH, MAX_LENGTH),
            (Limit::SQLITE_LIMIT_VDBE_OP, MAX_OPERATIONS),
            (Limit::SQLITE_LIMIT_ATTACHED, 0),
            (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
            (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
        ];
        for (limit, value) in limits {
            connection.set_limit(limit, value)?;
        }
        connection.authorizer(Some(allow_reading))?;
        Ok(Self { connection, failed })
    }

    /// Statements of the schema that SQLite did not take, with the reason.
    pub fn failed(&self) -> &[String] {
        &self.failed
    }

    /// Whether a query of SQLite prepares.
    ///
    /// # Errors
    /// What SQLite says, in one sentence.
    pub fn prepares(&self, sql: &str) -> Result<(), String> {
        if sql.len() > MAX_LENGTH as usize {
            return Err(format!("the query is longer than {MAX_LENGTH} bytes"));
        }
        match self.connection.prepare(sql) {
            Ok(statement) if statement.column_count() == 0 => {
                Err("the statement returns nothing".into())
            }
            Ok(_) => Ok(()),
            Err(rusqlite::Error::SqlInputError { msg, .. }) => Err(msg),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Runs the statements of a script that failed as a whole, each by itself.
fn one_by_one(connection: &Connection, sql: &str) -> Vec<String> {
    let mut failed = Vec::new();
    for statement in sql.split(";\n") {
        if let Err(error) = connection.execute_batch(statement) {
            let first = statement.trim().lines().next().unwrap_or("");
            failed.push(format!("{first}: {error}"));
        }
    }
    failed
}

/// Lets a statement of SQLite read tables and call functions that touch no file, and denies all
/// else.
pub fn allow_reading(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        AuthAction::Function { function_name } => {
            let is_risky = ["load_extension", "readfile", "writefile", "edit"]
                .iter()
                .any(|risky| function_name.eq_ignore_ascii_case(risky));
            if is_risky {
                Authorization::Deny
            } else {
                Authorization::Allow
            }
        }
        _ => Authorization::Deny,
    }
}
