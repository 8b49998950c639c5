//! Joins what several sources say of the same tables.
//!
//! What a database says of itself comes first, then migrations, then models. Later sources add
//! columns, comments and values that are missing, so that no name that one of them has is unknown.
//! Where they contradict each other, the first one counts and a note says so.

use super::builder::{MAX_NOTES, OpenChange};
use super::change::{SchemaChange, TableKey};
use super::parts::{MAX_COLUMNS, add_key};
use super::{Column, Origin, Schema, SchemaNote, Table, TypeKind, same};
use crate::readers::Unit;
use std::collections::{HashMap, HashSet};

/// Folders whose schemas are not those of the program.
const ASIDE: &[&str] = &[
    "test",
    "tests",
    "testing",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "example",
    "examples",
    "sample",
    "samples",
    "doc",
    "docs",
    "demo",
    "bench",
    "benches",
    "testdata",
    "test_data",
    "e2e",
];
/// How far sources in such folders come after the others.
const ASIDE_RANK: u8 = 10;

/// The schema of all units.
pub(crate) fn merge(units: Vec<Unit>, notes: Vec<SchemaNote>) -> Schema {
    let mut joined = Joined {
        schema: Schema {
            notes,
            ..Schema::default()
        },
        by_name: HashMap::new(),
    };
    let mut finished: Vec<_> = units
        .into_iter()
        .map(|mut unit| {
            let (tables, source) = unit.finish();
            let is_aside = source.paths.first().is_some_and(|path| is_aside(path));
            let rank = unit.rank + if is_aside { ASIDE_RANK } else { 0 };
            let variant = source.paths.first().map_or(0, |path| variant(path));
            ((rank, variant), tables, source, unit)
        })
        .collect();
    finished.sort_by(|a, b| (a.0, &a.2.paths).cmp(&(b.0, &b.2.paths)));
    let mut open = Vec::new();
    for (_, tables, source, unit) in finished {
        if !tables.is_empty() {
            joined.schema.sources.push(source);
        }
        for table in tables {
            joined.add(table);
        }
        joined.schema.notes_left_out += unit.builder.notes_left_out;
        for note in unit.builder.notes {
            joined.push_note(note);
        }
        open.extend(unit.builder.open);
    }
    joined.close(open);
    let mut schema = joined.schema;
    schema
        .tables
        .sort_by_cached_key(|table| table.name.to_string().to_lowercase());
    schema
}

/// Words in paths for one dialect each, those whose types say most first.
const VARIANTS: &[(&str, &[&str])] = &[
    ("PostgreSQL", &["postgres", "pgsql", "psql"]),
    ("MySQL", &["mysql", "mariadb"]),
    ("SQLite", &["sqlite"]),
    ("SQL Server", &["mssql", "sqlserver", "sqlsrv", "sqlazure"]),
    ("Oracle", &["oracle"]),
    ("H2", &["h2", "hsqldb", "derby"]),
];

/// The dialect that a path names, if a schema has a variant for each: its place in the order of
/// belief.
pub(crate) fn variant(path: &str) -> usize {
    let lower = path.to_lowercase();
    let end = lower
        .rfind('/')
        .map_or(0, |at| lower[..at].rfind('/').map_or(0, |at| at + 1));
    let words = || lower[end..].split(|c: char| !c.is_alphanumeric());
    let names = |of: &[&str]| {
        words().any(|word| {
            of.contains(&word) || of.iter().any(|name| name.len() > 4 && word.contains(name))
        })
    };
    let found = VARIANTS.iter().position(|(_, of)| names(of));
    found.map_or(0, |at| at + 1)
}

/// Whether a path has a folder of tests or examples.
fn is_aside(path: &str) -> bool {
    let lower = path.to_lowercase();
    lower
        .rsplit('/')
        .skip(1)
        .any(|folder| ASIDE.contains(&folder))
}

struct Joined {
    schema: Schema,
    by_name: HashMap<String, Vec<usize>>,
}

