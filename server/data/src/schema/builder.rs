//! Applies changes one after another, as a database would.
//!
//! A change of a table that is not there is kept: another source may have it (`merge.rs`). What
//! cannot be done is a note. Tables, columns and notes have limits, so that no source can make a
//! schema that no one can hold.

use super::change::{KeyName, NamedType, SchemaChange, TableKey};
use super::merge::{join, may_be_one};
use super::parts::{
    add_key, drop_column, drop_named, key_columns, no_column, not_null, patch_column, rename_in,
    set_column, type_key,
};
use super::{Column, DataType, Origin, SchemaNote, Table, TableName, TypeKind, same};
use std::collections::HashMap;

/// The most tables of a schema.
const MAX_TABLES: usize = 20_000;
/// The most notes that are kept.
pub(crate) const MAX_NOTES: usize = 2_000;
/// The most changes of unknown tables that are kept.
const MAX_OPEN: usize = 20_000;

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
    tables: HashMap<String, Vec<(usize, Table)>>,
    types: HashMap<String, NamedType>,
    created: usize,
    /// Whether a table that is created once more replaces the one that is there: in migrations, what
    /// dropped that one was not understood.
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
    pub fn define(&mut self, mut table: Table, keys: Vec<TableKey>, at: &Origin) {
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
    pub fn extend(&mut self, own: Table, keys: Vec<TableKey>, at: &Origin) {
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
    pub fn get(&self, name: &TableName) -> Option<&Table> {
        let named = self.tables.get(&name.name.to_lowercase())?;
        let found = named.iter().find(|(_, table)| table.name.fits(name));
        found.map(|(_, table)| table)
    }

    fn get_mut(&mut self, name: &TableName) -> Result<&mut Table, String> {
        let named = self.tables.get_mut(&name.name.to_lowercase());
        let found = named.and_then(|all| all.iter_mut().find(|(_, table)| table.name.fits(name)));
        let found = found.map(|(_, table)| table);
        found.ok_or_else(|| format!("no table `{name}`"))
    }

    fn take(&mut self, name: &TableName) -> Option<Table> {
        let named = self.tables.get_mut(&name.name.to_lowercase())?;
        let at = named.iter().position(|(_, table)| table.name.fits(name))?;
        Some(named.remove(at).1)
    }

    fn put(&mut self, table: Table) -> Result<(), String> {
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
    pub fn finish(&mut self) -> Vec<Table> {
        let mut all: Vec<(usize, Table)> = std::mem::take(&mut self.tables)
            .into_values()
            .flatten()
            .collect();
        all.sort_by_key(|(number, _)| *number);
        let mut tables: Vec<Table> = all.into_iter().map(|(_, table)| table).collect();
        for column in tables.iter_mut().flat_map(|table| &mut table.columns) {
            self.resolve(column);
        }
        tables
    }

    /// Gives a column of a type of the user's own what that type is.
    fn resolve(&self, column: &mut Column) {
        let Some(data_type) = &mut column.data_type else {
            return;
        };
        // Domains on domains, and types that name each other.
        let mut written = data_type.written.clone();
        for _ in 0..8 {
            let key = type_key(&written);
            match self.types.get(&key) {
                Some(NamedType::Values(values)) => {
                    data_type.kind = TypeKind::Enum;
                    if column.values.is_empty() {
                        column.values = values.clone();
                    }
                    return;
                }
                Some(NamedType::Like { base, values }) => {
                    data_type.kind = DataType::of(base).kind;
                    if column.values.is_empty() {
                        column.values = values.clone();
                    }
                    written = base.clone();
                }
                None => return,
            }
        }
    }

    fn change(&mut self, change: SchemaChange, at: &Origin) -> Result<(), String> {
        match change {
            SchemaChange::Create {
                table,
                or_keep,
                or_replace,
            } => self.create(*table, or_keep, or_replace, at),
            SchemaChange::CreateLike { name, like } => {
                let like = self.get(&like).cloned().unwrap_or_default();
                let copy = Table {
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

    fn create(
        &mut self,
        mut table: Table,
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

    fn change_column(&mut self, change: SchemaChange, at: &Origin) -> Result<(), String> {
        match change {
            SchemaChange::AddColumn {
                table,
                mut column,
                or_keep,
            } => {
                let table = self.get_mut(&table)?;
                if let Some(known) = table.column(&column.name) {
                    let same_kind = known.data_type.as_ref().map(|data_type| data_type.kind)
                        == column.data_type.as_ref().map(|data_type| data_type.kind);
                    let message =
                        format!("`{}` has a column `{}` already", table.name, column.name);
                    return if or_keep || same_kind {
                        Ok(())
                    } else {
                        Err(message)
                    };
                }
                column.defined = at.clone();
                table.changed = Some(at.clone());
                set_column(table, *column);
                Ok(())
            }
            SchemaChange::DropColumn {
                table,
                column,
                if_exists,
            } => {
                let table = self.get_mut(&table)?;
                if table.column(&column).is_none() {
                    return if if_exists {
                        Ok(())
                    } else {
                        Err(no_column(table, &column))
                    };
                }
                table.changed = Some(at.clone());
                drop_column(table, &column);
                Ok(())
            }
            SchemaChange::RenameColumn { table, from, to } => {
                self.rename_column(&table, &from, &to, at)
            }
            SchemaChange::ReplaceColumn {
                table,
                old,
                mut column,
            } => {
                self.get_mut(&table)?.changed = Some(at.clone());
                if !same(&old, &column.name) {
                    self.rename_column(&table, &old, &column.name, at)?;
                }
                let table = self.get_mut(&table)?;
                let missing = no_column(table, &old);
                let known = table.column_mut(&column.name).ok_or(missing)?;
                column.defined = known.defined.clone();
                column.comment = column.comment.take().or_else(|| known.comment.take());
                column.changed = Some(at.clone());
                *known = *column;
                Ok(())
            }
            SchemaChange::AlterColumn {
                table,
                column,
                patch,
            } => {
                let table = self.get_mut(&table)?;
                let missing = no_column(table, &column);
                let known = table.column_mut(&column).ok_or(missing)?;
                known.changed = Some(at.clone());
                patch_column(known, patch);
                table.changed = Some(at.clone());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn rename_column(
        &mut self,
        name: &TableName,
        from: &str,
        to: &str,
        at: &Origin,
    ) -> Result<(), String> {
        let table = self.get_mut(name)?;
        if !same(from, to) && table.column(to).is_some() {
            let table = &table.name;
            return Err(format!(
                "`{from}` of `{table}` cannot be renamed: `{to}` exists already"
            ));
        }
        let missing = no_column(table, from);
        let column = table.column_mut(from).ok_or(missing)?;
        column.name = to.to_owned();
        column.changed = Some(at.clone());
        table.changed = Some(at.clone());
        let name = table.name.clone();
        for columns in key_columns(table) {
            rename_in(columns, from, to);
        }
        let others = self.tables.values_mut().flatten();
        for key in others.flat_map(|(_, table)| &mut table.foreign_keys) {
            if key.table.fits(&name) {
                rename_in(&mut key.references, from, to);
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

    fn change_type(&mut self, change: SchemaChange) {
        match change {
            SchemaChange::CreateType { name, defined } => {
                self.types.insert(type_key(&name), defined);
            }
            SchemaChange::AddValue { name, value } => {
                if let Some(NamedType::Values(values)) = self.types.get_mut(&type_key(&name))
                    && !values.contains(&value)
                {
                    values.push(value);
                }
            }
            SchemaChange::RenameValue { name, from, to } => {
                if let Some(NamedType::Values(values)) = self.types.get_mut(&type_key(&name)) {
                    values
                        .iter_mut()
                        .filter(|value| **value == from)
                        .for_each(|value| *value = to.clone());
                }
            }
            SchemaChange::RenameType { name, to } => {
                let (old, new) = (type_key(&name), type_key(&to));
                if let Some(defined) = self.types.remove(&old) {
                    self.types.insert(new, defined);
                }
                let columns = self.tables.values_mut().flatten();
                let columns = columns.flat_map(|(_, table)| &mut table.columns);
                for data_type in columns.filter_map(|column| column.data_type.as_mut()) {
                    if type_key(&data_type.written) == old {
                        data_type.written = to.clone();
                    }
                }
            }
            SchemaChange::DropType { name } => {
                self.types.remove(&type_key(&name));
            }
            _ => {}
        }
    }
}
