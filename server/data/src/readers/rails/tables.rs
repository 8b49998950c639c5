//! The arguments of Rails' calls, and the block of a table: `t.string "name", null: false`.

use super::arguments::{Arguments, name_of, names_of, option};
use crate::readers::SchemaFile;
use crate::readers::naming::plural;
use crate::schema::builder::Builder;
use crate::schema::change::{ColumnPatch, TableKey};
use crate::schema::parts::add_key;
use crate::schema::{
    Column, DataType, ForeignKey, Origin, SchemaChange, SqlTable, TableIndex, TableName,
};
use crate::tokens::Cursor;

/// Calls on a table that make no column.
const NO_COLUMNS: &[&str] = &[
    "check_constraint",
    "exclusion_constraint",
    "unique_constraint",
    "remove_index",
    "set_owner",
    "change_default",
    "change_null",
    "rename_index",
    "foreign_key",
    "remove_foreign_key",
    "index",
];

/// A table's block, and the call that opens it.
pub(crate) struct TableBlock<'a> {
    pub file: &'a SchemaFile,
    pub arguments: &'a Arguments<'a>,
    pub lines: &'a [Cursor<'a>],
    pub is_new: bool,
    /// Whether keys are numbers of four bytes, as before Rails 5.1.
    pub is_old: bool,
}

/// Describes what a block does to its table.
pub(crate) fn describe_block(block: &TableBlock<'_>, at: &Origin, builder: &mut Builder) {
    let Some(name) = block.arguments.name(0) else {
        builder.note(at, "a table without a plain name", true);
        return;
    };
    let name = match name.split_once('.') {
        Some((namespace, name)) => TableName::within(Some(namespace.into()), name.into()),
        None => TableName::plain(name),
    };
    if block.is_new {
        let mut table = SqlTable::named(name.clone());
        table.comment = block.arguments.option_name("comment");
        add_own_key(block, &mut table, at);
        let or_keep = block.arguments.is_true("if_not_exists");
        // `force: true` drops the one that is there.
        let is_forced = block
            .arguments
            .option("force")
            .is_some_and(|value| value.peek_text() != "false");
        builder.apply(
            SchemaChange::Create {
                table: Box::new(table),
                or_keep,
                or_replace: is_forced,
            },
            at,
        );
    }
    for line in block.lines {
        let mut rest = *line;
        let is_of_table = rest.word().is_some() && rest.mark(b'.');
        let Some(call) = rest.word().filter(|_| is_of_table) else {
            continue;
        };
        let arguments = Arguments::of(&mut rest);
        let at = block.file.origin(line);
        let changes = line_changes(&name, call, &arguments, block.is_old, &at);
        match changes {
            Some(changes) => changes
                .into_iter()
                .for_each(|change| builder.apply(change, &at)),
            None => builder.note(&at, format!("`{call}` of a table is not known"), true),
        }
    }
}

/// The key that Rails adds to a table that has none.
fn add_own_key(block: &TableBlock<'_>, table: &mut SqlTable, at: &Origin) {
    let arguments = block.arguments;
    let key = arguments.option("primary_key");
    let names = key.map(|value| names_of(&value)).unwrap_or_default();
    if arguments.is_false("id") || names.len() > 1 {
        table.primary_key = names;
        return;
    }
    let name = names.into_iter().next().unwrap_or_else(|| "id".into());
    let kind = arguments.option_name("id");
    let nested = arguments
        .option("id")
        .and_then(|mut value| value.group(b'{'));
    let nested = nested.and_then(|inner| {
        inner
            .split(b',')
            .into_iter()
            .find_map(|part| option(part).filter(|(key, _)| key == "type"))
    });
    let kind = kind.or_else(|| nested.and_then(|(_, value)| name_of(&value)));
    let kind = kind.unwrap_or_else(|| {
        if block.is_old {
            "integer".into()
        } else {
            "bigint".into()
        }
    });
    let empty = Arguments {
        plain: Vec::new(),
        options: Vec::new(),
    };
    let mut column = empty.column(&name, &kind, at);
    column.nullable = false;
    column.is_identity = !matches!(kind.as_str(), "uuid" | "string");
    table.columns.push(column);
    let _ = add_key(table, TableKey::Primary(None, vec![name]));
}

/// What one line of a block does; none if it is not known.
fn line_changes(
    table: &TableName,
    call: &str,
    arguments: &Arguments<'_>,
    is_old: bool,
    at: &Origin,
) -> Option<Vec<SchemaChange>> {
    let maker = ChangeMaker { table, at };
    let names = || arguments.plain.iter().filter_map(name_of);
    Some(match call {
        "index" => vec![maker.add_key(arguments.index(0)?)],
        "timestamps" => {
            let is_optional = is_old && arguments.option("null").is_none();
            maker.timestamps(arguments, is_optional || arguments.is_true("null"))
        }
        "references" | "belongs_to" => names()
            .flat_map(|name| reference_columns(table, &name, arguments, is_old, at))
            .collect(),
        "remove" => names().map(|name| maker.drop(name)).collect(),
        "remove_references" | "remove_belongs_to" => names()
            .map(|name| maker.drop(format!("{name}_id")))
            .collect(),
        "remove_timestamps" => maker.drop_timestamps(),
        "rename" => vec![maker.rename(arguments.name(0)?, arguments.name(1)?)],
        "change" => {
            let column = arguments.column(&arguments.name(0)?, &arguments.name(1)?, at);
            vec![SchemaChange::ReplaceColumn {
                table: table.clone(),
                old: column.name.clone(),
                column: Box::new(column),
            }]
        }
        "column" => {
            let kind = arguments.name(1)?;
            vec![maker.add(arguments.column(&arguments.name(0)?, &kind, at))]
        }
        "primary_key" => {
            let name = arguments.name(0)?;
            let kind = arguments.name(1).unwrap_or_else(|| "bigint".into());
            let mut column = arguments.column(&name, &kind, at);
            column.nullable = false;
            let key = TableKey::Primary(None, vec![name]);
            vec![maker.add(column), maker.add_key(key)]
        }
        _ if NO_COLUMNS.contains(&call) => Vec::new(),
        kind => {
            let columns = names().map(|name| arguments.column(&name, kind, at));
            let all: Vec<SchemaChange> = columns.map(|column| maker.add(column)).collect();
            (!all.is_empty()).then_some(all)?
        }
    })
}

