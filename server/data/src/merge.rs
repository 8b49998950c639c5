//! Joins what several sources say of the same tables.
//!
//! What a database says of itself comes first, then migrations, then models. Later sources add
//! columns, comments and values that are missing, so that every name of any source is known.
//! Where they contradict each other, the first one counts and a note says so.

use crate::aside::is_aside;
use crate::readers::Unit;
use crate::schema::builder::{MAX_NOTES, OpenChange};
use crate::schema::change::{SchemaChange, TableKey};
use crate::schema::join::{join, may_be_one};
use crate::schema::parts::{MAX_COLUMNS, add_key, copy_columns};
use crate::schema::variant::variant;
use crate::schema::{Origin, Schema, SchemaNote, SchemaSource, SqlTable, TableName, same};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// How far sources in folders of tests and the like come after the others.
const ASIDE_RANK: u8 = 10;

/// A unit with its rank and variant, its tables, and what it is.
type Finished = ((u8, usize), Vec<SqlTable>, SchemaSource, Unit);

/// The names of the tables that a unit has or changes, in lower case, each with where that is.
fn named((_, tables, _, unit): &Finished) -> Vec<(String, Origin)> {
    let own = tables.iter().map(|table| (&table.name, &table.defined));
    let open = unit.builder.open.iter();
    let open = open.filter_map(|open| Some((open.change.needs()?, &open.at)));
    let lower = |(name, at): (&TableName, &Origin)| (name.name.to_lowercase(), at.clone());
    own.chain(open).map(lower).collect()
}

