//! The definition of one column: name, type, and what follows them in any dialect.

use super::check::listed_values;
use super::names::{self, column_list, name, table_name};
use crate::schema::change::TableKey;
use crate::schema::{Column, DataType, ForeignKey, TypeKind, UniqueKey};
use crate::tokens::{Cursor, Kind};

/// Words that end a type or a default.
const AFTER: &[&str] = &[
    "not",
    "null",
    "default",
    "primary",
    "unique",
    "references",
    "check",
    "constraint",
    "collate",
    "generated",
    "as",
    "auto_increment",
    "autoincrement",
    "identity",
    "comment",
    "on",
    "key",
    "charset",
    "invisible",
    "visible",
    "storage",
    "compression",
    "encode",
    "sparse",
    "rowguidcol",
    "foreign",
    "first",
    "after",
    "deferrable",
    "initially",
    "masked",
    "hidden",
    "persisted",
    "virtual",
    "stored",
    "distkey",
    "sortkey",
    "codec",
    "ttl",
    "using",
    "options",
    "srid",
];

/// A column and the keys that its definition makes.
pub(crate) struct ColumnDefinition {
    pub column: Column,
    pub keys: Vec<TableKey>,
}

/// Reads the whole of a definition.
pub(crate) fn column(cursor: &mut Cursor<'_>) -> Result<ColumnDefinition, String> {
    let shown = shown(cursor);
    let name = name(cursor).ok_or_else(|| format!("no name of a column at `{shown}`"))?;
    let mut definition = ColumnDefinition {
        column: Column::named(name),
        keys: Vec::new(),
    };
    set_type(&mut definition.column, data_type(cursor));
    while !cursor.is_empty() {
        constraint(cursor, &mut definition);
    }
    Ok(definition)
}

/// The beginning of what is left, for messages.
pub(crate) fn shown(cursor: &Cursor<'_>) -> String {
    let written = cursor.written();
    let end = written
        .char_indices()
        .nth(40)
        .map_or(written.len(), |(at, _)| at);
    written[..end].to_owned()
}

/// Gives a column a type, and the values that an enumeration lists.
fn set_type(column: &mut Column, found: Option<(DataType, Vec<String>)>) {
    let Some((data_type, values)) = found else {
        return;
    };
    let lower = data_type.written.to_lowercase();
    if lower.contains("serial") && !lower.contains(' ') {
        (column.is_identity, column.nullable) = (true, false);
    }
    column.values = values;
    column.data_type = Some(data_type);
}

/// Takes a type, with the values of an enumeration; none if there is none, as SQLite allows.
pub(crate) fn data_type(cursor: &mut Cursor<'_>) -> Option<(DataType, Vec<String>)> {
    let (start, mut values) = (*cursor, Vec::new());
    let mut is_first = true;
    while let Some(token) = cursor.peek() {
        let ends = cursor.is_any(AFTER)
            || !is_first && cursor.is("character") && is_character_set(cursor)
            || cursor.is("with") && !is_zone(cursor);
        match token.kind {
            _ if ends => break,
            Kind::Word => {
                cursor.next();
            }
            Kind::Name if is_first || start.until(cursor).written().ends_with('.') => {
                cursor.next();
            }
            Kind::Mark(b'.') => {
                cursor.next();
            }
            Kind::Mark(b'(' | b'[') if !is_first => {
                let is_list = start.is("enum");
                let inner = *cursor;
                cursor.skip();
                if is_list {
                    values = texts(&inner.until(cursor));
                }
            }
            _ => break,
        }
        is_first = false;
    }
    let written = start.until(cursor);
    if written.is_empty() {
        return None;
    }
    let mut data_type = DataType::of(&written.written());
    if !values.is_empty() {
        data_type.kind = TypeKind::Enum;
    }
    Some((data_type, values))
}

/// The texts among some tokens.
pub(crate) fn texts(cursor: &Cursor<'_>) -> Vec<String> {
    let is_text = |kind: Kind| matches!(kind, Kind::Text | Kind::Name);
    let tokens = cursor.tokens.iter().filter(|token| is_text(token.kind));
    tokens.map(|token| names::text(cursor.of(*token))).collect()
}

fn is_character_set(cursor: &Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    ahead.eat_all(&["character", "set"])
}

fn is_zone(cursor: &Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    ahead.eat_all(&["with", "time"]) || ahead.eat_all(&["with", "local"])
}

