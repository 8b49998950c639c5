//! Applies changes one after another, as a database would.
//!
//! A change of a table that is not there is kept: another source may have it (`merge.rs`). What
//! cannot be done is a note. Tables, columns and notes have limits, so that no source can make a
//! schema that no one can hold.

use super::change::{KeyName, NamedType, SchemaChange, TableKey};
use super::join::{join, may_be_one};
use super::parts::{add_key, copy_columns, drop_named, no_column, not_null, set_column};
use super::{Origin, SchemaNote, SqlTable, TableName, same};
use std::collections::HashMap;

/// The most tables of a schema.
const MAX_TABLES: usize = 20_000;
/// The most notes that are kept.
pub(crate) const MAX_NOTES: usize = 2_000;
/// The most changes of unknown tables that are kept.
const MAX_OPEN: usize = 20_000;

/// The most columns that views have by `*`, of all views: views of views may grow without end.
const MAX_COPIED: usize = 100_000;

/// A change that waits for its table.
#[derive(Clone, Debug)]
pub(crate) struct OpenChange {
    pub change: SchemaChange,
    pub at: Origin,
}

/// A schema that is being built.
#[derive(Default)]
pub(crate) struct Builder {
    /// The tables by their names in lower case, each with the number of its creation.
    pub(super) tables: HashMap<String, Vec<(usize, SqlTable)>>,
    pub(super) types: HashMap<String, NamedType>,
    created: usize,
    /// How many columns views have by `*`.
    copied: usize,
    /// Whether a table that is created once more replaces the one that is there: what dropped that
    /// one was not understood.
    pub replaces: bool,
    pub open: Vec<OpenChange>,
    pub notes: Vec<SchemaNote>,
    pub notes_left_out: usize,
}

impl Builder {
    /// Does one change, or keeps it for later if its table is not known.
    pub fn apply(&mut self, change: SchemaChange, at: &Origin) {
        let is_known = change.needs().is_none_or(|table| self.has(table));
        if is_known {
            if let Err(why) = self.change(change, at) {
                self.note(at, why, false);
            }
            return;
        }
        let is_nothing = matches!(&change, SchemaChange::Drop { .. });
        if !is_nothing && self.open.len() < MAX_OPEN {
            self.open.push(OpenChange {
                change,
                at: at.clone(),
            });
        } else if !is_nothing {
            self.notes_left_out += 1;
        }
    }

    /// A table with these keys begins to exist.
    pub fn define(&mut self, mut table: SqlTable, keys: Vec<TableKey>, at: &Origin) {
        for key in keys {
            if let Err(why) = add_key(&mut table, key) {
                self.note(at, why, false);
            }
        }
        let known = self.get_mut(&table.name).ok();
        if let Some(known) = known.filter(|known| may_be_one(known, &table)) {
            // Two classes for one table: it has what either says.
            table.defined = at.clone();
            let mut notes = Vec::new();
            join(known, table, &mut notes);
            notes
                .into_iter()
                .for_each(|(at, message)| self.note(&at, message, false));
            return;
        }
        let change = SchemaChange::Create {
            table: Box::new(table),
            or_keep: false,
            or_replace: false,
        };
        self.apply(change, at);
    }

    /// A table gets the columns of a class whose rows are among its own, and such keys.
    pub fn extend(&mut self, own: SqlTable, keys: Vec<TableKey>, at: &Origin) {
        for mut column in own.columns {
            column.nullable = true;
            let change = SchemaChange::AddColumn {
                table: own.name.clone(),
                column: Box::new(column),
                or_keep: true,
            };
            self.apply(change, at);
        }
        let others = keys
            .into_iter()
            .filter(|key| !matches!(key, TableKey::Primary(..)));
        for key in others {
            let change = SchemaChange::AddKey {
                table: own.name.clone(),
                key,
            };
            self.apply(change, at);
        }
    }

    /// Tries the changes that wait once more. Those that still have no table stay.
    pub fn retry(&mut self) {
        for _ in 0..3 {
            let before = self.open.len();
            for OpenChange { change, at } in std::mem::take(&mut self.open) {
                self.apply(change, &at);
            }
            if self.open.len() == before {
                return;
            }
        }
    }