impl Joined {
    fn push_note(&mut self, note: SchemaNote) {
        if self.schema.notes.len() < MAX_NOTES {
            self.schema.notes.push(note);
        } else {
            self.schema.notes_left_out += 1;
        }
    }

    fn note(&mut self, at: &Origin, message: String, is_gap: bool) {
        self.push_note(SchemaNote {
            at: at.clone(),
            message,
            is_gap,
        });
    }

    fn place(&self, table: &super::TableName) -> Option<usize> {
        let named = self.by_name.get(&table.name.to_lowercase())?;
        named
            .iter()
            .copied()
            .find(|at| self.schema.tables[*at].name.fits(table))
    }

    /// Adds a table, or what it says more than the one of its name.
    fn add(&mut self, table: Table) {
        let Some(at) = self.place(&table.name) else {
            let named = self.by_name.entry(table.name.name.to_lowercase());
            named.or_default().push(self.schema.tables.len());
            self.schema.tables.push(table);
            return;
        };
        let known = &self.schema.tables[at];
        if !may_be_one(known, &table) {
            let message = format!(
                "another table `{}` than that of {}: not joined with it",
                table.name, known.defined
            );
            self.note(&table.defined, message, false);
            return;
        }
        let mut notes = Vec::new();
        join(&mut self.schema.tables[at], table, &mut notes);
        for (at, message) in notes {
            self.note(&at, message, false);
        }
    }

    /// Does the changes of tables that their own source does not have.
    fn close(&mut self, open: Vec<OpenChange>) {
        let mut unknown = HashSet::new();
        for OpenChange { change, at } in open {
            let Some(table) = change.needs() else {
                continue;
            };
            match self.place(table) {
                Some(place) => {
                    if let Some(why) = close(&mut self.schema.tables[place], change, &at) {
                        self.note(&at, why, false);
                    }
                }
                None if unknown.insert((table.clone(), at.path.clone())) => {
                    let message = format!("a change of `{table}`, which no source defines");
                    self.note(&at, message, true);
                }
                None => {}
            }
        }
    }
}

/// Whether two tables of one name share enough columns to be one.
pub(crate) fn may_be_one(known: &Table, table: &Table) -> bool {
    let columns = table.columns.iter();
    let shared = columns
        .filter(|column| known.column(&column.name).is_some())
        .count();
    shared * 2 >= known.columns.len().min(table.columns.len())
}

/// Adds what another source says of a table.
pub(crate) fn join(known: &mut Table, other: Table, notes: &mut Vec<(Origin, String)>) {
    let name = known.name.clone();
    known.comment = known.comment.take().or(other.comment);
    let first = known.defined.clone();
    let was_complete = known.is_complete;
    for column in other.columns {
        let is_full = known.columns.len() >= MAX_COLUMNS;
        match known.column_mut(&column.name) {
            Some(known) => join_column(known, column, &name.to_string(), notes),
            None if !is_full => {
                if was_complete {
                    let message = format!(
                        "`{}` of `{name}` is only here, not in {first}: added",
                        column.name
                    );
                    notes.push((column.defined.clone(), message));
                }
                known.columns.push(column);
            }
            None => known.is_complete = false,
        }
    }
    known.is_complete |= other.is_complete;
    if known.primary_key.is_empty() {
        known.primary_key = other.primary_key;
    }
    let equal =
        |a: &[String], b: &[String]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    for key in other.uniques {
        let is_new = !known
            .uniques
            .iter()
            .any(|known| equal(&known.columns, &key.columns))
            && !equal(&known.primary_key, &key.columns);
        if is_new {
            known.uniques.push(key);
        }
    }
    for key in other.foreign_keys {
        if !known
            .foreign_keys
            .iter()
            .any(|known| equal(&known.columns, &key.columns))
        {
            known.foreign_keys.push(key);
        }
    }
    for index in other.indexes {
        let is_known = known
            .indexes
            .iter()
            .any(|known| equal(&known.columns, &index.columns))
            || known
                .uniques
                .iter()
                .any(|known| equal(&known.columns, &index.columns));
        if !is_known {
            known.indexes.push(index);
        }
    }
}

