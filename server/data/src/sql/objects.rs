//! Statements about indexes, types and descriptions, and those that end or rename something.

use super::names::{self, column_list, name, table_name};
use super::table::Understood;
use super::{check, column};
use crate::schema::change::{KeyName, NamedType, TableKey};
use crate::schema::{SchemaChange, TableIndex, TableName, UniqueKey};
use crate::tokens::{Cursor, Kind, Token};

pub(super) fn index(cursor: &mut Cursor<'_>, is_unique: bool) -> Result<Understood, String> {
    cursor.eat("concurrently");
    cursor.eat_all(&["if", "not", "exists"]);
    let named = if cursor.is("on") {
        None
    } else {
        Some(
            table_name(cursor)
                .ok_or("the name of the index is not plain")?
                .name,
        )
    };
    if cursor.eat("using") {
        cursor.next();
    }
    cursor
        .eat("on")
        .then_some(())
        .ok_or("no ON after the name of the index")?;
    cursor.eat("only");
    let table = table_name(cursor).ok_or("the name of the table is not plain")?;
    if cursor.eat("using") {
        cursor.next();
    }
    let columns = cursor.group(b'(').map(|inner| column_list(&inner));
    let columns = columns.ok_or("no columns of the index")?;
    while !cursor.is_empty() && !cursor.is("where") {
        cursor.skip();
    }
    let condition = cursor.eat("where").then(|| cursor.written());
    let is_plain = columns.iter().all(|column| !column.contains('('));
    let key = if is_unique && condition.is_none() && is_plain {
        TableKey::Unique(UniqueKey {
            name: named,
            columns,
        })
    } else {
        TableKey::Index(TableIndex {
            name: named,
            columns,
            is_unique,
            condition,
        })
    };
    Ok(Understood::one(SchemaChange::AddKey { table, key }))
}

pub(super) fn create_type(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
    let name = table_name(cursor)
        .ok_or("the name of the type is not plain")?
        .name;
    let is_like = cursor.eat("from");
    cursor.eat("as");
    let defined = if cursor.eat("enum") {
        let inner = cursor.group(b'(').ok_or("no values of the type")?;
        NamedType::Values(column::texts(&inner))
    } else {
        let Some((base, _)) = column::data_type(cursor) else {
            return Ok(Understood::default());
        };
        let mut values = Vec::new();
        while !is_like && !cursor.is_empty() {
            if cursor.eat("check")
                && let Some((_, listed)) =
                    cursor.group(b'(').and_then(|of| check::listed_values(&of))
            {
                values = listed;
            } else {
                cursor.skip();
            }
        }
        NamedType::Like {
            base: base.written,
            values,
        }
    };
    Ok(Understood::one(SchemaChange::CreateType { name, defined }))
}

pub(super) fn alter_type(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
    let type_name = table_name(cursor)
        .ok_or("the name of the type is not plain")?
        .name;
    let text = |token: Option<Token>, cursor: &Cursor<'_>| {
        token
            .map(|token| names::text(cursor.of(token)))
            .ok_or("no value")
    };
    let change = if cursor.eat_all(&["add", "value"]) {
        cursor.eat_all(&["if", "not", "exists"]);
        let value = text(cursor.next(), cursor)?;
        SchemaChange::AddValue {
            name: type_name,
            value,
        }
    } else if cursor.eat_all(&["rename", "value"]) {
        let from = text(cursor.next(), cursor)?;
        cursor.eat("to");
        let to = text(cursor.next(), cursor)?;
        SchemaChange::RenameValue {
            name: type_name,
            from,
            to,
        }
    } else if cursor.eat_all(&["rename", "to"]) {
        let to = name(cursor).ok_or("no new name of the type")?;
        SchemaChange::RenameType {
            name: type_name,
            to,
        }
    } else {
        return Ok(Understood::default());
    };
    Ok(Understood::one(change))
}

pub(super) fn alter_view(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
    cursor.eat_all(&["if", "exists"]);
    let table = table_name(cursor).ok_or("the name of the view is not plain")?;
    if !cursor.eat_all(&["rename", "to"]) {
        return Ok(Understood::default());
    }
    let to = table_name(cursor).ok_or("no new name of the view")?;
    Ok(Understood::one(SchemaChange::Rename { table, to }))
}

