//! Rails: `db/schema.rb`, and the migrations in `db/migrate` in the order of their numbers.
//!
//! Both are calls on lines of their own. What is between `do |t|` and its `end` belongs to a table;
//! `end` is found by its place in the line, which every formatter of Ruby keeps.

use super::rails_tables::{
    Arguments, TableBlock, describe_block, name_of, names_of, reference_columns,
};
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{ColumnPatch, KeyName, NamedType, TableKey};
use crate::schema::{ForeignKey, Origin, SchemaChange, TableName};
use crate::sql;
use crate::tokens::{Cursor, Tokens};

use super::naming::plural;

pub(crate) const READER: Reader = Reader {
    name: "Rails",
    rank: 0,
    may_be: |path| path.ends_with(".rb"),
    is: |_, text| text.contains("ActiveRecord::Schema") || text.contains("ActiveRecord::Migration"),
    read,
};

/// The rank of migrations: the schema says what they lead to.
const MIGRATIONS: u8 = 1;

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let is_schema = |file: &&SchemaFile| file.text().contains("ActiveRecord::Schema");
    let (schemas, mut migrations): (Vec<&SchemaFile>, Vec<&SchemaFile>) =
        files.iter().copied().partition(is_schema);
    let mut units = Vec::new();
    for schema in schemas {
        let mut builder = Builder::default();
        read_file(schema, &mut builder);
        units.push(Unit::of(&READER, builder));
    }
    if !migrations.is_empty() {
        let name = |file: &SchemaFile| file.path.rsplit('/').next().unwrap_or_default().to_owned();
        migrations.sort_by_key(|file| name(file));
        let mut builder = Builder::default();
        for file in &migrations {
            read_file(file, &mut builder);
        }
        let mut unit = Unit::of(&READER, builder);
        (unit.name, unit.rank) = ("Rails migrations", MIGRATIONS);
        units.push(unit);
    }
    units
}

/// The lines of a file: one goes on after a comma and within brackets.
fn lines<'a>(tokens: &'a Tokens<'a>) -> Vec<Cursor<'a>> {
    let (mut rest, mut lines) = (tokens.cursor(), Vec::new());
    while !rest.is_empty() {
        let start = rest;
        rest.skip();
        loop {
            let goes_on = rest.peek().is_some_and(|token| !token.is_first);
            let last = start.until(&rest).tokens.last().copied();
            let after_comma = last.is_some_and(|token| {
                token.kind == crate::tokens::Kind::Mark(b',') && !rest.is_empty()
            });
            if !goes_on && !after_comma {
                break;
            }
            rest.skip();
        }
        lines.push(start.until(&rest));
    }
    lines
}

fn column(line: &Cursor<'_>) -> u32 {
    line.peek().map_or(0, |token| token.column)
}

fn read_file(file: &SchemaFile, builder: &mut Builder) {
    let tokens = file.tokens("ruby");
    let lines = lines(&tokens);
    let is_old = ["Migration[4", "Migration[5.0", "Migration\n", "Migration\r"]
        .iter()
        .any(|mark| file.text().contains(mark));
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let own = column(&line);
        let end = |from: usize| {
            let mut after = lines[from..].iter();
            after
                .position(|line| line.peek_text() == "end" && column(line) <= own)
                .map_or(lines.len(), |at| from + at)
        };
        if undoes(&line) {
            at = end(at + 1);
            continue;
        }
        let mut rest = line;
        let call = rest.word().unwrap_or_default();
        let arguments = Arguments::of(&mut rest);
        let opens = rest.peek_word() == Some("do") || rest.is_mark(b'{');
        let origin = file.origin(&line);
        if matches!(call, "create_table" | "change_table") && opens {
            let until = end(at + 1);
            let block = TableBlock {
                file,
                arguments: &arguments,
                lines: &lines[at + 1..until],
                is_new: call == "create_table",
                is_old,
            };
            describe_block(&block, &origin, builder);
            at = until;
            continue;
        }
        if call == "create_table" {
            let block = TableBlock {
                file,
                arguments: &arguments,
                lines: &[],
                is_new: true,
                is_old,
            };
            describe_block(&block, &origin, builder);
        } else {
            statement(call, &arguments, is_old, &origin, builder);
        }
        at += 1;
    }
}

/// Whether a line opens what takes the migration back.
fn undoes(line: &Cursor<'_>) -> bool {
    let mut rest = *line;
    match rest.word() {
        Some("def") => {
            matches!(rest.peek_text(), "down") || {
                rest.word();
                rest.mark(b'.') && rest.peek_text() == "down"
            }
        }
        Some("dir" | "direction" | "d") => rest.mark(b'.') && rest.peek_text() == "down",
        Some("down") => rest.peek_text() == "do",
        _ => false,
    }
}