/// The columns, index and key of a reference to another table.
pub(super) fn reference_columns(
    table: &TableName,
    name: &str,
    arguments: &Arguments<'_>,
    is_old: bool,
    at: &Origin,
) -> Vec<SchemaChange> {
    let maker = ChangeMaker { table, at };
    let usual = if is_old { "integer" } else { "bigint" };
    let kind = arguments
        .option_name("type")
        .unwrap_or_else(|| usual.into());
    let mut column = arguments.column(&format!("{name}_id"), &kind, at);
    column.data_type = Some(DataType::of(&kind));
    let mut columns = vec![column.name.clone()];
    let mut changes = vec![maker.add(column)];
    if arguments.is_true("polymorphic") {
        let column = arguments.column(&format!("{name}_type"), "string", at);
        columns.insert(0, column.name.clone());
        changes.insert(0, maker.add(column));
    }
    let has_index = match arguments.option("index") {
        Some(value) => value.peek_text() != "false",
        None => !is_old,
    };
    if has_index {
        changes.push(maker.add_key(TableKey::Index(TableIndex {
            columns,
            ..TableIndex::default()
        })));
    }
    if arguments.is_true("foreign_key") {
        changes.push(maker.add_key(foreign_key_of(name, arguments)));
    }
    changes
}

/// The key of a reference, with the options in `foreign_key: { to_table: :users }`.
fn foreign_key_of(name: &str, arguments: &Arguments<'_>) -> TableKey {
    let nested = arguments.option("foreign_key");
    let nested = nested.and_then(|mut value| value.group(b'{'));
    let nested = nested.map(|mut inner| Arguments::of(&mut inner));
    let there = nested
        .as_ref()
        .and_then(|nested| nested.option_name("to_table"));
    TableKey::Foreign(ForeignKey {
        columns: vec![format!("{name}_id")],
        table: TableName::plain(there.unwrap_or_else(|| plural(name))),
        on_delete: nested.and_then(|nested| nested.action("on_delete")),
        ..ForeignKey::default()
    })
}

/// The columns that `timestamps` makes.
const TIMESTAMPS: [&str; 2] = ["created_at", "updated_at"];

/// Makes the changes of one table that a line says.
pub(super) struct ChangeMaker<'a> {
    pub(super) table: &'a TableName,
    pub(super) at: &'a Origin,
}

impl ChangeMaker<'_> {
    pub(super) fn add(&self, column: Column) -> SchemaChange {
        SchemaChange::AddColumn {
            table: self.table.clone(),
            column: Box::new(column),
            or_keep: false,
        }
    }

    pub(super) fn drop(&self, column: String) -> SchemaChange {
        SchemaChange::DropColumn {
            table: self.table.clone(),
            column,
            if_exists: false,
        }
    }

    pub(super) fn add_key(&self, key: TableKey) -> SchemaChange {
        SchemaChange::AddKey {
            table: self.table.clone(),
            key,
        }
    }

    pub(super) fn timestamps(
        &self,
        arguments: &Arguments<'_>,
        nullable: bool,
    ) -> Vec<SchemaChange> {
        let column = |name: &str| {
            let mut column = arguments.column(name, "datetime", self.at);
            column.nullable = nullable;
            self.add(column)
        };
        TIMESTAMPS.map(column).into()
    }

    pub(super) fn drop_reference(&self, name: &str, is_polymorphic: bool) -> Vec<SchemaChange> {
        let parts: &[&str] = if is_polymorphic {
            &["id", "type"]
        } else {
            &["id"]
        };
        let columns = parts.iter().map(|part| format!("{name}_{part}"));
        columns.map(|column| self.drop(column)).collect()
    }

    pub(super) fn rename(&self, from: String, to: String) -> SchemaChange {
        SchemaChange::RenameColumn {
            table: self.table.clone(),
            from,
            to,
        }
    }

    pub(super) fn alter(&self, column: String, patch: ColumnPatch) -> SchemaChange {
        SchemaChange::AlterColumn {
            table: self.table.clone(),
            column,
            patch,
        }
    }

    pub(super) fn comment(&self, column: Option<String>, text: Option<String>) -> SchemaChange {
        SchemaChange::Comment {
            table: self.table.clone(),
            column,
            text,
        }
    }

    pub(super) fn drop_timestamps(&self) -> Vec<SchemaChange> {
        TIMESTAMPS.map(|name| self.drop(name.to_owned())).into()
    }
}
