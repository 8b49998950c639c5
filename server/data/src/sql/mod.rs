//! SQL that defines tables, in the dialects of SQLite, PostgreSQL, MySQL, T-SQL and DuckDB.
//!
//! `lex.rs` cuts a text into statements, however broken; each statement is read here. No grammar
//! is used: the one that nigh has for SQL gives errors in half of 847 CREATE TABLE statements of
//! packages, and an error may hide the statements around it. Here a statement that is not
//! understood costs that statement, and is a note.

mod alter;
mod breaks;
mod check;
mod column;
mod comments;
pub(crate) mod flavor;
pub(crate) mod lex;
pub(crate) mod names;
mod objects;
mod place;
mod quotes;
mod table;
#[cfg(test)]
mod tests;
mod view;

use crate::schema::builder::Builder;
use crate::schema::{Origin, SchemaChange};
use crate::tokens::{Cursor, Kind};
use comments::Remarks;
pub(crate) use comments::plain as plain_comment;
use flavor::Flavor;
use lex::{Statement, Statements};
use objects::{
    alter_type, alter_view, comment, create_type, drop, index, procedure, rename_tables,
};
pub(crate) use place::Place;
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
        place: Place::file(path),
        text,
        flavor: Flavor::of(text),
    };
    reader.read(part, builder, 0);
}

/// Applies the statements of a text in code.
pub(crate) fn read_embedded(place: Place<'_>, text: &str, builder: &mut Builder) {
    let reader = Reader {
        place,
        text,
        flavor: Flavor::of(text),
    };
    reader.read(0..text.len(), builder, 0);
}

struct Reader<'a> {
    place: Place<'a>,
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
        let (at, line) = (self.place.origin(&cursor), cursor.line());
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
            place: self.place,
            comments: &statement.comments,
            line,
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
            let at = Origin {
                line: self.place.line(line),
                ..at.clone()
            };
            builder.note(&at, why, true);
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
            let Some(tag) = Some(written)
                .filter(|written| written.starts_with('$'))
                .and_then(quotes::dollar_tag)
            else {
                continue;
            };
            // A text that is not closed ends where the file does.
            let inner = &written[tag.len()..];
            let inner = inner.strip_suffix(tag).unwrap_or(inner);
            let start = token.start + tag.len();
            self.read_block(start..start + inner.len(), builder);
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
            let (mut view, stars) = view::view(cursor)?;
            view.comment = remarks.above();
            let name = view.name.clone();
            let mut understood = Understood::one(SchemaChange::Create {
                table: Box::new(view),
                or_keep: false,
                or_replace: true,
            });
            understood.copy(&name, stars);
            Ok(understood)
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
