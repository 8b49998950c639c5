//! Exposed, Kotlin's tables as objects: `object Users : IntIdTable("users") { ... }`.
//!
//! Each `val` of an object that a known function makes is a column. A function of the project that
//! makes one is a note, and a class that several tables extend is not followed.

use super::chains::{Link, links, sql_literal, whole_text};
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::{TableKey, add_to_primary};
use crate::schema::{
    Column, DataType, ForeignKey, SqlTable, TableIndex, TableName, TypeKind, UniqueKey,
};
use crate::tokens::{Cursor, Tokens};
use std::collections::HashMap;

pub(crate) const READER: Reader = Reader {
    name: "Exposed",
    rank: 5,
    may_be: |path| path.ends_with(".kt"),
    is: |_, text| {
        let bases = ["Table(", "Table<", "IdTable"];
        text.contains("object ") && bases.iter().any(|base| text.contains(base))
    },
    read,
};

/// What a table extends, and the type of the `id` that it then has.
const BASES: &[(&str, &str)] = &[
    ("Table", ""),
    ("IntIdTable", "integer"),
    ("UIntIdTable", "integer"),
    ("LongIdTable", "bigint"),
    ("ULongIdTable", "bigint"),
    ("UUIDTable", "uuid"),
    ("IdTable", ""),
    ("CompositeIdTable", ""),
];
/// Functions that make a column, and its type in SQL.
const TYPES: &[(&str, &str)] = &[
    ("byte", "smallint"),
    ("short", "smallint"),
    ("integer", "integer"),
    ("uinteger", "integer"),
    ("long", "bigint"),
    ("ulong", "bigint"),
    ("float", "float"),
    ("double", "double precision"),
    ("decimal", "numeric"),
    ("char", "char"),
    ("varchar", "varchar"),
    ("text", "text"),
    ("mediumText", "text"),
    ("largeText", "text"),
    ("bool", "boolean"),
    ("binary", "blob"),
    ("blob", "blob"),
    ("uuid", "uuid"),
    ("date", "date"),
    ("time", "time"),
    ("datetime", "timestamp"),
    ("timestamp", "timestamp"),
    ("timestampWithTimeZone", "timestamp with time zone"),
    ("duration", "bigint"),
    ("json", "json"),
    ("jsonb", "jsonb"),
    ("enumeration", "integer"),
    ("enumerationByName", "varchar"),
];

/// An object that is a table.
struct Object<'a> {
    table: String,
    id: &'static str,
    body: Cursor<'a>,
    file: &'a SchemaFile,
    whole: Cursor<'a>,
    /// The columns of its properties.
    columns: HashMap<&'a str, String>,
}

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    let lexed: Vec<(&SchemaFile, Tokens<'_>)> = files
        .iter()
        .map(|file| (*file, file.own_tokens()))
        .collect();
    let mut objects: Vec<(&str, Object<'_>)> = Vec::new();
    for (file, tokens) in &lexed {
        add_objects(file, tokens.cursor(), &mut objects);
    }
    let by_name: HashMap<&str, usize> = objects
        .iter()
        .enumerate()
        .map(|(at, (name, _))| (*name, at))
        .collect();
    for (_, object) in &objects {
        describe(object, &objects, &by_name, &mut builder);
    }
    builder.retry();
    vec![Unit::of(&READER, builder)]
}

fn add_objects<'a>(
    file: &'a SchemaFile,
    whole: Cursor<'a>,
    found: &mut Vec<(&'a str, Object<'a>)>,
) {
    let mut rest = whole;
    while !rest.is_empty() {
        let start = rest;
        let is_object = rest.is("object");
        rest.next();
        if let Some((name, object)) = is_object.then(|| object(file, start)).flatten() {
            found.push((name, object));
        }
    }
}

/// Reads `object Name : Base("table") { ... }`.
fn object<'a>(file: &'a SchemaFile, start: Cursor<'a>) -> Option<(&'a str, Object<'a>)> {
    let mut rest = start;
    rest.next();
    let name = rest.word()?;
    if !rest.mark(b':') {
        return None;
    }
    let base = rest.word()?;
    let (_, id) = BASES.iter().find(|(known, _)| *known == base)?;
    if rest.mark(b'<') {
        rest.word();
        rest.mark(b'>');
    }
    let arguments = rest.group(b'(')?;
    let first = arguments.split(b',').first().copied();
    let table = match first.and_then(name_in) {
        Some(named) => named,
        None => name.strip_suffix("Table").unwrap_or(name).to_owned(),
    };
    let body = rest.group(b'{')?;
    let mut columns = HashMap::new();
    for (property, value) in properties(body) {
        let chain = chain(value);
        if let Some(column) = chain.first().and_then(column_name) {
            columns.insert(property, column);
        }
    }
    let object = Object {
        table,
        id,
        body,
        file,
        whole: start.until(&rest),
        columns,
    };
    Some((name, object))
}

