//! SQL in the texts of code: what migrations hand to their database.
//!
//! A text that is in the file as it is read gives exact places. Whether a text changes tables
//! is said by its words, so that one whose parts are not known can be noted as a gap. Nothing here
//! knows a library or a language.

use super::SchemaFile;
use crate::schema::Origin;
use crate::schema::builder::Builder;
use crate::sql::{self, Place};
use crate::tokens::{Cursor, Token};

/// How statements begin that change tables, in lower case with single blanks.
const CHANGES: &[&str] = &[
    "create table",
    "create temp",
    "create unlogged table",
    "create view",
    "create or replace view",
    "create materialized view",
    "create type",
    "create index",
    "create unique index",
    "alter table",
    "alter type",
    "drop table",
    "drop view",
    "drop type",
    "drop index",
    "rename table",
    "comment on",
    "do $",
];

/// Whether a text of SQL may change tables.
pub(crate) fn changes_tables(text: &str) -> bool {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = words.to_lowercase();
    CHANGES.iter().any(|change| lower.contains(change))
}

/// A text of SQL that code has.
pub(crate) struct SqlText {
    content: String,
    /// The byte and line of the file that it begins at, if it is there letter by letter.
    start: Option<(usize, u32)>,
    /// Where its call is.
    at: Origin,
}

impl SqlText {
    /// The SQL of a text token whose content is known. `at` is where its call is.
    pub fn of(file: &SchemaFile, token: Token, content: String, at: &Origin) -> Self {
        let written = &file.text()[token.start..token.end];
        let offset = written.find(&content).filter(|_| !content.is_empty());
        Self {
            // Only quotes and prefixes come before it, all on its first line.
            start: offset.map(|offset| (token.start + offset, token.line)),
            at: at.clone(),
            content,
        }
    }

    /// The SQL of a part of a file. `at` is where its call is.
    pub fn of_part(file: &SchemaFile, part: std::ops::Range<usize>, at: &Origin) -> Self {
        // Such a part begins on the line after its call.
        Self {
            start: Some((part.start, at.line + 1)),
            content: file.text()[part].to_owned(),
            at: at.clone(),
        }
    }

    /// SQL that code makes of several texts.
    pub fn made(content: String, at: &Origin) -> Self {
        Self {
            content,
            start: None,
            at: at.clone(),
        }
    }

    /// Applies its statements.
    pub fn apply(&self, builder: &mut Builder) {
        let place = match self.start {
            Some((byte, line)) => Place::exact(&self.at.path, byte, line),
            None => Place::made(&self.at),
        };
        sql::read_embedded(place, &self.content, builder);
    }
}

/// Says that SQL changes tables but is not known.
pub(crate) fn note_unknown(at: &Origin, builder: &mut Builder) {
    let message = "SQL that changes tables, with parts that only the program knows: not followed";
    builder.note(at, message, true);
}

/// Notes the SQL of an expression that cannot be read, if its words say that it changes tables.
pub(crate) fn note_if_changes(written: &Cursor<'_>, at: &Origin, builder: &mut Builder) {
    if changes_tables(&written.written()) {
        note_unknown(at, builder);
    }
}