    /// Says that something was not understood. `is_gap`: something may be missing.
    pub fn note(&mut self, at: &Origin, message: impl Into<String>, is_gap: bool) {
        if self.notes.len() >= MAX_NOTES {
            self.notes_left_out += 1;
            return;
        }
        self.notes.push(SchemaNote {
            at: at.clone(),
            message: message.into(),
            is_gap,
        });
    }

    /// Whether a table is known.
    pub fn has(&self, name: &TableName) -> bool {
        self.get(name).is_some()
    }

    /// The table of a name.
    pub fn get(&self, name: &TableName) -> Option<&SqlTable> {
        let named = self.tables.get(&name.name.to_lowercase())?;
        let found = named.iter().find(|(_, table)| table.name.fits(name));
        found.map(|(_, table)| table)
    }

    pub(super) fn get_mut(&mut self, name: &TableName) -> Result<&mut SqlTable, String> {
        let named = self.tables.get_mut(&name.name.to_lowercase());
        let found = named.and_then(|all| all.iter_mut().find(|(_, table)| table.name.fits(name)));
        let found = found.map(|(_, table)| table);
        found.ok_or_else(|| format!("no table `{name}`"))
    }

    fn take(&mut self, name: &TableName) -> Option<SqlTable> {
        let named = self.tables.get_mut(&name.name.to_lowercase())?;
        let at = named.iter().position(|(_, table)| table.name.fits(name))?;
        Some(named.remove(at).1)
    }

    fn put(&mut self, table: SqlTable) -> Result<(), String> {
        if self.created >= MAX_TABLES {
            return Err(format!(
                "more than {MAX_TABLES} tables: `{}` is left out",
                table.name
            ));
        }
        self.created += 1;
        let number = self.created;
        let named = self.tables.entry(table.name.name.to_lowercase());
        named.or_default().push((number, table));
        Ok(())
    }

    /// The tables, in the order of their creation; types of the user's own are resolved.
    pub fn finish(&mut self) -> Vec<SqlTable> {
        let open = self.open.iter().filter_map(|open| match &open.change {
            SchemaChange::Inherit { table, .. } | SchemaChange::CopyColumns { table, .. } => {
                Some(table.clone())
            }
            _ => None,
        });
        for table in open.collect::<Vec<_>>() {
            // The columns of the other table are not known.
            if let Ok(table) = self.get_mut(&table) {
                table.is_complete = false;
            }
        }
        let mut all: Vec<(usize, SqlTable)> = std::mem::take(&mut self.tables)
            .into_values()
            .flatten()
            .collect();
        all.sort_by_key(|(number, _)| *number);
        let mut tables: Vec<SqlTable> = all.into_iter().map(|(_, table)| table).collect();
        for column in tables.iter_mut().flat_map(|table| &mut table.columns) {
            self.resolve(column);
        }
        tables
    }

    fn change(&mut self, change: SchemaChange, at: &Origin) -> Result<(), String> {
        match change {
            SchemaChange::Create {
                table,
                or_keep,
                or_replace,
            } => self.create(*table, or_keep, or_replace, at),
            SchemaChange::CreateLike { .. }
            | SchemaChange::Inherit { .. }
            | SchemaChange::CopyColumns { .. } => self.copy(change, at),
            SchemaChange::Drop { table, .. } => {
                self.take(&table);
                Ok(())
            }
            SchemaChange::Rename { table, to } => self.rename(&table, to, at),
            SchemaChange::AddKey { table, key } => {
                let table = self.get_mut(&table)?;
                table.changed = Some(at.clone());
                add_key(table, key)
            }
            SchemaChange::DropKey { table, name } => self.drop_key(table.as_ref(), &name),
            SchemaChange::Comment {
                table,
                column,
                text,
            } => self.comment(&table, column.as_deref(), text),
            SchemaChange::CreateType { .. }
            | SchemaChange::AddValue { .. }
            | SchemaChange::RenameValue { .. }
            | SchemaChange::RenameType { .. }
            | SchemaChange::DropType { .. } => {
                self.change_type(change);
                Ok(())
            }
            _ => self.change_column(change, at),
        }
    }