/// The text of an argument `"users"` or `name = "users"`.
fn name_in(mut value: Cursor<'_>) -> Option<String> {
    if value.eat("name") {
        value.mark(b'=');
    }
    whole_text(&value)
}

/// The properties of an object, each with what follows its `=`.
fn properties(body: Cursor<'_>) -> Vec<(&str, Cursor<'_>)> {
    let (mut rest, mut found) = (body, Vec::new());
    while !rest.is_empty() {
        let is_value = rest.is("val");
        rest.skip();
        let mut ahead = rest;
        let Some(name) = ahead.word().filter(|_| is_value) else {
            continue;
        };
        // A declared type: at most a few words.
        for _ in 0..16 {
            if ahead.is_mark(b'=') || ahead.peek().is_none_or(|token| token.is_first) {
                break;
            }
            ahead.next();
        }
        if ahead.mark(b'=') {
            found.push((name, ahead));
        }
    }
    found
}

/// The calls that a value is; a call may begin on a line of its own.
fn chain(value: Cursor<'_>) -> Vec<Link<'_>> {
    let mut rest = value;
    links(&mut rest)
}

fn column_name(link: &Link<'_>) -> Option<String> {
    let is_known = TYPES.iter().any(|(name, _)| *name == link.name);
    let is_reference = matches!(
        link.name,
        "reference" | "optReference" | "customEnumeration"
    );
    if !is_known && !is_reference {
        return None;
    }
    let plain = link.plain();
    name_in(*plain.first()?)
}

fn describe<'a>(
    object: &Object<'a>,
    all: &[(&'a str, Object<'a>)],
    by_name: &HashMap<&str, usize>,
    builder: &mut Builder,
) {
    let at = object.file.origin(&object.whole);
    let name = match object.table.rsplit_once('.') {
        Some((namespace, name)) => TableName::within(Some(namespace.into()), name.into()),
        None => TableName::plain(object.table.clone()),
    };
    let (mut table, mut keys) = (SqlTable::named(name), Vec::new());
    if !object.id.is_empty() {
        let mut column = Column::typed("id", object.id);
        column.nullable = false;
        column.is_identity = object.id != "uuid";
        table.columns.push(column);
        add_to_primary(&mut keys, "id");
    }
    let there = |name: &str| by_name.get(name).map(|at| &all[*at].1);
    for (property, value) in properties(object.body) {
        let chain = chain(value);
        let Some(first) = chain.first() else { continue };
        if first.name == "PrimaryKey" {
            let columns = named_columns(&first.arguments, object);
            keys.push(TableKey::Primary(None, columns));
        } else if let Some(mut column) = column(&chain, &mut keys, &there) {
            column.defined = object.file.origin(&value);
            table.columns.push(column);
        } else if value.peek().is_some_and(|token| token.is_first) || property != "primaryKey" {
            table.is_complete = false;
            let message = format!("`{property}` of `{}` is not understood", object.table);
            builder.note(&at, message, true);
        }
    }
    keys.extend(indexes(object));
    builder.define(table, keys, &at);
}

/// The columns that arguments name by their properties.
fn named_columns(arguments: &Cursor<'_>, object: &Object<'_>) -> Vec<String> {
    let parts = arguments.split(b',').into_iter();
    let column = |mut part: Cursor<'_>| {
        let property = part.word().filter(|_| part.is_empty())?;
        let known = object.columns.get(property).cloned();
        known.or_else(|| (property == "id").then(|| "id".to_owned()))
    };
    parts.filter_map(column).collect()
}

/// `index(false, a, b)` and `uniqueIndex(a, b)` in `init { ... }`.
fn indexes(object: &Object<'_>) -> Vec<TableKey> {
    let (mut rest, mut found) = (object.body, Vec::new());
    while !rest.is_empty() {
        let is_init = rest.is("init");
        rest.skip();
        let Some(mut inner) = is_init.then(|| rest.group(b'{')).flatten() else {
            continue;
        };
        while !inner.is_empty() {
            let start = inner;
            for link in links(&mut inner) {
                found.extend(index(&link, object));
            }
            if inner.tokens.len() == start.tokens.len() {
                inner.skip();
            }
        }
    }
    found
}