/// Leaves out units whose tables another kind of source describes better, with a note for each.
fn leave_out(finished: &mut Vec<Finished>, joined: &mut Joined) {
    let mut known: HashSet<(&'static str, String)> = HashSet::new();
    for (_, tables, source, _) in finished
        .iter()
        .filter(|(.., unit)| unit.yields_to.is_none())
    {
        let names = tables.iter().map(|table| table.name.name.to_lowercase());
        known.extend(names.map(|name| (source.kind, name)));
    }
    finished.retain(|one| {
        let (_, _, source, unit) = one;
        let Some(kind) = unit.yields_to else {
            return true;
        };
        let named = named(one);
        let is_known = |name: &String| known.contains(&(kind, name.clone()));
        let has_models = named.is_empty() && known.iter().any(|(of, _)| *of == kind);
        let note = unit.builder.notes.first().filter(|_| has_models);
        let first = named
            .into_iter()
            .find_map(|(name, at)| is_known(&name).then_some(at))
            .or_else(|| note.map(|note| note.at.clone()));
        if let Some(at) = &first {
            let own = source.kind;
            let message = format!("{own} are not used: {kind} models say what they lead to");
            joined.note(at, message, false);
        }
        first.is_none()
    });
}

/// The schema of all units.
pub(crate) fn merge(units: Vec<Unit>, notes: Vec<SchemaNote>) -> Schema {
    let mut joined = Joined {
        schema: Schema {
            notes,
            ..Schema::default()
        },
        by_name: HashMap::new(),
    };
    let mut finished: Vec<Finished> = units
        .into_iter()
        .map(|mut unit| {
            let (tables, source) = unit.finish();
            let is_other = source.paths.first().is_some_and(|path| has_aside(path));
            let rank = unit.rank + if is_other { ASIDE_RANK } else { 0 };
            let variant = source.paths.first().map_or(0, |path| variant(path));
            ((rank, variant), tables, source, unit)
        })
        .collect();
    leave_out(&mut finished, &mut joined);
    finished.sort_by(|a, b| (a.0, &a.2.paths).cmp(&(b.0, &b.2.paths)));
    let (mut open, mut others) = (Vec::new(), Vec::new());
    for (_, tables, source, unit) in finished {
        match tables.is_empty() {
            true => others.push((source.kind, paths_of(&unit.builder.open))),
            false => joined.schema.sources.push(source),
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
    let changed = joined.close(open);
    for (kind, mut paths) in others {
        paths.retain(|path| changed.contains(path));
        if !paths.is_empty() {
            joined.schema.sources.push(SchemaSource {
                kind,
                paths: paths.into_iter().collect(),
                tables: 0,
            });
        }
    }
    joined.type_references();
    let mut schema = joined.schema;
    schema
        .tables
        .sort_by_cached_key(|table| table.name.to_string().to_lowercase());
    schema
}

/// The files of changes.
fn paths_of(open: &[OpenChange]) -> BTreeSet<Arc<str>> {
    open.iter().map(|open| Arc::clone(&open.at.path)).collect()
}

/// Whether a path has a folder of tests or examples.
fn has_aside(path: &str) -> bool {
    path.to_lowercase().rsplit('/').skip(1).any(is_aside)
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

    /// Gives a view the columns of a table that another source has.
    fn copy(&mut self, view: &TableName, from: &TableName, place: usize) {
        let Some((view, from)) = self.place(view).zip(self.place(from)) else {
            return;
        };
        let from = self.schema.tables[from].clone();
        copy_columns(&mut self.schema.tables[view], &from, place);
    }

    /// Does the changes of tables that their own source does not have. Gives the files of those
    /// that changed something.
    fn close(&mut self, open: Vec<OpenChange>) -> HashSet<Arc<str>> {
        let (mut unknown, mut changed) = (HashSet::new(), HashSet::new());
        for OpenChange { change, at } in open {
            if let SchemaChange::CopyColumns { table, from, place } = &change {
                self.copy(table, from, *place);
                continue;
            }
            let Some(table) = change.needs() else {
                continue;
            };
            match self.place(table) {
                Some(place) => {
                    let closed = close(&mut self.schema.tables[place], change, &at);
                    if closed.is_change {
                        changed.insert(Arc::clone(&at.path));
                    }
                    if let Some(why) = closed.note {
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
        changed
    }
}

/// What came of a change.
#[derive(Default)]
struct Closed {
    is_change: bool,
    note: Option<String>,
}

impl Closed {
    fn noted(note: impl Into<Option<String>>) -> Self {
        Self {
            is_change: false,
            note: note.into(),
        }
    }

    fn changed(note: Option<String>) -> Self {
        Self {
            is_change: true,
            note,
        }
    }
}

/// Does a change of a table from another source, as far as that one does not have it already.
fn close(table: &mut SqlTable, change: SchemaChange, at: &Origin) -> Closed {
    let name = table.name.clone();
    match change {
        SchemaChange::AddColumn { mut column, .. } => {
            if table.column(&column.name).is_some() || table.columns.len() >= MAX_COLUMNS {
                return Closed::default();
            }
            let message = format!("`{}` of `{name}` is only added here: added", column.name);
            column.defined = at.clone();
            table.columns.push(*column);
            table.changed = Some(at.clone());
            Closed::changed(Some(message))
        }
        SchemaChange::DropColumn { column, .. } => {
            let message = format!("`{column}` of `{name}` is dropped here, but defined: kept");
            Closed::noted(table.column(&column).map(|_| message))
        }
        SchemaChange::RenameColumn { from, to, .. } => {
            let message = format!("`{from}` of `{name}` becomes `{to}` here, but is defined: kept");
            let is_older = table.column(&to).is_none() && table.column(&from).is_some();
            // Which of the two names is right today is not known.
            table.is_complete &= !is_older;
            Closed::noted(is_older.then_some(message))
        }
        SchemaChange::Comment { column, text, .. } => {
            let known = match column {
                Some(column) => table.column_mut(&column).map(|column| &mut column.comment),
                None => Some(&mut table.comment),
            };
            match known {
                Some(known) if known.is_none() && text.is_some() => {
                    *known = text;
                    Closed::changed(None)
                }
                _ => Closed::default(),
            }
        }
        SchemaChange::AddKey { key, .. } if has_key(table, &key) => Closed::default(),
        SchemaChange::AddKey { key, .. } => match add_key(table, key) {
            Ok(()) => Closed::changed(None),
            Err(why) => Closed::noted(why),
        },
        SchemaChange::Drop { .. } => {
            Closed::noted(format!("`{name}` is dropped here, but defined: kept"))
        }
        _ => Closed::default(),
    }
}

/// Whether a table has a key of the same kind on the same columns.
fn has_key(table: &SqlTable, key: &TableKey) -> bool {
    match key {
        TableKey::Primary(..) => !table.primary_key.is_empty(),
        TableKey::Unique(key) => {
            let mut known = table.uniques.iter();
            known.any(|known| known.columns == key.columns)
        }
        TableKey::Foreign(key) => {
            let mut known = table.foreign_keys.iter();
            known.any(|known| known.columns == key.columns)
        }
        TableKey::Index(key) => {
            let mut known = table.indexes.iter();
            known.any(|known| known.columns == key.columns)
        }
        TableKey::Values { column, .. } => {
            let known = table.column(column);
            known.is_none_or(|column| !column.values.is_empty())
        }
    }
}
