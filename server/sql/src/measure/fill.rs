//! Databases with made rows for a case: references hold, and what the statements name occurs.
//!
//! Six differ in size, in how many rows share a value, in NULLs and in letters. The same seed makes
//! the same rows.

use super::hints::Hints;
use super::random::Chance;
use super::tables::{TableFacts, Tables, limit_steps};
use super::values::{ColumnValues, Manner};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// How many databases are made for a case at a time.
pub(super) const DATABASES: u64 = 6;
/// The most rows of a table.
const MOST_ROWS: i64 = 30;
/// How often a row is tried, on average: keys of two columns may be taken.
const ATTEMPTS: i64 = 3;
/// The fewest.
const FEWEST_ROWS: i64 = 12;

/// A database filled for a case. `round` raises how often named values occur, and how many rows
/// refer to the same one.
///
/// # Errors
/// A sentence if SQLite refuses the schema.
pub(super) fn database(
    tables: &Tables,
    hints: &Hints,
    number: u64,
    round: u64,
) -> Result<Connection, String> {
    let mut connection = tables.database_of(&hints.tables)?;
    let limited = limit_steps(&mut connection);
    limited.map_err(|error| error.to_string())?;
    let is_odd = number % 2 == 1;
    let skews = [2, 4, 8];
    let manner = Manner {
        skew: if is_odd {
            skews[round.min(2) as usize]
        } else {
            1
        },
        rows: if is_odd { MOST_ROWS } else { FEWEST_ROWS },
        named: [0.5, 0.75, 0.95][round.min(2) as usize],
        is_narrow: number % 3 != 2,
        null: if number % 3 == 1 { 0.08 } else { 0.0 },
        other_case: if number.is_multiple_of(3) { 0.1 } else { 0.0 },
    };
    let mut filling = Filling {
        tables,
        hints,
        manner,
        chance: Chance::new(number + 1000 * round),
        columns: vec![Vec::new(); tables.list.len()],
    };
    let begun = connection.execute_batch("BEGIN");
    begun.map_err(|error| error.to_string())?;
    for table in order(tables, hints) {
        filling.fill(&connection, table)?;
    }
    let ended = connection.execute_batch("COMMIT");
    ended.map_err(|error| error.to_string())?;
    Ok(connection)
}

/// The tables of a case, those that others refer to first.
fn order(tables: &Tables, hints: &Hints) -> Vec<usize> {
    let is_table = |table: &usize| tables.list[*table].view.is_none();
    let mut left: Vec<usize> = hints.tables.iter().copied().filter(is_table).collect();
    let mut sorted = Vec::new();
    while !left.is_empty() {
        let is_ready = |table: &usize| {
            let mut parents = tables.list[*table].links.iter().map(|link| link.table);
            parents.all(|parent| parent == *table || !left.contains(&parent))
        };
        // Where references go round, the first is as good as any.
        let next = left.iter().position(is_ready).unwrap_or(0);
        sorted.push(left.remove(next));
    }
    sorted
}

struct Filling<'a> {
    tables: &'a Tables,
    hints: &'a Hints,
    manner: Manner,
    chance: Chance,
    /// The values of each column of each table that is filled.
    columns: Vec<Vec<Vec<Value>>>,
}

impl Filling<'_> {
    fn fill(&mut self, connection: &Connection, table: usize) -> Result<(), String> {
        let facts = &self.tables.list[table];
        self.columns[table] = vec![Vec::new(); facts.columns.len()];
        let makers: Vec<ColumnValues<'_>> = facts
            .columns
            .iter()
            .map(|column| ColumnValues::new(column, self.hints.of(&column.name), self.manner))
            .collect();
        let statement = insertion(facts);
        let mut insert = connection
            .prepare(&statement)
            .map_err(|error| format!("table {}: {error}", facts.name))?;
        let rows = if facts.links.is_empty() {
            self.manner.rows
        } else {
            MOST_ROWS
        };
        let mut row = 1;
        for _ in 0..rows * ATTEMPTS {
            let values = self.row(table, &makers, row);
            // A row that breaks a constraint of the table is left out.
            if insert.execute(params_from_iter(values.iter())) == Ok(1) {
                row += 1;
                for (column, value) in self.columns[table].iter_mut().zip(values) {
                    column.push(value);
                }
            }
            if row > rows {
                break;
            }
        }
        Ok(())
    }

    fn row(&mut self, table: usize, makers: &[ColumnValues<'_>], row: i64) -> Vec<Value> {
        let facts = &self.tables.list[table];
        let mut values = Vec::with_capacity(makers.len());
        for (column, maker) in makers.iter().enumerate() {
            let link = facts.links.iter().find(|link| link.from == column);
            if maker.is_null(link.is_some(), &mut self.chance) {
                values.push(Value::Null);
                continue;
            }
            let found = link.and_then(|link| self.parent_value(link.table, link.to));
            values.push(found.unwrap_or_else(|| maker.value(row, &mut self.chance)));
        }
        values
    }

    /// A value that a row of the other table has; in some databases few rows get most references.
    fn parent_value(&mut self, table: usize, column: usize) -> Option<Value> {
        let values = self.columns[table].get(column)?;
        let share = self.chance.share().powi(self.manner.skew);
        let found = values.get((share * values.len() as f64) as usize)?;
        (*found != Value::Null).then(|| found.clone())
    }
}

fn insertion(facts: &TableFacts) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let columns = facts.columns.iter().map(|column| quoted(&column.name));
    let columns: Vec<String> = columns.collect();
    let places = vec!["?"; columns.len()].join(", ");
    format!(
        "INSERT OR IGNORE INTO {} ({}) VALUES ({places})",
        quoted(&facts.name),
        columns.join(", ")
    )
}