/// The key or index that one such call makes.
fn index(link: &Link<'_>, object: &Object<'_>) -> Option<TableKey> {
    let is_unique = match link.name {
        "uniqueIndex" => true,
        "index" => link.arguments.written().contains("true"),
        _ => return None,
    };
    let columns = named_columns(&link.arguments, object);
    if columns.is_empty() {
        return None;
    }
    if is_unique {
        let name = None;
        return Some(TableKey::Unique(UniqueKey { name, columns }));
    }
    Some(TableKey::Index(TableIndex {
        columns,
        ..TableIndex::default()
    }))
}

/// The column that a chain of calls makes.
fn column<'a, 'b: 'a>(
    chain: &[Link<'b>],
    keys: &mut Vec<TableKey>,
    there: &dyn Fn(&str) -> Option<&'a Object<'b>>,
) -> Option<Column> {
    let (first, others) = chain.split_first()?;
    let mut column = Column::named(column_name(first)?);
    column.nullable = first.name == "optReference";
    let plain = first.plain();
    let known = TYPES.iter().find(|(name, _)| *name == first.name);
    if let Some((_, base)) = known {
        column.data_type = Some(sized(base, &plain));
    } else if first.name == "customEnumeration" {
        column.data_type = Some(DataType::meaning(TypeKind::Enum, "enum"));
    } else if let Some(target) = plain.get(1) {
        keys.extend(reference(&mut column, target, first, there));
    }
    let only = vec![column.name.clone()];
    for link in others {
        match link.name {
            "nullable" => column.nullable = true,
            "autoIncrement" | "autoinc" => column.is_identity = true,
            "default" => column.default = link.plain().first().and_then(sql_literal),
            "uniqueIndex" => keys.push(TableKey::Unique(UniqueKey {
                name: None,
                columns: only.clone(),
            })),
            "index" => keys.push(TableKey::Index(TableIndex {
                columns: only.clone(),
                ..TableIndex::default()
            })),
            "references" => {
                let target = link.plain().first().copied();
                keys.extend(target.and_then(|to| reference(&mut column, &to, link, there)));
            }
            _ => {}
        }
    }
    Some(column)
}

/// A type with the numbers that follow the name of the column.
fn sized(base: &str, arguments: &[Cursor<'_>]) -> DataType {
    if !matches!(base, "varchar" | "char" | "numeric") {
        return DataType::of(base);
    }
    let mut numbers = Vec::new();
    for argument in arguments.iter().skip(1) {
        let written = argument.written();
        if written.parse::<u32>().is_ok() {
            numbers.push(written);
        }
    }
    if numbers.is_empty() {
        return DataType::of(base);
    }
    let numbers = numbers.join(", ");
    DataType::of(&format!("{base}({numbers})"))
}

/// The reference to `Cities` or `Cities.id`.
fn reference<'a, 'b: 'a>(
    column: &mut Column,
    target: &Cursor<'b>,
    link: &Link<'b>,
    there: &dyn Fn(&str) -> Option<&'a Object<'b>>,
) -> Option<TableKey> {
    let mut rest = *target;
    let object = there(rest.word()?)?;
    let property = if rest.mark(b'.') { rest.word() } else { None };
    let known = property.and_then(|property| object.columns.get(property).cloned());
    if column.data_type.is_none() && !object.id.is_empty() {
        column.data_type = Some(DataType::of(object.id));
    }
    Some(TableKey::Foreign(ForeignKey {
        columns: vec![column.name.clone()],
        table: TableName::plain(object.table.clone()),
        references: vec![known.unwrap_or_else(|| "id".into())],
        on_delete: on_delete(link),
        ..ForeignKey::default()
    }))
}

/// The action of `onDelete = ReferenceOption.CASCADE`.
fn on_delete(link: &Link<'_>) -> Option<String> {
    let written = link.arguments.written();
    let (_, after) = written.split_once("onDelete")?;
    let first = after.split(',').next()?;
    let actions = ["CASCADE", "SET_NULL", "RESTRICT", "NO_ACTION"];
    let mut known = actions.iter();
    let found = known.find(|action| first.contains(*action))?;
    Some(found.replace('_', " "))
}