/// One call outside of a table's block.
fn statement(
    call: &str,
    arguments: &Arguments<'_>,
    is_old: bool,
    at: &Origin,
    builder: &mut Builder,
) {
    let Some(first) = arguments.name(0) else {
        if call == "execute" {
            execute(arguments, at, builder);
        }
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
    let table = table.clone();
    let patch = |patch: ColumnPatch| -> Vec<SchemaChange> {
        let column = arguments.name(1);
        let change = column.map(|column| SchemaChange::AlterColumn {
            table: table.clone(),
            column,
            patch,
        });
        change.into_iter().collect()
    };
    match call {
        "add_column" => {
            let kind = arguments.name(2).unwrap_or_default();
            let column = arguments
                .name(1)
                .map(|name| arguments.column(&name, &kind, at));
            column
                .into_iter()
                .map(|column| SchemaChange::AddColumn {
                    table: table.clone(),
                    column: Box::new(column),
                    or_keep: false,
                })
                .collect()
        }
        "remove_column" | "remove_columns" => {
            let count = if call == "remove_column" {
                2
            } else {
                arguments.plain.len()
            };
            (1..count)
                .filter_map(|place| arguments.name(place))
                .map(|column| SchemaChange::DropColumn {
                    table: table.clone(),
                    column,
                    if_exists: false,
                })
                .collect()
        }
        "rename_column" => match (arguments.name(1), arguments.name(2)) {
            (Some(from), Some(to)) => vec![SchemaChange::RenameColumn { table, from, to }],
            _ => Vec::new(),
        },
        "change_column" => {
            let kind = arguments.name(2).unwrap_or_default();
            let column = arguments.column("", &kind, at);
            let is_null = arguments
                .option("null")
                .map(|value| value.peek_text() != "false");
            let default = arguments.option("default").map(|_| column.default.clone());
            patch(ColumnPatch {
                data_type: column.data_type,
                nullable: is_null,
                default,
                ..ColumnPatch::default()
            })
        }
        "change_column_null" => patch(ColumnPatch {
            nullable: arguments
                .plain
                .get(2)
                .map(|value| value.peek_text() != "false"),
            ..ColumnPatch::default()
        }),
        "change_column_default" => {
            let to = arguments
                .option("to")
                .or_else(|| arguments.plain.get(2).copied());
            patch(ColumnPatch {
                default: Some(to.and_then(|value| super::rails_tables::literal(&value))),
                ..ColumnPatch::default()
            })
        }
        "add_reference" | "add_belongs_to" => {
            let name = arguments.name(1);
            name.map(|name| reference_columns(&table, &name, arguments, is_old, at))
                .unwrap_or_default()
        }
        "remove_reference" | "remove_belongs_to" => {
            let name = arguments.name(1).unwrap_or_default();
            let parts = if arguments.is_true("polymorphic") {
                vec!["id", "type"]
            } else {
                vec!["id"]
            };
            parts
                .into_iter()
                .map(|part| SchemaChange::DropColumn {
                    table: table.clone(),
                    column: format!("{name}_{part}"),
                    if_exists: false,
                })
                .collect()
        }
        "add_timestamps" | "remove_timestamps" => ["created_at", "updated_at"]
            .into_iter()
            .map(|name| {
                if call == "add_timestamps" {
                    let column = arguments.column(name, "datetime", at);
                    SchemaChange::AddColumn {
                        table: table.clone(),
                        column: Box::new(column),
                        or_keep: true,
                    }
                } else {
                    SchemaChange::DropColumn {
                        table: table.clone(),
                        column: name.into(),
                        if_exists: false,
                    }
                }
            })
            .collect(),
        "change_table_comment" => vec![SchemaChange::Comment {
            table,
            column: None,
            text: arguments.name(1),
        }],
        "change_column_comment" => vec![SchemaChange::Comment {
            table,
            column: arguments.name(1),
            text: arguments.name(2),
        }],
        _ => Vec::new(),
    }
}

fn remove_index(table: TableName, arguments: &Arguments<'_>) -> Vec<SchemaChange> {
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
fn execute(arguments: &Arguments<'_>, at: &Origin, builder: &mut Builder) {
    let Some(text) = arguments.plain.first().and_then(name_of) else {
        return;
    };
    let path = at.path.clone();
    let mut inner = Builder::default();
    sql::read(&path, &text, &mut inner);
    let is_nothing = inner.open.is_empty() && inner.notes.is_empty() && inner.finish().is_empty();
    if !is_nothing {
        builder.note(
            at,
            "SQL in a migration that changes tables: not followed",
            true,
        );
    }
}

fn join_table(first: &str, arguments: &Arguments<'_>) -> Vec<SchemaChange> {
    let Some(second) = arguments.name(1) else {
        return Vec::new();
    };
    let mut both = [first.to_owned(), second];
    both.sort();
    let name = arguments
        .option_name("table_name")
        .unwrap_or_else(|| both.join("_"));
    let mut table = crate::schema::Table::named(TableName::plain(name));
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

fn foreign_key(table: TableName, arguments: &Arguments<'_>) -> Vec<SchemaChange> {
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
