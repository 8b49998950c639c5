//! SQL that defines tables, in the dialects of SQLite, PostgreSQL, MySQL, T-SQL and DuckDB.
//!
//! `lex.rs` cuts a text into statements, however broken; each statement is read here. It does
//! not use a grammar: the one that nigh has for SQL parses queries of one dialect well, but gives
//! errors in a large share of real definitions, and an error there hides neighbours. Here a
//! statement that is not understood costs that statement, and is a note.

mod alter;
mod check;
mod column;
mod comments;
mod flavor;
mod lex;
pub(crate) mod names;
mod table;
#[cfg(test)]
mod tests;
mod view;

use crate::schema::builder::Builder;
use crate::schema::change::{KeyName, NamedType, TableKey};
use crate::schema::{Origin, SchemaChange, TableIndex, TableName, UniqueKey};
use crate::tokens::{Cursor, Kind, Token};
use comments::Remarks;
pub(crate) use comments::plain as plain_comment;
use flavor::Flavor;
use lex::{Statement, Statements};
use names::{column_list, name, table_name};
use std::ops::Range;
use std::sync::Arc;
use table::Understood;

/// Applies all statements of a file, in their order.
pub(crate) fn read(path: &Arc<str>, text: &str, builder: &mut Builder) {
    read_part(path, text, 0..text.len(), builder);
}

/// Applies the statements of a part of a file.
pub(crate) fn read_part(path: &Arc<str>, text: &str, part: Range<usize>, builder: &mut Builder) {
    let reader = Reader {
        path,
        text,
        flavor: Flavor::of(text),
    };
    reader.read(part, builder, 0);
}

struct Reader<'a> {
    path: &'a Arc<str>,
    text: &'a str,
    flavor: Flavor,
}

impl Reader<'_> {
    /// Reads a part; `depth` counts the texts with statements that it is in.
    fn read(&self, part: Range<usize>, builder: &mut Builder, depth: usize) {
        let line = self.text[..part.start].matches('\n').count() as u32 + 1;
        for statement in Statements::of(self.text, self.flavor, part, line) {
            self.statement(&statement, builder, depth);
        }
    }

    fn statement(&self, statement: &Statement, builder: &mut Builder, depth: usize) {
        let mut cursor = Cursor {
            text: self.text,
            tokens: &statement.tokens,
        };
        let at = self.origin(&cursor);
        if statement.is_routine {
            self.routine(&cursor, &at, builder);
            return;
        }
        if cursor.is("do") {
            self.block(cursor, builder, depth);
            return;
        }
        // T-SQL: IF NOT EXISTS (...) BEGIN CREATE TABLE ...
        if cursor.is("if") {
            while !cursor.is_empty() && !cursor.is_any(&["create", "alter", "drop", "exec"]) {
                cursor.skip();
            }
        }
        while cursor.eat("begin") || cursor.eat("transaction") || cursor.eat("tran") {}
        let remarks = Remarks {
            text: self.text,
            path: self.path,
            comments: &statement.comments,
            line: at.line,
        };
        let understood = statement_changes(&mut cursor, &remarks);
        let is_gap = statement.broken.is_some();
        if let Some(why) = statement.broken {
            builder.note(&at, why, true);
        }
        match understood {
            Ok(found) => self.apply(found, &at, builder),
            Err(why) if !is_gap => builder.note(&at, why, true),
            Err(_) => {}
        }
    }

    fn apply(&self, found: Understood, at: &Origin, builder: &mut Builder) {
        for change in found.changes {
            builder.apply(change, at);
        }
        for (line, why) in found.problems {
            let at = Origin { line, ..at.clone() };
            builder.note(&at, why, true);
        }
    }

    fn origin(&self, cursor: &Cursor<'_>) -> Origin {
        Origin {
            path: Arc::clone(self.path),
            line: cursor.line(),
            range: cursor.range(),
        }
    }

    /// A routine may change tables when it runs; that is not known here.
    fn routine(&self, cursor: &Cursor<'_>, at: &Origin, builder: &mut Builder) {
        let lower = self.text[cursor.range()].to_lowercase();
        let changes = ["create table", "alter table", "drop table", "rename table"];
        let is_temporary = lower.contains("create table #");
        if changes.iter().any(|change| lower.contains(change)) && !is_temporary {
            builder.note(
                at,
                "a routine that changes tables when it runs: not followed",
                true,
            );
        }
    }

    /// PostgreSQL's DO: the statements in its text.
    fn block(&self, cursor: Cursor<'_>, builder: &mut Builder, depth: usize) {
        let texts = cursor
            .tokens
            .iter()
            .filter(|token| token.kind == Kind::Text);
        for token in texts.take(1).filter(|_| depth == 0) {
            let written = cursor.of(*token);
            let tag = written[1..].find('$').map_or(1, |at| at + 2);
            let inner = token.start + tag..token.end.saturating_sub(tag).max(token.start + tag);
            if written.starts_with('$') && inner.end <= self.text.len() {
                self.read_block(inner, builder);
            }
        }
    }

    /// Statements within BEGIN, IF and EXCEPTION: those that begin with a word that matters.
    fn read_block(&self, inner: Range<usize>, builder: &mut Builder) {
        let body = &self.text[inner.clone()];
        let lower = body.to_ascii_lowercase();
        let starts = [
            "create type",
            "create table",
            "alter table",
            "alter type",
            "create unique index",
            "create index",
        ];
        let mut from = 0;
        while let Some(at) = starts
            .iter()
            .filter_map(|word| lower[from..].find(word))
            .min()
        {
            let start = from + at;
            let end = lower[start..]
                .find(';')
                .map_or(lower.len(), |at| start + at);
            self.read(inner.start + start..inner.start + end, builder, 1);
            from = end;
        }
    }
}

