//! The tables of a case, as SQLite itself reads its CREATE statements.
//!
//! Only CREATE TABLE, VIEW and INDEX are run, on a database in memory; all else in a schema is
//! passed over, so that no file can be touched. The statements on
//! a database may take a bounded number of steps.

use super::lex::{SqlToken, tokens_until};
use data::Schema;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// How many instructions of SQLite lie between two checks of how many there were.
const STEPS_A_CHECK: i32 = 10_000;
/// After so many checks the statements on a database are given up: 30 million instructions.
const MAX_CHECKS: u32 = 3_000;

/// A column of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct TableColumn {
    /// Its name.
    pub(super) name: String,
    /// Its type in capitals, as it is written.
    pub(super) declared: String,
    /// Whether it may be NULL.
    pub(super) is_nullable: bool,
    /// Whether it belongs to the primary key.
    pub(super) is_key: bool,
    /// Whether no two rows may share its value.
    pub(super) is_unique: bool,
    /// All values that it may have, where the schema lists them.
    pub(super) values: Vec<String>,
}

/// A reference from a column to a column of another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TableLink {
    /// The column here.
    pub(super) from: usize,
    /// The table there.
    pub(super) table: usize,
    /// The column there.
    pub(super) to: usize,
}

/// A table or view.
#[derive(Clone, Debug, Default)]
pub(super) struct TableFacts {
    /// Its name.
    pub(super) name: String,
    /// Its columns in order; those that are computed are left out.
    pub(super) columns: Vec<TableColumn>,
    /// Its references, in the order in which they are written.
    pub(super) links: Vec<TableLink>,
    /// The query of a view.
    pub(super) view: Option<String>,
    /// The statements that make the table and its indexes.
    statements: Vec<String>,
}

impl TableFacts {
    /// The place of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        let is = |column: &TableColumn| column.name.eq_ignore_ascii_case(name);
        self.columns.iter().position(is)
    }
}

/// The tables of a schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// The tables and views in the order in which they are defined.
    pub(super) list: Vec<TableFacts>,
}

impl Tables {
    /// Reads a schema.
    ///
    /// # Errors
    /// A sentence if SQLite refuses one of its statements.
    pub(super) fn read(schema: &str) -> Result<Self, String> {
        let connection = with_statements(&definitions(schema))?;
        let list = facts(&connection).map_err(|error| format!("schema: {error}"))?;
        let mut tables = Self { list };
        let file = ("schema.sql".to_owned(), schema.as_bytes().to_vec());
        tables.add_values(&data::find::in_files(vec![file]));
        Ok(tables)
    }

    /// An empty database with all tables.
    ///
    /// # Errors
    /// A sentence if SQLite refuses one of the statements.
    pub(super) fn database(&self) -> Result<Connection, String> {
        with_statements(self.list.iter().flat_map(|table| &table.statements))
    }

    /// An empty database with some of the tables.
    ///
    /// # Errors
    /// A sentence if SQLite refuses one of the statements.
    pub(super) fn database_of(&self, tables: &BTreeSet<usize>) -> Result<Connection, String> {
        let wanted = tables.iter().map(|table| &self.list[*table]);
        with_statements(wanted.flat_map(|table| &table.statements))
    }

    /// The place of a table.
    pub(super) fn table(&self, name: &str) -> Option<usize> {
        let is = |table: &TableFacts| table.name.eq_ignore_ascii_case(name);
        self.list.iter().position(is)
    }

    fn add_values(&mut self, schema: &Schema) {
        for table in &mut self.list {
            let Some(read) = schema.table(&table.name) else {
                continue;
            };
            for column in &mut table.columns {
                if let Some(found) = read.column(&column.name) {
                    column.values.clone_from(&found.values);
                }
                column.is_unique |= read.is_unique(&column.name);
            }
        }
    }
}

/// A database in memory in which some statements were run.
fn with_statements<'a>(
    statements: impl IntoIterator<Item = &'a String>,
) -> Result<Connection, String> {
    let connection = in_memory().map_err(|error| format!("SQLite does not start: {error}"))?;
    for statement in statements {
        let ran = connection.execute_batch(statement);
        ran.map_err(|error| format!("schema: {error} in: {}", head(statement)))?;
    }
    Ok(connection)
}

