//! The calls that migrations make, whatever library has them: which table each changes, and how.
//!
//! A call that changes a table and cannot be read is a note. What runs is not known here.

use super::knex::{self, Block};
use super::method_call::MethodCall;
use super::objects;
use super::texts::NamedTexts;
use crate::readers::SchemaFile;
use crate::readers::chains::names_of;
use crate::readers::classes::{entry, entry_text, text_of};
use crate::readers::embedded;
use crate::schema::builder::Builder;
use crate::schema::change::TableKey;
use crate::schema::{ForeignKey, Origin, SchemaChange, SqlTable, TableIndex, TableName, UniqueKey};
use crate::tokens::Cursor;

/// A migration as it is read.
pub(super) struct Migration<'a, 'b> {
    pub file: &'a SchemaFile,
    pub texts: NamedTexts<'a>,
    pub builder: &'b mut Builder,
}

/// Calls that change a table that the first argument names.
const CHANGES: &[&str] = &[
    "createTable",
    "createTableIfNotExists",
    "dropTable",
    "dropTableIfExists",
    "renameTable",
    "addColumn",
    "addColumns",
    "removeColumn",
    "dropColumn",
    "renameColumn",
    "changeColumn",
    "createForeignKey",
    "addForeignKey",
    "addConstraint",
    "addIndex",
    "createIndex",
    "createUniqueConstraint",
    "alterTable",
    "table",
];

impl<'a> Migration<'a, '_> {
    /// Does what a call says. Whether all that is in its brackets was read.
    pub fn apply(&mut self, call: &MethodCall<'a>) -> bool {
        let at = self.file.origin(&call.whole);
        if matches!(call.name, "query" | "raw" | "runSql" | "execute") {
            self.run(call, &at);
            return true;
        }
        if !CHANGES.contains(&call.name) {
            return false;
        }
        let Some(first) = call.arguments.first() else {
            return false;
        };
        let object = objects::argument_object(first);
        if let Some(object) = object.filter(|_| call.name == "createTable") {
            objects::create(&object, self.file, &at, self.builder);
            return true;
        }
        let Some(name) = self.table(first) else {
            if call.name != "table" {
                let message = format!("`{}` of a table that only the program knows", call.name);
                self.builder.note(&at, message, true);
            }
            return false;
        };
        self.change(call, name, &at)
    }

    /// The table that an argument names.
    fn table(&self, value: &Cursor<'a>) -> Option<TableName> {
        let mut rest = *value;
        if let Some(object) = rest.group(b'{') {
            let name = entry_text(&object, "tableName")?;
            let namespace = entry_text(&object, "schema");
            return Some(TableName::within(namespace, name));
        }
        let name = self.texts.text(value)?;
        Some(match name.rsplit_once('.') {
            Some((namespace, name)) => TableName::within(Some(namespace.into()), name.into()),
            None => TableName::plain(name),
        })
    }

    fn run(&mut self, call: &MethodCall<'a>, at: &Origin) {
        let Some(first) = call.arguments.first() else {
            return;
        };
        match self.texts.sql(first, self.file, at) {
            Some(sql) => sql.apply(self.builder),
            None => embedded::note_if_changes(first, at, self.builder),
        }
    }

    fn change(&mut self, call: &MethodCall<'a>, table: TableName, at: &Origin) -> bool {
        let second = call.arguments.get(1);
        let block = second.copied().and_then(knex::block);
        if let Some(inner) = block {
            let is_new = call.name.starts_with("create");
            let block = Block {
                file: self.file,
                inner,
                is_new,
            };
            knex::describe(&block, table, at, self.builder);
            return true;
        }
        match call.name {
            "createTable" | "createTableIfNotExists" => {
                self.create(call, table, at);
                true
            }
            "table" | "alterTable" => false,
            _ => {
                let changes = self.changes(call, &table);
                if changes.is_empty() {
                    let message = format!("`{}` with arguments that are not read", call.name);
                    self.builder.note(at, message, true);
                }
                for change in changes {
                    self.builder.apply(change, at);
                }
                true
            }
        }
    }

    /// `createTable("name", { column: {...} })`.
    fn create(&mut self, call: &MethodCall<'a>, name: TableName, at: &Origin) {
        let (mut table, mut keys) = (SqlTable::named(name), Vec::new());
        let object = call.arguments.get(1).and_then(|value| {
            let mut rest = *value;
            rest.group(b'{')
        });
        match object {
            Some(object) => {
                let inner = entry(&object, "columns").and_then(|mut value| value.group(b'{'));
                let columns = inner.unwrap_or(object);
                objects::add_columns(&columns, self.file, &mut table, &mut keys);
            }
            None => table.is_complete = false,
        }
        if !table.is_complete {
            let message = format!("columns of `{}` that only the program knows", table.name);
            self.builder.note(at, message, true);
        }
        self.builder.define(table, keys, at);
    }

    fn changes(&self, call: &MethodCall<'a>, table: &TableName) -> Vec<SchemaChange> {
        let table = table.clone();
        let text = |place: usize| self.texts.text(call.arguments.get(place)?);
        match call.name {
            "dropTable" | "dropTableIfExists" => vec![SchemaChange::Drop { table }],
            "renameTable" => {
                let to = text(1).map(TableName::plain);
                let change = to.map(|to| SchemaChange::Rename { table, to });
                change.into_iter().collect()
            }
            "removeColumn" | "dropColumn" => {
                let change = text(1).map(|column| SchemaChange::DropColumn {
                    table,
                    column,
                    if_exists: false,
                });
                change.into_iter().collect()
            }
            "renameColumn" => {
                let names = text(1).zip(text(2));
                let change = names.map(|(from, to)| SchemaChange::RenameColumn { table, from, to });
                change.into_iter().collect()
            }
            "addColumn" | "addColumns" | "changeColumn" => {
                objects::column_changes(call, table, text(1), self.file)
            }
            _ => {
                let key = key_of(call);
                let change = key.map(|key| SchemaChange::AddKey { table, key });
                change.into_iter().collect()
            }
        }
    }
}