/// Takes one constraint of a column, or one token that says nothing here.
fn constraint(cursor: &mut Cursor<'_>, definition: &mut ColumnDefinition) {
    let named = if cursor.eat("constraint") {
        name(cursor)
    } else {
        None
    };
    let column = &mut definition.column;
    let only = || vec![column.name.clone()];
    if cursor.eat_all(&["not", "null"]) {
        column.nullable = false;
    } else if cursor.eat("null") {
        column.nullable = true;
    } else if cursor.eat_all(&["primary", "key"]) {
        definition.keys.push(TableKey::Primary(named, only()));
        column.nullable = false;
    } else if cursor.eat("unique") {
        cursor.eat("key");
        let columns = only();
        definition.keys.push(TableKey::Unique(UniqueKey {
            name: named,
            columns,
        }));
    } else if cursor.is("key") {
        cursor.next();
        definition.keys.push(TableKey::Primary(named, only()));
    } else if cursor.eat("references") {
        let columns = only();
        definition.keys.extend(reference(cursor, named, columns));
    } else if cursor.eat("check") {
        if let Some(inner) = cursor.group(b'(')
            && let Some((of, values)) = listed_values(&inner)
            && of.eq_ignore_ascii_case(&column.name)
        {
            column.values = values.clone();
            definition.keys.push(TableKey::Values {
                name: named,
                column: of,
                values,
            });
        }
    } else {
        value(cursor, column);
    }
}

/// Takes what says how the values of a column come to be, or one token that says nothing here.
fn value(cursor: &mut Cursor<'_>, column: &mut Column) {
    if cursor.eat("default") {
        column.default = Some(default(cursor)).filter(|value| !value.eq_ignore_ascii_case("null"));
        column.is_identity |= column
            .default
            .as_ref()
            .is_some_and(|default| default.to_lowercase().starts_with("nextval("));
    } else if cursor.eat("generated") {
        let _ = cursor.eat("always") || cursor.eat_all(&["by", "default"]);
        cursor.eat("as");
        if cursor.eat("identity") {
            (column.is_identity, column.nullable) = (true, false);
            cursor.group(b'(');
        } else {
            column.generated = cursor.group(b'(').map(|inner| inner.written());
        }
    } else if cursor.eat("as") {
        column.generated = cursor.group(b'(').map(|inner| inner.written());
    } else if cursor.eat("identity") {
        column.is_identity = true;
        cursor.group(b'(');
    } else if cursor.eat("auto_increment") || cursor.eat("autoincrement") {
        column.is_identity = true;
    } else if cursor.eat("comment") {
        cursor.mark(b'=');
        if let Some(token) = cursor.next() {
            column.comment = Some(names::text(cursor.of(token))).filter(|text| !text.is_empty());
        }
    } else if cursor.eat("on") {
        // MySQL's ON UPDATE CURRENT_TIMESTAMP, SQLite's ON CONFLICT.
        cursor.next();
        cursor.skip();
        cursor.group(b'(');
    } else {
        cursor.skip();
    }
}

/// Takes the expression of a default.
pub(crate) fn default(cursor: &mut Cursor<'_>) -> String {
    let start = *cursor;
    if cursor.is_mark(b'-') || cursor.is_mark(b'+') {
        cursor.next();
    }
    let is_next_value = cursor.is("next");
    cursor.skip();
    while let Some(token) = cursor.peek() {
        let is_cast = token.kind == Kind::Mark(b':');
        let ends = !is_next_value && (cursor.is_any(AFTER) || cursor.is_any(&["for", "enable"]));
        if ends || token.kind == Kind::Mark(b',') {
            break;
        }
        cursor.skip();
        if is_cast && cursor.mark(b':') {
            // A cast names a type, which no word above is.
            table_name(cursor);
        }
    }
    start.until(cursor).written()
}

/// Takes what follows REFERENCES.
pub(crate) fn reference(
    cursor: &mut Cursor<'_>,
    named: Option<String>,
    columns: Vec<String>,
) -> Option<TableKey> {
    let table = table_name(cursor)?;
    let references = cursor.group(b'(').map(|inner| column_list(&inner));
    let mut key = ForeignKey {
        name: named,
        columns,
        table,
        references: references.unwrap_or_default(),
        ..ForeignKey::default()
    };
    loop {
        if cursor.eat_all(&["on", "delete"]) {
            key.on_delete = action(cursor);
        } else if cursor.eat_all(&["on", "update"]) {
            key.on_update = action(cursor);
        } else if cursor.eat("match") {
            cursor.next();
        } else {
            return Some(TableKey::Foreign(key));
        }
    }
}

fn action(cursor: &mut Cursor<'_>) -> Option<String> {
    let first = cursor.word()?.to_uppercase();
    let second = match first.as_str() {
        "SET" | "NO" => cursor.word(),
        _ => None,
    };
    Some(match second {
        Some(second) => format!("{first} {}", second.to_uppercase()),
        None => first,
    })
}