/// What a statement changes.
fn statement_changes(cursor: &mut Cursor<'_>, remarks: &Remarks<'_>) -> Result<Understood, String> {
    if cursor.eat("create") {
        return create(cursor, remarks);
    }
    if cursor.eat("alter") {
        if cursor.eat("foreign") || cursor.is("table") {
            cursor.eat("table");
            return alter::alter_table(cursor, remarks);
        }
        if cursor.eat("type") {
            return alter_type(cursor);
        }
        if cursor.eat("view") || cursor.eat_all(&["materialized", "view"]) {
            return alter_view(cursor);
        }
        return Ok(Understood::default());
    }
    if cursor.eat("drop") {
        return drop(cursor);
    }
    if cursor.eat_all(&["comment", "on"]) {
        return comment(cursor);
    }
    if cursor.eat_all(&["rename", "table"]) {
        return rename_tables(cursor);
    }
    if cursor.eat("exec") || cursor.eat("execute") {
        return procedure(cursor);
    }
    Ok(Understood::default())
}

fn create(cursor: &mut Cursor<'_>, remarks: &Remarks<'_>) -> Result<Understood, String> {
    let or_replace = cursor.eat_all(&["or", "replace"]);
    let whole = *cursor;
    // MySQL's ALGORITHM=..., DEFINER=... and the words that some tables have.
    let kinds = ["table", "view", "index", "type", "domain"];
    let mut is_temporary = false;
    let mut is_unique = false;
    while !cursor.is_empty() && !cursor.is_any(&kinds) {
        is_temporary |= cursor.is_any(&["temporary", "temp"]);
        is_unique |= cursor.is("unique");
        let is_known = cursor.is_any(BEFORE_KIND) || whole.is_any(&["algorithm", "definer", "sql"]);
        if !is_known {
            return Ok(Understood::default());
        }
        cursor.skip();
    }
    match cursor.word().map(str::to_lowercase).as_deref() {
        _ if is_temporary => Ok(Understood::default()),
        Some("table") => table::create_table(cursor, or_replace, remarks),
        Some("view") => {
            let mut view = view::view(cursor)?;
            view.comment = remarks.above();
            Ok(Understood::one(SchemaChange::Create {
                table: Box::new(view),
                or_keep: false,
                or_replace: true,
            }))
        }
        Some("index") => index(cursor, is_unique),
        Some("type" | "domain") => create_type(cursor),
        _ => Ok(Understood::default()),
    }
}

/// Words between CREATE and what is created.
const BEFORE_KIND: &[&str] = &[
    "temporary",
    "temp",
    "global",
    "local",
    "unlogged",
    "external",
    "foreign",
    "virtual",
    "unique",
    "clustered",
    "nonclustered",
    "fulltext",
    "spatial",
    "materialized",
    "recursive",
    "columnstore",
    "online",
    "offline",
    "bitmap",
    "hash",
    "transient",
    "force",
    "or",
    "replace",
    "alter",
    "editionable",
];

fn index(cursor: &mut Cursor<'_>, is_unique: bool) -> Result<Understood, String> {
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

fn create_type(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
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

fn alter_type(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
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

fn alter_view(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
    cursor.eat_all(&["if", "exists"]);
    let table = table_name(cursor).ok_or("the name of the view is not plain")?;
    if !cursor.eat_all(&["rename", "to"]) {
        return Ok(Understood::default());
    }
    let to = table_name(cursor).ok_or("no new name of the view")?;
    Ok(Understood::one(SchemaChange::Rename { table, to }))
}

fn drop(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
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

fn comment(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
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

fn rename_tables(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
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
fn procedure(cursor: &mut Cursor<'_>) -> Result<Understood, String> {
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

fn rename_object(old: &str, new: &str, rest: &[String]) -> Understood {
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

fn describe_object(text: &str, rest: &[String]) -> Understood {
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