pub(super) fn drop(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
    cursor.eat("temporary");
    cursor.eat("foreign");
    cursor.eat("materialized");
    let Some(kind) = cursor.word().map(str::to_lowercase) else {
        return Ok(Understood::default());
    };
    cursor.eat("concurrently");
    cursor.eat_all(&["if", "exists"]);
    let mut understood = Understood::default();
    for mut part in cursor.split(b',') {
        let named = || format!("the name of the {kind} is not plain");
        let change = match kind.as_str() {
            "table" | "view" => SchemaChange::Drop {
                table: table_name(&mut part).ok_or_else(named)?,
            },
            "type" | "domain" => SchemaChange::DropType {
                name: table_name(&mut part).ok_or_else(named)?.name,
            },
            "index" => {
                let mut name = table_name(&mut part).ok_or_else(named)?;
                // T-SQL of old: DROP INDEX table.index.
                let mut table = name.namespace.take().map(TableName::plain);
                if part.eat("on") {
                    table = table_name(&mut part);
                } else if table.is_some() {
                    table = None;
                }
                SchemaChange::DropKey {
                    table,
                    name: KeyName::Named(name.name),
                }
            }
            _ => return Ok(understood),
        };
        understood.changes.push(change);
    }
    Ok(understood)
}

pub(super) fn comment(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
    let is_column = cursor.is("column");
    let is_table = cursor.is_any(&["table", "view"]) || cursor.eat("materialized");
    if !is_column && !is_table {
        return Ok(Understood::default());
    }
    cursor.next();
    let mut table = table_name(cursor).ok_or("the name of what is described is not plain")?;
    let mut column = None;
    if is_column {
        column = Some(std::mem::take(&mut table.name));
        // A namespace that is the usual one was dropped, and so was the table with it.
        let parts = table.namespace.take();
        table = TableName::plain(parts.ok_or("no table of the column that is described")?);
    }
    cursor
        .eat("is")
        .then_some(())
        .ok_or("no IS in the description")?;
    let token = cursor.next().ok_or("no text of the description")?;
    let text = (token.kind != Kind::Word).then(|| names::text(cursor.of(token)));
    Ok(Understood::one(SchemaChange::Comment {
        table,
        column,
        text,
    }))
}

pub(super) fn rename_tables(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
    let mut understood = Understood::default();
    for mut part in cursor.split(b',') {
        let table = table_name(&mut part).ok_or("the name of the table is not plain")?;
        part.eat("to");
        let to = table_name(&mut part).ok_or("no new name of the table")?;
        understood.changes.push(SchemaChange::Rename { table, to });
    }
    Ok(understood)
}

/// T-SQL's procedures that rename and describe.
pub(super) fn procedure(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
    let called = table_name(cursor).map(|name| name.name.to_lowercase());
    let texts: Vec<String> = cursor
        .tokens
        .iter()
        .filter(|token| token.kind == Kind::Text)
        .map(|token| names::text(cursor.of(*token)))
        .collect();
    match (called.as_deref(), &texts[..]) {
        (Some("sp_rename"), [old, new, rest @ ..]) => Ok(rename_object(old, new, rest)),
        (Some("sp_addextendedproperty"), [kind, text, rest @ ..]) if kind == "MS_Description" => {
            Ok(describe_object(text, rest))
        }
        _ => Ok(Understood::default()),
    }
}

pub(super) fn rename_object(old: &str, new: &str, rest: &[String]) -> Understood {
    let plain = old.replace(['[', ']', '"'], "");
    let parts: Vec<&str> = plain.split('.').collect();
    let is_column = rest.iter().any(|kind| kind.eq_ignore_ascii_case("column"));
    let is_table = rest.is_empty() || rest.iter().any(|kind| kind.eq_ignore_ascii_case("object"));
    let new = new.replace(['[', ']'], "");
    match &parts[..] {
        [.., table, column] if is_column => Understood::one(SchemaChange::RenameColumn {
            table: TableName::plain(*table),
            from: (*column).to_owned(),
            to: new,
        }),
        [.., table] if is_table => Understood::one(SchemaChange::Rename {
            table: TableName::plain(*table),
            to: TableName::plain(new),
        }),
        _ => Understood::default(),
    }
}

pub(super) fn describe_object(text: &str, rest: &[String]) -> Understood {
    let after = |kind: &str| {
        let at = rest
            .iter()
            .position(|word| word.eq_ignore_ascii_case(kind))?;
        rest.get(at + 1).cloned()
    };
    let Some(table) = after("table").or_else(|| after("view")) else {
        return Understood::default();
    };
    Understood::one(SchemaChange::Comment {
        table: TableName::plain(table),
        column: after("column"),
        text: Some(text.to_owned()),
    })
}
