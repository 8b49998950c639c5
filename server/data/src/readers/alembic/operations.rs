//! The calls of `op` and of a `batch_alter_table`: what each changes.
//!
//! An operation with a name that cannot be read is a note. The order of migrations is not known
//! here.

use crate::readers::embedded;
use crate::readers::python::{Call, PythonFile, call, items};
use crate::readers::python_sql::NamedValues;
use crate::readers::sqlalchemy::{written_column, written_key, written_type};
use crate::schema::builder::Builder;
use crate::schema::change::{ColumnPatch, KeyName, TableKey};
use crate::schema::{ForeignKey, Origin, SchemaChange, SqlTable, TableIndex, TableName, UniqueKey};
use crate::tokens::Cursor;

/// A migration as it is read.
pub(super) struct Migration<'a, 'b> {
    pub file: &'a PythonFile<'a>,
    pub names: NamedValues<'a>,
    /// The names that `with op.batch_alter_table("users") as batch_op` gives, and their tables.
    pub batches: Vec<(&'a str, TableName)>,
    pub builder: &'b mut Builder,
}

/// An operation: where its arguments begin depends on whether a batch names the table.
struct Operation<'a> {
    call: Call<'a>,
    /// The table of the batch.
    batch: Option<TableName>,
}

impl<'a> Migration<'a, '_> {
    /// Applies a line. Whether it was an operation.
    pub fn line(&mut self, line: Cursor<'a>) -> bool {
        let mut rest = line;
        if rest.eat("with") {
            return self.open_batch(rest);
        }
        // `if is_new: op.add_column(...)` and `x = op.create_table(...)`.
        while !rest.is_empty() && !self.is_operation(rest) {
            rest.skip();
        }
        let Some(found) = call(rest) else {
            return false;
        };
        let object = rest.peek_text();
        let batch = self.batches.iter().rev().find(|(name, _)| *name == object);
        let operation = Operation {
            batch: batch.map(|(_, table)| table.clone()),
            call: found,
        };
        let at = self.file.file.origin(&rest);
        self.apply(&operation, &at);
        true
    }

    fn is_operation(&self, rest: Cursor<'a>) -> bool {
        let mut ahead = rest;
        let object = ahead.word();
        let is_known = object
            .is_some_and(|word| word == "op" || self.batches.iter().any(|(name, _)| *name == word));
        is_known && ahead.is_mark(b'.')
    }

    fn open_batch(&mut self, rest: Cursor<'a>) -> bool {
        let Some(found) = call(rest).filter(|call| call.name == "batch_alter_table") else {
            return false;
        };
        let mut after = rest;
        while !after.is_empty() && !after.is("as") {
            after.skip();
        }
        after.next();
        let table = found
            .argument("table_name", 0)
            .and_then(|name| self.names.text(&name));
        let at = self.file.file.origin(&rest);
        match (after.word(), table) {
            (Some(name), Some(table)) => {
                let namespace = self.schema(&found);
                self.batches.retain(|(known, _)| *known != name);
                self.batches
                    .push((name, TableName::within(namespace, table)));
            }
            _ => self.unknown(&found, &at),
        }
        true
    }

    fn schema(&self, call: &Call<'a>) -> Option<String> {
        call.named("schema")
            .and_then(|value| self.names.text(&value))
    }

    fn unknown(&mut self, call: &Call<'a>, at: &Origin) {
        let message = format!("`{}` with names that only the program knows", call.name);
        self.builder.note(at, message, true);
    }

    fn apply(&mut self, operation: &Operation<'a>, at: &Origin) {
        let call = &operation.call;
        if call.name == "execute" {
            let Some(value) = call.argument("sqltext", 0) else {
                return;
            };
            match self.names.sql(value, self.file, at) {
                Some(found) => found.iter().for_each(|sql| sql.apply(self.builder)),
                None => embedded::note_if_changes(&value, at, self.builder),
            }
            return;
        }
        if !OPERATIONS.contains(&call.name) {
            return;
        }
        match self.changes(operation, at) {
            Some(changes) => {
                for change in changes {
                    self.builder.apply(change, at);
                }
            }
            None => self.unknown(call, at),
        }
    }

    /// The name that an argument is. `op.f("name")` is a name that is as it should be.
    fn name(&self, operation: &Operation<'a>, name: &str, at: usize) -> Option<String> {
        let value = operation.call.argument(name, at)?;
        let made = call(value).filter(|call| call.name == "f");
        let value = made.and_then(|call| call.plain().next()).unwrap_or(value);
        self.names.text(&value)
    }

    /// The table, by the batch or by the argument at a place.
    fn table(&self, operation: &Operation<'a>, name: &str, at: usize) -> Option<TableName> {
        match &operation.batch {
            Some(table) => Some(table.clone()),
            None => {
                let named = self.name(operation, name, at)?;
                Some(TableName::within(self.schema(&operation.call), named))
            }
        }
    }

    fn columns(&self, value: Option<Cursor<'a>>) -> Option<Vec<String>> {
        let listed = items(value?)?;
        let name = |item: &Cursor<'a>| {
            let made = call(*item).and_then(|call| call.plain().next());
            self.names.text(&made.unwrap_or(*item))
        };
        listed.iter().map(name).collect()
    }

    /// What an operation changes; none if a name in it is not known.
    fn changes(&self, operation: &Operation<'a>, at: &Origin) -> Option<Vec<SchemaChange>> {
        let call = &operation.call;
        // Arguments after the table's are one place further on where it is named.
        let shift = usize::from(operation.batch.is_none());
        let change = match call.name {
            "create_table" => return self.create_table(operation),
            "drop_table" => SchemaChange::Drop {
                table: self.table(operation, "table_name", 0)?,
            },
            "rename_table" => SchemaChange::Rename {
                table: self.table(operation, "old_table_name", 0)?,
                to: TableName::plain(self.name(operation, "new_table_name", 1)?),
            },
            "add_column" => return self.add_column(operation, shift, at),
            "drop_column" => SchemaChange::DropColumn {
                table: self.table(operation, "table_name", 0)?,
                column: self.name(operation, "column_name", shift)?,
                if_exists: false,
            },
            "alter_column" => return self.alter_column(operation, shift),
            "drop_constraint" => SchemaChange::DropKey {
                table: Some(self.table(operation, "table_name", 1)?),
                name: KeyName::Named(self.name(operation, "constraint_name", 0)?),
            },
            "drop_index" => SchemaChange::DropKey {
                table: None,
                name: KeyName::Named(self.name(operation, "index_name", 0)?),
            },
            _ => SchemaChange::AddKey {
                table: self.table(operation, "table_name", 1).or_else(|| {
                    let named = self.name(operation, "source_table", 1)?;
                    Some(TableName::plain(named))
                })?,
                key: self.key(operation, shift)?,
            },
        };
        Some(vec![change])
    }

    /// The key that an operation creates.
    fn key(&self, operation: &Operation<'a>, shift: usize) -> Option<TableKey> {
        let call = &operation.call;
        let name = self.name(operation, "constraint_name", 0);
        if call.name == "create_foreign_key" {
            let columns = call.argument("local_cols", 2 + shift);
            let columns = self.columns(columns)?;
            let there = self.name(operation, "referent_table", 1 + shift)?;
            let remote = call.argument("remote_cols", 3 + shift);
            let on_delete = call.named("ondelete");
            let on_delete = on_delete.and_then(|value| self.names.text(&value));
            return Some(TableKey::Foreign(ForeignKey {
                name,
                columns,
                table: TableName::plain(there),
                references: self.columns(remote)?,
                on_delete: on_delete.map(|action| action.to_uppercase()),
                on_update: None,
            }));
        }
        let columns = self.columns(call.argument("columns", 1 + shift))?;
        Some(match call.name {
            "create_primary_key" => TableKey::Primary(name, columns),
            "create_unique_constraint" => TableKey::Unique(UniqueKey { name, columns }),
            _ => TableKey::Index(TableIndex {
                name: self.name(operation, "index_name", 0),
                columns,
                is_unique: call.is_true("unique"),
                condition: None,
            }),
        })
    }

    fn create_table(&self, operation: &Operation<'a>) -> Option<Vec<SchemaChange>> {
        let call = &operation.call;
        let mut table = SqlTable::named(self.table(operation, "table_name", 0)?);
        let mut keys = Vec::new();
        for argument in call.plain().skip(1) {
            let (column, own) = (written_column(argument, self.file), written_key(argument));
            match (column, own) {
                (Some((column, own)), _) => {
                    table.columns.push(column);
                    keys.extend(own);
                }
                (None, Some(key)) => keys.push(key),
                // `*columns`, or a constraint that says nothing of columns.
                (None, None) => table.is_complete &= !argument.is_mark(b'*'),
            }
        }
        for key in keys {
            // A key of columns that are not there is left out, as the table is not complete then.
            let is_added = crate::schema::parts::add_key(&mut table, key);
            table.is_complete &= is_added.is_ok();
        }
        let comment = call.named("comment");
        table.comment = comment.and_then(|value| self.names.text(&value));
        Some(vec![SchemaChange::Create {
            table: Box::new(table),
            or_keep: call.is_true("if_not_exists"),
            or_replace: false,
        }])
    }

    fn add_column(
        &self,
        operation: &Operation<'a>,
        shift: usize,
        at: &Origin,
    ) -> Option<Vec<SchemaChange>> {
        let table = self.table(operation, "table_name", 0)?;
        let value = operation.call.argument("column", shift)?;
        let (mut column, keys) = written_column(value, self.file)?;
        column.defined = at.clone();
        let add = SchemaChange::AddColumn {
            table: table.clone(),
            column: Box::new(column),
            or_keep: true,
        };
        let keys = keys.into_iter().map(|key| SchemaChange::AddKey {
            table: table.clone(),
            key,
        });
        Some(std::iter::once(add).chain(keys).collect())
    }

    fn alter_column(&self, operation: &Operation<'a>, shift: usize) -> Option<Vec<SchemaChange>> {
        let call = &operation.call;
        let table = self.table(operation, "table_name", 0)?;
        let column = self.name(operation, "column_name", shift)?;
        let nullable = call.named("nullable").map(|value| !value.is("false"));
        let default = call
            .named("server_default")
            .filter(|value| !value.is("false"));
        let patch = ColumnPatch {
            data_type: call.named("type_").and_then(written_type),
            nullable,
            default: default.map(|value| crate::readers::python::literal(&value)),
            is_identity: None,
        };
        let mut found = vec![SchemaChange::AlterColumn {
            table: table.clone(),
            column: column.clone(),
            patch,
        }];
        let renamed = call.named("new_column_name").or_else(|| call.named("name"));
        if let Some(value) = renamed {
            found.push(SchemaChange::RenameColumn {
                table,
                from: column,
                to: self.names.text(&value)?,
            });
        }
        Some(found)
    }
}

/// Operations that change tables.
const OPERATIONS: &[&str] = &[
    "create_table",
    "drop_table",
    "rename_table",
    "add_column",
    "drop_column",
    "alter_column",
    "create_index",
    "drop_index",
    "create_unique_constraint",
    "create_foreign_key",
    "create_primary_key",
    "drop_constraint",
];
