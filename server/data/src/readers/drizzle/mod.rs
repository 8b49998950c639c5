//! Drizzle's tables: `pgTable("users", { id: serial("id").primaryKey() })`, also of MySQL and
//! SQLite.
//!
//! A file is read twice: for the names that tables, enumerations and objects of columns are given,
//! and for the tables. A column without a name of its own is called as its property. What a
//! function of the project makes is a note.

mod columns;

use super::chains::{Link, links, names_of, whole_text};
use super::nesting::Nesting;
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::{SqlTable, TableName};
use crate::tokens::{Cursor, Tokens};
use std::collections::HashMap;

pub(crate) const READER: Reader = Reader {
    name: "Drizzle",
    rank: 5,
    may_be: |path| path.ends_with(".ts") && !path.ends_with(".d.ts"),
    is: |_, text| {
        let makes = ["Table(", "TableCreator(", "pgEnum(", ".table("];
        text.contains("drizzle-orm") && makes.iter().any(|word| text.contains(word))
    },
    read,
};

/// Functions that make a table.
const TABLES: &[&str] = &["pgTable", "mysqlTable", "sqliteTable", "singlestoreTable"];
/// Functions that make a namespace with tables.
const NAMESPACES: &[&str] = &["pgSchema", "mysqlSchema"];

/// What a name is given.
enum Named<'a> {
    Table(TableCall<'a>),
    Enum(Vec<String>),
    Namespace(String),
    /// A function that makes tables: what comes before and after their names.
    Creator(String, String),
    /// An object of columns.
    Columns(Cursor<'a>),
}

/// A call that makes a table.
struct TableCall<'a> {
    name: TableName,
    columns: Cursor<'a>,
    /// The function that lists its keys and indexes.
    keys: Option<Cursor<'a>>,
    file: &'a SchemaFile,
    whole: Cursor<'a>,
}

/// All names of a project. One that several files give is that of the first.
#[derive(Default)]
struct Names<'a> {
    by_name: HashMap<&'a str, Named<'a>>,
    order: Vec<&'a str>,
}

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut builder = Builder::default();
    let lexed: Vec<(&SchemaFile, Tokens<'_>)> = files
        .iter()
        .map(|file| (*file, file.tokens("typescript")))
        .collect();
    let mut names = Names::default();
    for (file, tokens) in &lexed {
        names.add_file(file, tokens.cursor());
    }
    for name in &names.order {
        if let Some(Named::Table(call)) = names.by_name.get(name) {
            names.describe(call, &mut builder);
        }
    }
    vec![Unit::of(&READER, builder)]
}

impl<'a> Names<'a> {
    /// Adds what `const name = ...` gives in a file.
    fn add_file(&mut self, file: &'a SchemaFile, whole: Cursor<'a>) {
        let mut rest = whole;
        while !rest.is_empty() {
            let is_declared = rest.is_any(&["const", "let", "var"]);
            rest.next();
            let mut ahead = rest;
            let Some(name) = ahead.word().filter(|_| is_declared) else {
                continue;
            };
            if !ahead.mark(b'=') {
                continue;
            }
            if let Some(named) = self.named(file, ahead) {
                self.order.push(name);
                self.by_name.entry(name).or_insert(named);
            }
        }
    }

