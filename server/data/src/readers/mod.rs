//! The kinds of sources: one file and one line in [`READERS`] for each.
//!
//! A reader says by its path, and by its text if that is not enough, whether a file is one of its
//! sources, and describes all files of its kind to a builder. To add one: a file here that has a
//! `Reader`, and a line in the list; a file belongs to the first reader that wants it.

mod alembic;
mod chains;
mod classes;
mod diesel;
mod django;
mod drizzle;
mod embedded;
mod exposed;
mod gorm;
mod jpa;
mod naming;
mod nesting;
mod prisma;
mod python;
mod python_sql;
mod rails;
mod scripts;
mod sql_files;
mod sqlalchemy;
pub(crate) mod sqlite_file;
#[cfg(test)]
mod tests;
mod typeorm;

use crate::schema::builder::Builder;
use crate::schema::{Origin, SchemaSource, SqlTable};
use crate::tokens::{Cursor, LexRules, Tokens, tokens};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A file as it was read.
#[derive(Clone, Debug)]
pub struct SchemaFile {
    /// Its path, with `/` between its parts.
    pub path: Arc<str>,
    /// What is in it.
    pub content: FileContent,
}

/// What is in a file.
#[derive(Clone, Debug)]
pub enum FileContent {
    /// A text.
    Text(String),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
}

impl SchemaFile {
    /// Its text; empty if it has none.
    pub(crate) fn text(&self) -> &str {
        match &self.content {
            FileContent::Text(text) => text,
            FileContent::Bytes(_) => "",
        }
    }

    /// A place in it.
    pub(crate) fn origin(&self, cursor: &Cursor<'_>) -> Origin {
        Origin {
            path: Arc::clone(&self.path),
            line: cursor.line(),
            range: cursor.range(),
        }
    }

    /// The file as a whole.
    pub(crate) fn whole(&self) -> Origin {
        Origin {
            path: Arc::clone(&self.path),
            line: 1,
            range: 0..0,
        }
    }

    /// Its tokens, by the rules of a language that has a grammar.
    pub(crate) fn tokens(&self, language: &str) -> Tokens<'_> {
        let rules = grammars::by_id(language)
            .map_or_else(LexRules::plain, |grammar| LexRules::of(&grammar.facts));
        tokens(self.text(), &rules)
    }

    /// Its tokens, by the rules of the language that the ending of its name says.
    pub(crate) fn own_tokens(&self) -> Tokens<'_> {
        let grammar = grammars::by_path(Path::new(&*self.path));
        let rules = grammar.map_or_else(LexRules::plain, |known| LexRules::of(&known.facts));
        tokens(self.text(), &rules)
    }
}

/// A kind of source.
pub(crate) struct Reader {
    /// What it is called for people.
    pub name: &'static str,
    /// How much it is believed, 0 most: what a database says of itself before what describes it.
    pub rank: u8,
    /// Whether a file of this path may be one, in lower case.
    pub may_be: fn(path: &str) -> bool,
    /// Whether a file with this text is one.
    pub is: fn(path: &str, text: &str) -> bool,
    /// Describes all files; each unit is a schema of its own.
    pub read: fn(files: &[&SchemaFile]) -> Vec<Unit>,
}

/// A schema that belongs together: one dump, one folder of migrations, all models.
pub(crate) struct Unit {
    /// What it is called for people.
    pub name: &'static str,
    /// See [`Reader::rank`].
    pub rank: u8,
    /// What they describe.
    pub builder: Builder,
    /// The kind of source that says better what this one leads to, if there is one.
    pub yields_to: Option<&'static str>,
}

impl Unit {
    /// What a reader's files were found to describe.
    pub fn of(reader: &Reader, builder: Builder) -> Self {
        Self {
            name: reader.name,
            rank: reader.rank,
            builder,
            yields_to: None,
        }
    }

    /// Its tables, and what it is.
    pub fn finish(&mut self) -> (Vec<SqlTable>, SchemaSource) {
        self.builder.retry();
        let tables = self.builder.finish();
        let columns = tables.iter().flat_map(|table| &table.columns);
        let of_columns = columns.flat_map(|column| column.changed.iter().chain([&column.defined]));
        let of_tables = tables
            .iter()
            .flat_map(|table| table.changed.iter().chain([&table.defined]));
        let paths: BTreeSet<&Arc<str>> = of_tables
            .chain(of_columns)
            .map(|origin| &origin.path)
            .collect();
        let source = SchemaSource {
            kind: self.name,
            paths: paths
                .into_iter()
                .filter(|path| !path.is_empty())
                .cloned()
                .collect(),
            tables: tables.len(),
        };
        (tables, source)
    }
}

/// All kinds of sources.
pub(crate) static READERS: &[Reader] = &[
    sql_files::READER,
    sqlite_file::READER,
    prisma::READER,
    rails::READER,
    diesel::READER,
    alembic::READER,
    django::READER,
    sqlalchemy::READER,
    scripts::READER,
    drizzle::READER,
    typeorm::READER,
    exposed::READER,
    jpa::READER,
    gorm::READER,
];

/// The place in the list of the reader that a file belongs to.
pub(crate) fn reader_of(file: &SchemaFile) -> Option<usize> {
    let lower = file.path.to_lowercase();
    READERS
        .iter()
        .position(|reader| (reader.may_be)(&lower) && (reader.is)(&file.path, file.text()))
}

/// Whether a file of this path may be a source.
pub(crate) fn may_be_source(path: &str) -> bool {
    let lower = path.to_lowercase();
    READERS.iter().any(|reader| (reader.may_be)(&lower))
}
