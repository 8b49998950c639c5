//! Changes of columns, and of types of the user's own.

use super::builder::Builder;
use super::change::{NamedType, SchemaChange};
use super::parts::{
    drop_column, key_columns, no_column, patch_column, rename_in, set_column, type_key,
};
use super::{Column, DataType, Origin, TableName, TypeKind, same};

impl Builder {
    pub(super) fn change_column(
        &mut self,
        change: SchemaChange,
        at: &Origin,
    ) -> Result<(), String> {
        match change {
            SchemaChange::AddColumn {
                table,
                column,
                or_keep,
            } => self.add_column(&table, *column, or_keep, at),
            SchemaChange::DropColumn {
                table,
                column,
                if_exists,
            } => {
                let table = self.get_mut(&table)?;
                if table.column(&column).is_none() && !if_exists {
                    return Err(no_column(table, &column));
                }
                table.changed = Some(at.clone());
                drop_column(table, &column);
                Ok(())
            }
            SchemaChange::RenameColumn { table, from, to } => {
                self.rename_column(&table, &from, &to, at)
            }
            SchemaChange::ReplaceColumn { table, old, column } => {
                self.replace_column(&table, &old, *column, at)
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

    fn add_column(
        &mut self,
        table: &TableName,
        mut column: Column,
        or_keep: bool,
        at: &Origin,
    ) -> Result<(), String> {
        let table = self.get_mut(table)?;
        if let Some(known) = table.column(&column.name) {
            let kind = |column: &Column| column.data_type.as_ref().map(|data_type| data_type.kind);
            let is_same = or_keep || kind(known) == kind(&column);
            let message = format!("`{}` has a column `{}` already", table.name, column.name);
            return if is_same { Ok(()) } else { Err(message) };
        }
        column.defined = at.clone();
        table.changed = Some(at.clone());
        set_column(table, column);
        Ok(())
    }

    fn replace_column(
        &mut self,
        name: &TableName,
        old: &str,
        mut column: Column,
        at: &Origin,
    ) -> Result<(), String> {
        self.get_mut(name)?.changed = Some(at.clone());
        if !same(old, &column.name) {
            self.rename_column(name, old, &column.name, at)?;
        }
        let table = self.get_mut(name)?;
        let missing = no_column(table, old);
        let known = table.column_mut(&column.name).ok_or(missing)?;
        column.defined = known.defined.clone();
        column.comment = column.comment.take().or_else(|| known.comment.take());
        column.changed = Some(at.clone());
        *known = column;
        Ok(())
    }

    pub(super) fn rename_column(
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

    pub(super) fn change_type(&mut self, change: SchemaChange) {
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

    /// Gives a column of a type of the user's own what that type is.
    pub(super) fn resolve(&self, column: &mut Column) {
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
}
