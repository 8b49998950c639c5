//! Calls outside of a block, as migrations have them.

use super::arguments::{Arguments, literal, name_of, names_of};
use super::tables::{ChangeMaker, reference_columns};
use crate::readers::embedded::SqlText;
use crate::readers::naming::plural;
use crate::schema::builder::Builder;
use crate::schema::change::{ColumnPatch, KeyName, NamedType, TableKey};
use crate::schema::{ForeignKey, Origin, SchemaChange, TableName};
use crate::tokens::Cursor;

/// One call outside of a table's block.
pub(super) fn statement(
    call: &str,
    arguments: &Arguments<'_>,
    is_old: bool,
    at: &Origin,
    builder: &mut Builder,
) {
    if call == "execute" {
        execute(arguments, at, builder);
        return;
    }
    let Some(first) = arguments.name(0) else {
        return;
    };
    let table = TableName::plain(first.clone());
    let changes = match call {
        "drop_table" => vec![SchemaChange::Drop { table }],
        "rename_table" => arguments
            .name(1)
            .map(|to| SchemaChange::Rename {
                table,
                to: TableName::plain(to),
            })
            .into_iter()
            .collect(),
        "create_enum" => {
            let values = arguments.plain.get(1).map(names_of).unwrap_or_default();
            vec![SchemaChange::CreateType {
                name: first,
                defined: NamedType::Values(values),
            }]
        }
        "create_join_table" => join_table(&first, arguments),
        "add_foreign_key" => foreign_key(table, arguments),
        "remove_foreign_key" => {
            let column = arguments.option_name("column").or_else(|| {
                arguments
                    .name(1)
                    .map(|there| format!("{}_id", singular(&there)))
            });
            vec![SchemaChange::DropKey {
                table: Some(table),
                name: KeyName::ForeignOf(column.into_iter().collect()),
            }]
        }
        "add_index" => arguments
            .index(1)
            .map(|key| SchemaChange::AddKey { table, key })
            .into_iter()
            .collect(),
        "remove_index" => remove_index(table, arguments),
        _ => column_changes(call, &table, arguments, is_old, at),
    };
    for change in changes {
        builder.apply(change, at);
    }
}

/// Calls that change one table's columns.
fn column_changes(
    call: &str,
    table: &TableName,
    arguments: &Arguments<'_>,
    is_old: bool,
    at: &Origin,
) -> Vec<SchemaChange> {
    let maker = ChangeMaker { table, at };
    let second = arguments.name(1);
    match call {
        "add_column" => {
            let kind = arguments.name(2).unwrap_or_default();
            let column = second.map(|name| arguments.column(&name, &kind, at));
            column.into_iter().map(|column| maker.add(column)).collect()
        }
        "remove_column" => second
            .into_iter()
            .map(|column| maker.drop(column))
            .collect(),
        "remove_columns" => {
            let names = (1..arguments.plain.len()).filter_map(|place| arguments.name(place));
            names.map(|column| maker.drop(column)).collect()
        }
        "rename_column" => {
            let names = second.zip(arguments.name(2));
            let change = names.map(|(from, to)| maker.rename(from, to));
            change.into_iter().collect()
        }
        "add_reference" | "add_belongs_to" => {
            let columns = second.map(|name| reference_columns(table, &name, arguments, is_old, at));
            columns.unwrap_or_default()
        }
        "remove_reference" | "remove_belongs_to" => {
            let is_polymorphic = arguments.is_true("polymorphic");
            maker.drop_reference(&second.unwrap_or_default(), is_polymorphic)
        }
        "add_timestamps" => {
            let nullable = arguments
                .option("null")
                .is_none_or(|value| value.peek_text() != "false");
            maker.timestamps(arguments, nullable)
        }
        "remove_timestamps" => maker.drop_timestamps(),
        "change_table_comment" => vec![maker.comment(None, second)],
        "change_column_comment" => vec![maker.comment(second, arguments.name(2))],
        _ => {
            let patch = patch_of(call, arguments, at);
            let change = second
                .zip(patch)
                .map(|(column, patch)| maker.alter(column, patch));
            change.into_iter().collect()
        }
    }
}