/// The key or index that a call adds.
fn key_of(call: &MethodCall<'_>) -> Option<TableKey> {
    let objects = call.arguments.iter().skip(1);
    let object = objects.rev().find_map(objects::argument_object);
    let option = |name: &str| entry(object.as_ref()?, name);
    let option_text = |name: &str| entry_text(object.as_ref()?, name);
    if call.name.contains("ForeignKey") {
        return foreign_key(call, object.as_ref());
    }
    let listed = ["fields", "columnNames"]
        .iter()
        .find_map(|name| option(name));
    let lists = call.arguments.iter().skip(1);
    let list = lists
        .filter(|value| value.is_mark(b'['))
        .map(names_of)
        .next();
    let columns = list.or_else(|| listed.map(|value| names_of(&value)))?;
    if columns.is_empty() {
        return None;
    }
    let name = option_text("name");
    let kind = option_text("type");
    let is_true = |name: &str| option(name).is_some_and(|value| value.is("true"));
    let is_unique = is_true("unique") || is_true("isUnique") || call.name.contains("Unique");
    Some(match kind.unwrap_or_default().to_lowercase().as_str() {
        "primary key" => TableKey::Primary(name, columns),
        "foreign key" => {
            let mut there = option("references")?;
            let there = there.group(b'{')?;
            TableKey::Foreign(ForeignKey {
                columns,
                table: TableName::plain(entry_text(&there, "table")?),
                references: entry(&there, "field")
                    .map(|value| names_of(&value))
                    .unwrap_or_default(),
                on_delete: option_text("onDelete"),
                name,
                on_update: None,
            })
        }
        "unique" => TableKey::Unique(UniqueKey { name, columns }),
        _ if is_unique => TableKey::Unique(UniqueKey { name, columns }),
        _ => TableKey::Index(TableIndex {
            name,
            columns,
            ..TableIndex::default()
        }),
    })
}

/// `new TableForeignKey({...})`, or db-migrate's table, name and `{ column: "column" }`.
fn foreign_key(call: &MethodCall<'_>, object: Option<&Cursor<'_>>) -> Option<TableKey> {
    let object = object?;
    if let Some(key) = objects::foreign_key(object) {
        return Some(TableKey::Foreign(key));
    }
    let there = text_of(call.arguments.get(1)?)?;
    let mut mapping = *call.arguments.get(3)?;
    let pairs = mapping.group(b'{')?.split(b',');
    let pairs = pairs.into_iter().filter_map(objects::pair);
    let (columns, references) = pairs
        .filter_map(|(column, value)| Some((column, text_of(&value)?)))
        .unzip();
    Some(TableKey::Foreign(ForeignKey {
        columns,
        references,
        table: TableName::plain(there),
        name: call.arguments.get(2).and_then(text_of),
        ..ForeignKey::default()
    }))
}
