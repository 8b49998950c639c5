//! Changes within one table: its columns, and the keys that name these.

use super::change::{ColumnPatch, TableKey};
use super::{Column, SqlTable, TableKind, same};

/// The most columns of a table, and the most keys.
pub(crate) const MAX_COLUMNS: usize = 4_096;

/// The name of a type without quotes, namespace and list marks.
pub(crate) fn type_key(written: &str) -> String {
    let plain: String = written.chars().filter(|c| !"\"`[] ".contains(*c)).collect();
    let last = plain.rsplit('.').next().unwrap_or_default();
    last.to_lowercase()
}

pub(crate) fn no_column(table: &SqlTable, name: &str) -> String {
    format!("`{}` has no column `{name}`", table.name)
}

/// Adds a column, or puts it in the place of the one of its name.
pub(crate) fn set_column(table: &mut SqlTable, column: Column) {
    let is_full = table.columns.len() >= MAX_COLUMNS;
    match table.column_mut(&column.name) {
        Some(known) => *known = column,
        None if !is_full => table.columns.push(column),
        None => table.is_complete = false,
    }
}

/// Adds the columns of another table at a place. A column of the same name that comes later gives
/// way: USING has such columns.
pub(crate) fn copy_columns(table: &mut SqlTable, from: &SqlTable, place: usize) {
    table.is_complete &= from.is_complete && !from.columns.is_empty();
    let mut place = place.min(table.columns.len());
    for column in &from.columns {
        if table.columns.len() >= MAX_COLUMNS {
            table.is_complete = false;
            return;
        }
        let mut known = table.columns.iter();
        match known.position(|known| same(&known.name, &column.name)) {
            Some(known) if known < place => continue,
            Some(known) => drop(table.columns.remove(known)),
            None => {}
        }
        let copy = Column {
            default: None,
            generated: None,
            is_identity: false,
            ..column.clone()
        };
        table.columns.insert(place, copy);
        place += 1;
    }
}

pub(crate) fn drop_column(table: &mut SqlTable, name: &str) {
    let has = |columns: &[String]| columns.iter().any(|column| same(column, name));
    table.columns.retain(|column| !same(&column.name, name));
    if has(&table.primary_key) {
        table.primary_key.clear();
    }
    table.uniques.retain(|key| !has(&key.columns));
    table.foreign_keys.retain(|key| !has(&key.columns));
    table.indexes.retain(|index| !has(&index.columns));
}

pub(crate) fn patch_column(column: &mut Column, patch: ColumnPatch) {
    if let Some(data_type) = patch.data_type {
        column.data_type = Some(data_type);
    }
    if let Some(nullable) = patch.nullable {
        column.nullable = nullable;
    }
    if let Some(default) = patch.default {
        column.default = default;
    }
    if let Some(is_identity) = patch.is_identity {
        column.is_identity = is_identity;
    }
}

/// The lists of columns that the keys of a table name.
pub(crate) fn key_columns(table: &mut SqlTable) -> impl Iterator<Item = &mut Vec<String>> {
    let uniques = table.uniques.iter_mut().map(|key| &mut key.columns);
    let foreign = table.foreign_keys.iter_mut().map(|key| &mut key.columns);
    let indexes = table.indexes.iter_mut().map(|index| &mut index.columns);
    std::iter::once(&mut table.primary_key)
        .chain(uniques)
        .chain(foreign)
        .chain(indexes)
}

pub(crate) fn rename_in(columns: &mut [String], from: &str, to: &str) {
    for column in columns {
        if same(column, from) {
            *column = to.to_owned();
        }
    }
}

pub(crate) fn not_null(table: &mut SqlTable, columns: &[String]) {
    if table.kind == TableKind::View {
        return;
    }
    for name in columns {
        if let Some(column) = table.column_mut(name) {
            column.nullable = false;
        }
    }
}

/// Adds a constraint or index to a table.
pub(crate) fn add_key(table: &mut SqlTable, key: TableKey) -> Result<(), String> {
    let all = table.uniques.len() + table.foreign_keys.len() + table.indexes.len();
    if all >= MAX_COLUMNS {
        return Err(format!("`{}` has more than {MAX_COLUMNS} keys", table.name));
    }
    match key {
        TableKey::Primary(name, columns) => {
            not_null(table, &columns);
            table.primary_name = name;
            table.primary_key = columns;
        }
        TableKey::Unique(key) if table.uniques.contains(&key) => {}
        TableKey::Unique(key) => table.uniques.push(key),
        TableKey::Foreign(key) if table.foreign_keys.contains(&key) => {}
        TableKey::Foreign(key) => table.foreign_keys.push(key),
        TableKey::Index(index) if table.indexes.contains(&index) => {}
        TableKey::Index(index) => table.indexes.push(index),
        TableKey::Values {
            name,
            column,
            values,
        } => {
            let missing = no_column(table, &column);
            table.column_mut(&column).ok_or(missing)?.values = values;
            let name = name.unwrap_or_else(|| format!("{}_{column}_check", table.name.name));
            table.checks.push((name, column));
        }
    }
    Ok(())
}

pub(crate) fn drop_named(table: &mut SqlTable, name: &str) {
    let is = |known: &Option<String>| known.as_ref().is_some_and(|known| same(known, name));
    table.uniques.retain(|key| !is(&key.name));
    table.foreign_keys.retain(|key| !is(&key.name));
    table.indexes.retain(|index| !is(&index.name));
    let default_name = format!("{}_pkey", table.name.name);
    if is(&table.primary_name) || table.primary_name.is_none() && same(&default_name, name) {
        table.primary_key.clear();
    }
    for (known, column) in std::mem::take(&mut table.checks) {
        if !same(&known, name) {
            table.checks.push((known, column));
        } else if let Some(column) = table.column_mut(&column) {
            column.values.clear();
        }
    }
}
