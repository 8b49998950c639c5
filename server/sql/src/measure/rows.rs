//! Rows of results, and when two results say the same.
//!
//! Columns may be in another order. Rows are compared as a bag, or in the order that the known
//! statement asks for. Numbers are equal to nine digits, whole or not.

use super::cases::ShownColumns;
use super::chosen::{self, Cell, Row};
use super::ordered::{KeyColumn, KeyedStatement};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

/// More rows than this are not read.
const MAX_ROWS: usize = 5_000;
/// How many orders of columns are tried.
const MAX_ORDERS: usize = 720;

/// The rows of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ResultRows {
    pub(super) width: usize,
    pub(super) rows: Vec<Row>,
}

/// Rows with what they are ordered by.
#[derive(Clone, Debug, Default)]
pub(super) struct OrderedRows {
    /// All rows, without LIMIT, in order: the values and the key.
    rows: Vec<(Row, Row)>,
}

/// Whether a statement only reads, as its first word and SQLite say.
fn reads_only(statement: &Statement<'_>, sql: &str) -> bool {
    let first = super::lex::tokens(sql);
    let is_query = first.iter().find(|token| !token.is_sign("("));
    statement.readonly() && is_query.is_some_and(|word| word.is_any(&["select", "with", "values"]))
}

/// Whether SQLite accepts a statement that only reads.
pub(super) fn prepares(connection: &Connection, sql: &str) -> bool {
    let prepared = connection.prepare(sql);
    prepared.is_ok_and(|statement| reads_only(&statement, sql) && statement.parameter_count() == 0)
}

/// Runs a statement that only reads.
///
/// # Errors
/// That of SQLite, too many steps, or too many rows.
pub(super) fn run(connection: &Connection, sql: &str) -> Result<ResultRows, String> {
    let mut statement = connection.prepare(sql).map_err(|error| error.to_string())?;
    if !reads_only(&statement, sql) {
        return Err("it does more than read".into());
    }
    collect(&mut statement).map_err(|error| error.to_string())
}

fn collect(statement: &mut Statement<'_>) -> rusqlite::Result<ResultRows> {
    let width = statement.column_count();
    let mut found = ResultRows {
        width,
        rows: Vec::new(),
    };
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if found.rows.len() == MAX_ROWS {
            return Err(rusqlite::Error::QueryReturnedMoreThanOneRow);
        }
        let cells = (0..width).map(|at| row.get_ref(at).map(cell));
        found.rows.push(cells.collect::<Result<_, _>>()?);
    }
    Ok(found)
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => "null".into(),
        ValueRef::Integer(number) => number_cell(number as f64),
        ValueRef::Real(number) => number_cell(number),
        ValueRef::Text(text) => format!("'{}", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => format!("x{bytes:?}"),
    }
}

fn number_cell(number: f64) -> Cell {
    // Zero has one sign only.
    format!("{:.8e}", number + 0.0)
}

impl ResultRows {
    /// Whether these rows decide nothing: there are none, or all is zero or NULL.
    pub(super) fn is_blank(&self) -> bool {
        let zero = number_cell(0.0);
        let mut cells = self.rows.iter().flatten();
        cells.all(|cell| cell == "null" || *cell == zero)
    }

    /// Whether other rows say the same as these, which have an order.
    pub(super) fn says(&self, other: &Self, order: &RowOrder, columns: ShownColumns) -> bool {
        match columns {
            ShownColumns::All => self.says_all(other, order),
            ShownColumns::Some => self.says_some(other, order),
        }
    }

    /// All rows that another result may show: more than these where LIMIT cuts.
    fn source<'a>(&'a self, order: &'a RowOrder) -> Vec<&'a Row> {
        match order {
            RowOrder::Keys(ordered) => ordered.rows.iter().map(|(row, _)| row).collect(),
            RowOrder::Any | RowOrder::AsIs => self.rows.iter().collect(),
        }
    }

    fn says_all(&self, other: &Self, order: &RowOrder) -> bool {
        if self.width != other.width || self.rows.len() != other.rows.len() {
            return false;
        }
        let orders = column_orders(self, other);
        orders.iter().any(|columns| {
            let moved: Vec<Row> = other.rows.iter().map(|row| moved(row, columns)).collect();
            match order {
                RowOrder::Any => same_bag(&self.rows, &moved),
                RowOrder::AsIs => self.rows == moved,
                RowOrder::Keys(ordered) => ordered.fits(&moved),
            }
        })
    }

    /// Whether other rows are these with some of the columns.
    fn says_some(&self, other: &Self, order: &RowOrder) -> bool {
        let all: Vec<usize> = (0..self.width).collect();
        if self.width == other.width && self.shows(&all, other, order) {
            return true;
        }
        if other.width > self.width {
            return false;
        }
        let choices = chosen::column_choices(&self.source(order), self.width, &other.rows);
        choices
            .iter()
            .any(|columns| self.shows(columns, other, order))
    }

