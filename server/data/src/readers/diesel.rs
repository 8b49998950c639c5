//! Diesel's `table!` macros, which `diesel print-schema` writes.

use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::change::TableKey;
use crate::schema::{Column, DataType, ForeignKey, SchemaChange, SqlTable, TableName, TypeKind};
use crate::sql::plain_comment;
use crate::tokens::{Cursor, Kind, Tokens, content};

pub(crate) const READER: Reader = Reader {
    name: "Diesel",
    rank: 2,
    may_be: |path| path.ends_with(".rs"),
    is: |_, text| text.contains("table!") && (text.contains("->") || text.contains("joinable!")),
    read,
};

/// Diesel's types that are not called as in SQL.
const TYPES: &[(&str, TypeKind)] = &[
    ("Int2", TypeKind::SmallInt),
    ("TinyInt", TypeKind::SmallInt),
    ("Bool", TypeKind::Boolean),
    ("Timestamptz", TypeKind::Timestamp),
    ("TimestamptzSqlite", TypeKind::Timestamp),
    ("Bytea", TypeKind::Binary),
    ("Jsonb", TypeKind::Json),
];

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    for file in files {
        let tokens = file.tokens("rust");
        let mut cursor = tokens.cursor();
        while !cursor.is_empty() {
            if cursor.peek_word() == Some("macro_rules") {
                cursor.next();
                cursor.mark(b'!');
                cursor.next();
                cursor.skip();
            } else if cursor.peek_word() == Some("table") {
                cursor.next();
                if cursor.mark(b'!') {
                    table(file, &tokens, &mut cursor, &mut builder);
                }
            } else if cursor.peek_word() == Some("joinable") {
                cursor.next();
                if cursor.mark(b'!') {
                    joinable(file, &mut cursor, &mut builder);
                }
            } else {
                cursor.next();
            }
        }
    }
    vec![Unit::of(&READER, builder)]
}

fn body<'a>(cursor: &mut Cursor<'a>) -> Option<Cursor<'a>> {
    cursor
        .group(b'{')
        .or_else(|| cursor.group(b'('))
        .or_else(|| cursor.group(b'['))
}

/// Reads `table! { name (key) { column -> Type, } }`.
fn table(file: &SchemaFile, tokens: &Tokens<'_>, cursor: &mut Cursor<'_>, builder: &mut Builder) {
    let Some(mut inner) = body(cursor) else {
        return;
    };
    // Lines of `use` come first.
    while inner.peek_word() == Some("use") {
        while !inner.is_empty() && !inner.mark(b';') {
            inner.skip();
        }
    }
    let at = file.origin(&inner);
    let attributes = attributes(&mut inner);
    let first = inner.word();
    let namespaced = if inner.mark(b'.') { inner.word() } else { None };
    let (namespace, name) = match (first, namespaced) {
        (Some(namespace), Some(name)) => (Some(namespace.to_owned()), name),
        (Some(name), None) => (None, name),
        (None, _) => return,
    };
    let name = attributes.sql_name.unwrap_or_else(|| name.to_owned());
    let mut table = SqlTable::named(TableName::within(namespace, name));
    let key = inner.group(b'(');
    let Some(columns) = inner.group(b'{') else {
        return;
    };
    for mut part in columns.split(b',') {
        let whole = part;
        let attributes = self::attributes(&mut part);
        let Some(field) = part.word() else { continue };
        if !part.marks("->") {
            builder.note(
                &file.origin(&whole),
                format!("no type of the column `{field}`"),
                true,
            );
            table.is_complete = false;
            continue;
        }
        let mut column = Column::named(attributes.sql_name.unwrap_or_else(|| field.to_owned()));
        let (data_type, nullable) = data_type(part);
        (column.data_type, column.nullable) = (Some(data_type), nullable);
        column.defined = file.origin(&whole);
        column.comment = comment_above(tokens, &whole);
        table.columns.push(column);
    }
    let key = key.map_or_else(
        || vec!["id".to_owned()],
        |key| {
            key.split(b',')
                .into_iter()
                .filter_map(|mut part| part.word().map(str::to_owned))
                .collect()
        },
    );
    table.primary_key = key;
    builder.define(table, Vec::new(), &at);
}

#[derive(Default)]
struct Attributes {
    sql_name: Option<String>,
}

/// Takes `#[sql_name = "x"]` and others.
fn attributes(cursor: &mut Cursor<'_>) -> Attributes {
    let mut found = Attributes::default();
    while cursor.mark(b'#') {
        cursor.mark(b'!');
        let Some(mut inner) = cursor.group(b'[') else {
            continue;
        };
        if inner.word() == Some("sql_name") && inner.mark(b'=') {
            found.sql_name = inner.peek().map(|token| content(inner.of(token)));
        }
    }
    found
}

/// The type after the arrow, and whether it may be NULL.
fn data_type(mut part: Cursor<'_>) -> (DataType, bool) {
    let (mut nullable, mut is_list, mut name) = (false, false, "");
    while let Some(token) = part.next() {
        let word = part.of(token);
        match (token.kind, word) {
            (Kind::Word, "Nullable") if !is_list => nullable = true,
            (Kind::Word, "Nullable" | "Unsigned") => {}
            (Kind::Word, "Array") => is_list = true,
            (Kind::Word, word) => name = word,
            _ => {}
        }
    }
    let known = TYPES.iter().find(|(known, _)| *known == name);
    let mut found = match known {
        Some((_, kind)) => DataType::meaning(*kind, name),
        None => DataType::of(name),
    };
    found.is_list = is_list;
    (found, nullable)
}

/// The `///` lines above a column, without what Diesel itself writes there.
fn comment_above(tokens: &Tokens<'_>, item: &Cursor<'_>) -> Option<String> {
    let first = item.peek()?;
    let above = tokens
        .comments
        .iter()
        .rev()
        .skip_while(|comment| comment.line >= first.line);
    let mut parts: Vec<&str> = Vec::new();
    let mut wanted = first.line.checked_sub(1)?;
    for comment in above {
        let written = &tokens.text[comment.range.clone()];
        if comment.line != wanted || !comment.has_own_line {
            break;
        }
        // The one that says `The `x` column of the `y` table.` is Diesel's.
        if written.contains("` column of the `") || written.contains("Its SQL type is") {
            return Some(parts.into_iter().rev().collect::<Vec<_>>().join(" "))
                .filter(|text| !text.is_empty());
        }
        parts.push(written.trim_start_matches('/').trim());
        wanted = wanted.checked_sub(1)?;
    }
    parts.reverse();
    plain_comment(&parts.join("\n"))
}

/// Reads `joinable!(child -> parent (column));`.
fn joinable(file: &SchemaFile, cursor: &mut Cursor<'_>, builder: &mut Builder) {
    let Some(mut inner) = body(cursor) else {
        return;
    };
    let at = file.origin(&inner);
    let child = inner.word();
    if !inner.marks("->") {
        return;
    }
    let parent = inner.word();
    let column = inner.group(b'(').and_then(|mut column| column.word());
    if let (Some(child), Some(parent), Some(column)) = (child, parent, column) {
        let key = TableKey::Foreign(ForeignKey {
            columns: vec![column.to_owned()],
            table: TableName::plain(parent),
            ..ForeignKey::default()
        });
        let change = SchemaChange::AddKey {
            table: TableName::plain(child),
            key,
        };
        builder.apply(change, &at);
    }
}
