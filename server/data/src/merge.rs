//! Joins what several sources say of the same tables.
//!
//! What a database says of itself comes first, then migrations, then models. Later sources add
//! columns, comments and values that are missing, so that every name of any source is known.
//! Where they contradict each other, the first one counts and a note says so.

use crate::readers::Unit;
use crate::schema::builder::{MAX_NOTES, OpenChange};
use crate::schema::change::{SchemaChange, TableKey};
use crate::schema::join::{join, may_be_one};
use crate::schema::parts::{MAX_COLUMNS, add_key};
use crate::schema::variant::variant;
use crate::schema::{Origin, Schema, SchemaNote, SqlTable, TableName, same};
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
    joined.type_references();
    let mut schema = joined.schema;
    schema
        .tables
        .sort_by_cached_key(|table| table.name.to_string().to_lowercase());
    schema
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

    fn place(&self, table: &TableName) -> Option<usize> {
        let named = self.by_name.get(&table.name.to_lowercase())?;
        named
            .iter()
            .copied()
            .find(|at| self.schema.tables[*at].name.fits(table))
    }

    /// Adds a table, or what it says more than the one of its name.
    fn add(&mut self, table: SqlTable) {
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

    /// Columns without a type of their own have that of the column that they refer to.
    fn type_references(&mut self) {
        let mut found = Vec::new();
        for (at, table) in self.schema.tables.iter().enumerate() {
            for key in table
                .foreign_keys
                .iter()
                .filter(|key| key.columns.len() == 1)
            {
                let untyped = table.columns.iter().position(|column| {
                    same(&column.name, &key.columns[0]) && column.data_type.is_none()
                });
                let there = self
                    .place(&key.table)
                    .map(|place| &self.schema.tables[place]);
                let name = key.references.first();
                let name = name.or_else(|| there.and_then(|there| there.primary_key.first()));
                let target = there.zip(name).and_then(|(there, name)| there.column(name));
                let data_type = target.and_then(|column| column.data_type.clone());
                found.extend(
                    untyped
                        .zip(data_type)
                        .map(|(column, found)| (at, column, found)),
                );
            }
        }
        for (table, column, data_type) in found {
            self.schema.tables[table].columns[column].data_type = Some(data_type);
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

/// Does a change of a table from another source, as far as that one does not have it already.
fn close(table: &mut SqlTable, change: SchemaChange, at: &Origin) -> Option<String> {
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