/// What a call changes of a column.
fn patch_of(call: &str, arguments: &Arguments<'_>, at: &Origin) -> Option<ColumnPatch> {
    let is_null = |value: Cursor<'_>| value.peek_text() != "false";
    match call {
        "change_column" => {
            let kind = arguments.name(2).unwrap_or_default();
            let column = arguments.column("", &kind, at);
            let default = arguments.option("default").map(|_| column.default.clone());
            Some(ColumnPatch {
                data_type: column.data_type,
                nullable: arguments.option("null").map(is_null),
                default,
                ..ColumnPatch::default()
            })
        }
        "change_column_null" => Some(ColumnPatch {
            nullable: arguments.plain.get(2).copied().map(is_null),
            ..ColumnPatch::default()
        }),
        "change_column_default" => {
            let to = arguments.option("to");
            let to = to.or_else(|| arguments.plain.get(2).copied());
            Some(ColumnPatch {
                default: Some(to.and_then(|value| literal(&value))),
                ..ColumnPatch::default()
            })
        }
        _ => None,
    }
}

pub(super) fn remove_index(table: TableName, arguments: &Arguments<'_>) -> Vec<SchemaChange> {
    let named = arguments.option_name("name").map(KeyName::Named);
    let columns = arguments
        .option("column")
        .or_else(|| arguments.plain.get(1).copied());
    let columns = columns.map(|value| KeyName::IndexOf(names_of(&value)));
    let name = named.or(columns);
    let change = name.map(|name| SchemaChange::DropKey {
        table: Some(table),
        name,
    });
    change.into_iter().collect()
}

/// SQL that a migration runs.
pub(super) fn execute(arguments: &Arguments<'_>, at: &Origin, builder: &mut Builder) {
    let Some(text) = arguments.plain.first().and_then(name_of) else {
        return;
    };
    SqlText::made(text, at).apply(builder);
}

pub(super) fn join_table(first: &str, arguments: &Arguments<'_>) -> Vec<SchemaChange> {
    let Some(second) = arguments.name(1) else {
        return Vec::new();
    };
    let mut both = [first.to_owned(), second];
    both.sort();
    let name = arguments
        .option_name("table_name")
        .unwrap_or_else(|| both.join("_"));
    let mut table = crate::schema::SqlTable::named(TableName::plain(name));
    table.columns = both
        .iter()
        .map(|name| crate::schema::Column {
            nullable: false,
            ..crate::schema::Column::typed(format!("{}_id", singular(name)), "bigint")
        })
        .collect();
    vec![SchemaChange::Create {
        table: Box::new(table),
        or_keep: false,
        or_replace: false,
    }]
}

pub(super) fn foreign_key(table: TableName, arguments: &Arguments<'_>) -> Vec<SchemaChange> {
    let Some(there) = arguments.name(1) else {
        return Vec::new();
    };
    let column = arguments.option_name("column");
    let key = ForeignKey {
        columns: vec![column.unwrap_or_else(|| format!("{}_id", singular(&there)))],
        table: TableName::plain(there),
        references: arguments.option_name("primary_key").into_iter().collect(),
        name: arguments.option_name("name"),
        on_delete: arguments.action("on_delete"),
        on_update: arguments.action("on_update"),
    };
    vec![SchemaChange::AddKey {
        table,
        key: TableKey::Foreign(key),
    }]
}

/// The singular of a table's name: the word whose plural it is.
pub(crate) fn singular(name: &str) -> String {
    let tries = [
        name.strip_suffix("ies").map(|start| format!("{start}y")),
        name.strip_suffix("es").map(str::to_owned),
        name.strip_suffix('s').map(str::to_owned),
        name.strip_suffix("people")
            .map(|start| format!("{start}person")),
        name.strip_suffix("children")
            .map(|start| format!("{start}child")),
        name.strip_suffix("ves").map(|start| format!("{start}fe")),
        name.strip_suffix("ices").map(|start| format!("{start}ex")),
    ];
    let fits = |word: &String| plural(word) == name;
    let found = tries.into_iter().flatten().find(fits);
    found.unwrap_or_else(|| name.to_owned())
}