fn join_column(known: &mut Column, other: Column, table: &str, notes: &mut Vec<(Origin, String)>) {
    let is_variant = variant(&known.defined.path) != variant(&other.defined.path);
    if let (Some(a), Some(b)) = (&known.data_type, &other.data_type)
        && contradict(a.kind, b.kind)
        && !is_variant
    {
        let message = format!(
            "`{}` of `{table}` is `{}` here, but `{}` in {}",
            known.name, b.written, a.written, known.defined
        );
        notes.push((other.defined.clone(), message));
    }
    if known.data_type.is_none() {
        known.data_type = other.data_type;
    }
    if known.values.is_empty() {
        known.values = other.values;
    }
    known.comment = known.comment.take().or(other.comment);
    known.default = known.default.take().or(other.default);
    known.is_identity |= other.is_identity;
}

/// Whether two kinds cannot be the same column: databases without a type store it as text or as a
/// number.
fn contradict(a: TypeKind, b: TypeKind) -> bool {
    let group = |kind: TypeKind| match kind {
        TypeKind::Boolean
        | TypeKind::SmallInt
        | TypeKind::Integer
        | TypeKind::BigInt
        | TypeKind::Decimal
        | TypeKind::Real
        | TypeKind::Double => Some(0),
        TypeKind::Date | TypeKind::Time | TypeKind::Timestamp => Some(1),
        TypeKind::Text | TypeKind::Enum => Some(2),
        _ => None,
    };
    matches!((group(a), group(b)), (Some(a), Some(b)) if a != b && a + b != 3)
}

/// Does a change of a table from another source, as far as that one does not have it already.
fn close(table: &mut Table, change: SchemaChange, at: &Origin) -> Option<String> {
    let name = table.name.clone();
    match change {
        SchemaChange::AddColumn { mut column, .. } => {
            if table.column(&column.name).is_some() || table.columns.len() >= MAX_COLUMNS {
                return None;
            }
            let message = format!("`{}` of `{name}` is only added here: added", column.name);
            column.defined = at.clone();
            table.columns.push(*column);
            table.changed = Some(at.clone());
            Some(message)
        }
        SchemaChange::DropColumn { column, .. } => {
            let message = format!("`{column}` of `{name}` is dropped here, but defined: kept");
            table.column(&column).map(|_| message)
        }
        SchemaChange::RenameColumn { from, to, .. } => {
            let message = format!("`{from}` of `{name}` becomes `{to}` here, but is defined: kept");
            (table.column(&to).is_none() && table.column(&from).is_some()).then_some(message)
        }
        SchemaChange::Comment { column, text, .. } => {
            match column {
                Some(column) => {
                    let column = table.column_mut(&column)?;
                    column.comment = column.comment.take().or(text);
                }
                None => table.comment = table.comment.take().or(text),
            }
            None
        }
        SchemaChange::AddKey { key, .. } => {
            let is_known = match &key {
                TableKey::Primary(..) => !table.primary_key.is_empty(),
                TableKey::Unique(key) => table
                    .uniques
                    .iter()
                    .any(|known| known.columns == key.columns),
                TableKey::Foreign(key) => table
                    .foreign_keys
                    .iter()
                    .any(|known| known.columns == key.columns),
                TableKey::Index(key) => table
                    .indexes
                    .iter()
                    .any(|known| known.columns == key.columns),
                TableKey::Values { column, .. } => table
                    .column(column)
                    .is_none_or(|column| !column.values.is_empty()),
            };
            if is_known {
                None
            } else {
                add_key(table, key).err()
            }
        }
        SchemaChange::Drop { .. } => Some(format!("`{name}` is dropped here, but defined: kept")),
        _ => None,
    }
}