    /// Gives a table columns of another one.
    fn copy(&mut self, change: SchemaChange, at: &Origin) -> Result<(), String> {
        match change {
            SchemaChange::CreateLike { name, like } => {
                let like = self.get(&like).cloned().unwrap_or_default();
                let copy = SqlTable {
                    foreign_keys: Vec::new(),
                    name,
                    ..like
                };
                self.create(copy, true, false, at)
            }
            SchemaChange::Inherit { table, from } => {
                let columns = self.get(&from).map(|table| table.columns.clone());
                let table = self.get_mut(&table)?;
                let known = std::mem::take(&mut table.columns);
                table.columns = columns.unwrap_or_default();
                for column in known {
                    set_column(table, column);
                }
                Ok(())
            }
            SchemaChange::CopyColumns { table, from, place } => {
                self.copy_of_view(&table, &from, place, at)
            }
            _ => Ok(()),
        }
    }

    fn create(
        &mut self,
        mut table: SqlTable,
        or_keep: bool,
        or_replace: bool,
        at: &Origin,
    ) -> Result<(), String> {
        if let Some(known) = self.get(&table.name) {
            if or_keep && !or_replace {
                return Ok(());
            }
            if !or_replace && !self.replaces {
                let (name, place) = (&table.name, &known.defined);
                return Err(format!(
                    "`{name}` exists already, from {place}; that one is kept"
                ));
            }
            self.take(&table.name);
        }
        if table.columns.len() > super::parts::MAX_COLUMNS {
            table.columns.truncate(super::parts::MAX_COLUMNS);
            table.is_complete = false;
        }
        table.defined = at.clone();
        for column in &mut table.columns {
            if column.defined == Origin::default() {
                column.defined = at.clone();
            }
        }
        let primary = table.primary_key.clone();
        not_null(&mut table, &primary);
        self.put(table)
    }

    /// Gives a view the columns that it has by `*`.
    fn copy_of_view(
        &mut self,
        table: &TableName,
        from: &TableName,
        place: usize,
        at: &Origin,
    ) -> Result<(), String> {
        let from = match self.copied < MAX_COPIED {
            true => self.get(from).cloned().unwrap_or_default(),
            false => SqlTable::default(),
        };
        self.copied += from.columns.len();
        // The view of an earlier statement, which was kept, has its own columns.
        let table = self.get_mut(table)?;
        if table.defined == *at {
            copy_columns(table, &from, place);
        }
        Ok(())
    }

    fn rename(&mut self, from: &TableName, to: TableName, at: &Origin) -> Result<(), String> {
        let moved = TableName {
            namespace: to.namespace.clone().or_else(|| from.namespace.clone()),
            name: to.name.clone(),
        };
        if !moved.fits(from) && self.has(&moved) {
            return Err(format!(
                "`{from}` cannot be renamed: `{moved}` exists already"
            ));
        }
        let Some(mut table) = self.take(from) else {
            return Ok(());
        };
        table.name = moved.clone();
        table.changed = Some(at.clone());
        self.put(table)?;
        let others = self.tables.values_mut().flatten();
        for key in others.flat_map(|(_, table)| &mut table.foreign_keys) {
            if key.table.fits(from) {
                key.table = moved.clone();
            }
        }
        Ok(())
    }

    fn drop_key(&mut self, table: Option<&TableName>, name: &KeyName) -> Result<(), String> {
        let Some(table) = table else {
            if let KeyName::Named(name) = name {
                for (_, table) in self.tables.values_mut().flatten() {
                    drop_named(table, name);
                }
            }
            return Ok(());
        };
        let table = self.get_mut(table)?;
        let equal = |a: &[String], b: &[String]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        };
        match name {
            KeyName::Primary => table.primary_key.clear(),
            KeyName::Named(name) => drop_named(table, name),
            KeyName::ForeignOf(columns) => {
                table
                    .foreign_keys
                    .retain(|key| !equal(&key.columns, columns));
            }
            KeyName::IndexOf(columns) => {
                table
                    .indexes
                    .retain(|index| !equal(&index.columns, columns));
                table.uniques.retain(|key| !equal(&key.columns, columns));
            }
        }
        Ok(())
    }

    fn comment(
        &mut self,
        table: &TableName,
        column: Option<&str>,
        text: Option<String>,
    ) -> Result<(), String> {
        let table = self.get_mut(table)?;
        match column {
            None => table.comment = text,
            Some(name) => {
                let missing = no_column(table, name);
                table.column_mut(name).ok_or(missing)?.comment = text;
            }
        }
        Ok(())
    }
}