    /// Whether these columns are what the other shows. Without an order, rows that are then the
    /// same may be left out.
    fn shows(&self, columns: &[usize], other: &Self, order: &RowOrder) -> bool {
        let rows = || -> Vec<Row> { self.rows.iter().map(|row| moved(row, columns)).collect() };
        match order {
            RowOrder::Any => {
                same_bag(&rows(), &other.rows) || distinct(&rows()) == sorted(&other.rows)
            }
            RowOrder::AsIs => rows() == other.rows,
            RowOrder::Keys(ordered) => {
                self.rows.len() == other.rows.len() && ordered.moved(columns).fits(&other.rows)
            }
        }
    }
}

/// What order the rows of the known statement have.
#[derive(Clone, Debug)]
pub(super) enum RowOrder {
    /// None.
    Any,
    /// One that is known by its rows only.
    AsIs,
    /// One that leaves rows with equal keys free.
    Keys(OrderedRows),
}

fn moved(row: &Row, columns: &[usize]) -> Row {
    columns.iter().map(|at| row[*at].clone()).collect()
}

fn sorted(rows: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    rows
}

fn distinct(rows: &[Row]) -> Vec<Row> {
    let mut rows = sorted(rows);
    rows.dedup();
    rows
}

fn same_bag(one: &[Row], other: &[Row]) -> bool {
    sorted(one) == sorted(other)
}

/// The orders of the other's columns in which each holds the same values as ours.
fn column_orders(ours: &ResultRows, other: &ResultRows) -> Vec<Vec<usize>> {
    let values = |rows: &ResultRows, at: usize| {
        let mut values: Vec<Cell> = rows.rows.iter().map(|row| row[at].clone()).collect();
        values.sort_unstable();
        values
    };
    let theirs: Vec<Vec<Cell>> = (0..other.width).map(|at| values(other, at)).collect();
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for at in 0..ours.width {
        let own = values(ours, at);
        // Ties in a cut result may differ in their values: then the order stays.
        let fits: Vec<usize> = (0..other.width)
            .filter(|there| theirs[*there] == own)
            .collect();
        let fits = if fits.is_empty() { vec![at] } else { fits };
        let longer = orders.iter().flat_map(|order| {
            let free = fits.iter().filter(|there| !order.contains(there));
            free.map(|there| [&order[..], &[*there]].concat())
        });
        orders = longer.take(MAX_ORDERS).collect();
    }
    orders
}

impl OrderedRows {
    /// Runs a statement with its keys.
    ///
    /// # Errors
    /// A sentence if it does not run or a key is not in the result.
    pub(super) fn read(
        connection: &Connection,
        keyed: &KeyedStatement,
        width: usize,
    ) -> Result<Self, String> {
        let statement = connection
            .prepare(&keyed.sql)
            .map_err(|error| error.to_string())?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        drop(statement);
        let place = |key: &KeyColumn| match key {
            KeyColumn::Own(at) => Some(*at).filter(|at| *at < width),
            KeyColumn::Added(at) => Some(width + at),
            KeyColumn::Named(name) => names.iter().position(|own| own.eq_ignore_ascii_case(name)),
        };
        let places: Option<Vec<usize>> = keyed.keys.iter().map(place).collect();
        let places = places.ok_or("a key is not in the result")?;
        let found = run(connection, &keyed.sql)?;
        let split = |row: &Row| (row[..width].to_vec(), moved(row, &places));
        Ok(Self {
            rows: found.rows.iter().map(split).collect(),
        })
    }

    /// The same with other columns.
    fn moved(&self, columns: &[usize]) -> Self {
        let rows = self.rows.iter();
        let moved = rows.map(|(row, key)| (moved(row, columns), key.clone()));
        Self {
            rows: moved.collect(),
        }
    }

    /// Whether rows are the first of these, those with equal keys in any order.
    fn fits(&self, rows: &[Row]) -> bool {
        let mut at = 0;
        for group in self.rows.chunk_by(|one, next| one.1 == next.1) {
            let end = (at + group.len()).min(rows.len());
            if !is_within(&rows[at..end], group) {
                return false;
            }
            at = end;
        }
        at == rows.len()
    }
}

/// Whether all rows are in a group, each as often.
fn is_within(rows: &[Row], group: &[(Row, Row)]) -> bool {
    let mut left: Vec<&Row> = group.iter().map(|(row, _)| row).collect();
    rows.iter().all(|row| {
        let at = left.iter().position(|other| *other == row);
        at.map(|at| left.swap_remove(at)).is_some()
    })
}