/// The first words of a statement, for messages.
fn head(statement: &str) -> String {
    statement.chars().take(60).collect()
}

/// An empty database in memory that does not check references.
fn in_memory() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch("PRAGMA foreign_keys = OFF")?;
    Ok(connection)
}

/// Ends what a database does after a number of steps, all its statements together.
///
/// # Errors
/// That of SQLite.
pub(super) fn limit_steps(connection: &mut Connection) -> rusqlite::Result<()> {
    let mut checks = 0;
    let is_over = move || {
        checks += 1;
        checks > MAX_CHECKS
    };
    connection.progress_handler(STEPS_A_CHECK, Some(is_over))
}

/// The statements of a schema that define something to read, without those that do anything else.
fn definitions(schema: &str) -> Vec<String> {
    let tokens = tokens_until(schema, usize::MAX);
    let mut statements = Vec::new();
    for statement in tokens.split(|token| token.is_sign(";")) {
        if is_definition(statement) {
            let range = statement[0].start..statement[statement.len() - 1].end;
            statements.push(schema[range].to_owned());
        }
    }
    statements
}

fn is_definition(statement: &[SqlToken]) -> bool {
    let mut words = statement.iter();
    if !words.next().is_some_and(|word| word.is("create")) {
        return false;
    }
    let kind = words.find(|word| !word.is_any(&["unique", "temp", "temporary"]));
    kind.is_some_and(|kind| kind.is_any(&["table", "view", "index"]))
}

fn facts(connection: &Connection) -> rusqlite::Result<Vec<TableFacts>> {
    let mut list = Vec::new();
    let mut query = connection.prepare(
        "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') \
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (name, kind): (String, String) = (row.get(0)?, row.get(1)?);
        list.push(TableFacts {
            columns: columns(connection, &name)?,
            view: (kind == "view").then(|| row.get(2)).transpose()?,
            links: Vec::new(),
            statements: statements(connection, &name)?,
            name,
        });
    }
    for at in 0..list.len() {
        list[at].links = links(connection, &list, at)?;
    }
    Ok(list)
}

/// The statements of a table and its indexes.
fn statements(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = connection.prepare(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 AND sql NOTNULL ORDER BY rowid",
    )?;
    query.query_map([table], |row| row.get(0))?.collect()
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<TableColumn>> {
    let mut query = connection.prepare(
        "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?1) WHERE hidden = 0",
    )?;
    let column = |row: &rusqlite::Row<'_>| {
        let is_key = row.get::<_, i64>(3)? > 0;
        Ok(TableColumn {
            name: row.get(0)?,
            declared: row.get::<_, String>(1)?.to_uppercase(),
            is_nullable: row.get::<_, i64>(2)? == 0 && !is_key,
            is_key,
            ..TableColumn::default()
        })
    };
    let mut columns: Vec<TableColumn> = query
        .query_map([table], column)?
        .collect::<Result<_, _>>()?;
    if columns.iter().filter(|column| column.is_key).count() == 1 {
        for column in &mut columns {
            column.is_unique = column.is_key;
        }
    }
    Ok(columns)
}

/// The references of a table whose other end is known.
fn links(
    connection: &Connection,
    list: &[TableFacts],
    at: usize,
) -> rusqlite::Result<Vec<TableLink>> {
    let mut query = connection.prepare(
        "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq",
    )?;
    let mut rows = query.query([&list[at].name])?;
    let mut links = Vec::new();
    while let Some(row) = rows.next()? {
        let (from, table): (String, String) = (row.get(0)?, row.get(1)?);
        let to: Option<String> = row.get(2)?;
        let is = |other: &TableFacts| other.name.eq_ignore_ascii_case(&table);
        let Some(table) = list.iter().position(is) else {
            continue;
        };
        let to = match &to {
            Some(name) => list[table].column(name),
            None => list[table].columns.iter().position(|column| column.is_key),
        };
        if let Some((from, to)) = list[at].column(&from).zip(to) {
            links.push(TableLink { from, table, to });
        }
    }
    Ok(links)
}