    fn named(&self, file: &'a SchemaFile, value: Cursor<'a>) -> Option<Named<'a>> {
        let mut rest = value;
        if let Some(object) = rest.group(b'{') {
            return Some(Named::Columns(object));
        }
        let mut first = rest.word()?;
        let mut namespace = None;
        if rest.mark(b'.') {
            namespace = match self.by_name.get(first)? {
                Named::Namespace(name) => Some(name.clone()),
                _ => return None,
            };
            first = rest.word()?;
        }
        let link = Link {
            name: first,
            arguments: rest.group(b'(')?,
        };
        let whole = value.until(&rest);
        match (first, &namespace, self.by_name.get(first)) {
            ("table", Some(_), _) => table(&link, namespace, ("", ""), file, whole),
            ("enum" | "pgEnum", ..) => Some(Named::Enum(link.names(1))),
            (name, ..) if NAMESPACES.contains(&name) => Some(Named::Namespace(link.text(0)?)),
            (name, ..) if name.ends_with("TableCreator") => creator(&link),
            (name, ..) if TABLES.contains(&name) => table(&link, None, ("", ""), file, whole),
            (_, _, Some(Named::Creator(before, after))) => {
                table(&link, None, (before, after), file, whole)
            }
            _ => None,
        }
    }

    fn describe(&self, call: &TableCall<'a>, builder: &mut Builder) {
        let at = call.file.origin(&call.whole);
        let mut table = SqlTable::named(call.name.clone());
        let mut keys = Vec::new();
        let mut nesting = Nesting::new(columns::MAX_DEPTH);
        self.add_columns(call.columns, call, &mut table, &mut keys, &mut nesting);
        if let Some(function) = call.keys {
            keys.extend(self.keys_in(function, call));
        }
        if !table.is_complete {
            let message = format!("columns of `{}` that are not known", table.name);
            builder.note(&at, message, true);
        }
        builder.define(table, keys, &at);
    }
}

fn table<'a>(
    link: &Link<'a>,
    namespace: Option<String>,
    (before, after): (&str, &str),
    file: &'a SchemaFile,
    whole: Cursor<'a>,
) -> Option<Named<'a>> {
    let plain = link.plain();
    let name = format!("{before}{}{after}", whole_text(plain.first()?)?);
    let mut columns = *plain.get(1)?;
    // A function that is given the makers of columns: `(t) => ({ id: t.serial() })`.
    while !columns.is_empty() && !columns.is_mark(b'{') {
        if columns.is_mark(b'(') && columns.tokens.get(1).is_some_and(is_open) {
            columns.next();
        } else {
            columns.skip();
        }
    }
    Some(Named::Table(TableCall {
        name: TableName::within(namespace, name),
        columns: columns.group(b'{')?,
        keys: plain.get(2).copied(),
        file,
        whole,
    }))
}

fn is_open(token: &crate::tokens::Token) -> bool {
    token.kind == crate::tokens::Kind::Mark(b'{')
}

/// ``pgTableCreator((name) => `app_${name}`)``.
fn creator<'a>(link: &Link<'a>) -> Option<Named<'a>> {
    let last = link.arguments.tokens.last()?;
    let text = crate::tokens::content(link.arguments.of(*last));
    let (before, rest) = text.split_once("${")?;
    let (_, after) = rest.split_once('}')?;
    Some(Named::Creator(before.to_owned(), after.to_owned()))
}

/// The chain of calls that an entry of an object is.
fn chain(mut value: Cursor<'_>) -> Vec<Link<'_>> {
    // `t.serial()` of a function's parameter.
    let mut ahead = value;
    if ahead.word().is_some() && ahead.mark(b'.') {
        value = ahead;
    }
    links(&mut value)
}

/// Properties of a table in a list: `[t.a, t.b]` or `t.a, t.b`.
fn properties<'a>(value: &Cursor<'a>) -> Vec<&'a str> {
    let mut rest = *value;
    let inner = rest.group(b'[').unwrap_or(*value);
    let last = |mut part: Cursor<'a>| {
        let mut name = part.word()?;
        while part.mark(b'.') {
            let next = part.word()?;
            // `t.a.asc()` and the like name the column before.
            if part.is_mark(b'(') {
                break;
            }
            name = next;
        }
        Some(name)
    };
    inner.split(b',').into_iter().filter_map(last).collect()
}

/// The values of `text({ enum: ["a", "b"] })`.
fn listed_values(object: &Cursor<'_>) -> Vec<String> {
    let found = super::classes::entry(object, "enum");
    found.map(|value| names_of(&value)).unwrap_or_default()
}
