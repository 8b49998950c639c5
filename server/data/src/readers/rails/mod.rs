//! Rails: `db/schema.rb`, and the migrations in `db/migrate` in the order of their numbers.
//!
//! Both are calls on lines of their own. What is between `do |t|` and its `end` belongs to a table;
//! `end` is found by its place in the line, which every formatter of Ruby keeps.

mod arguments;
mod statements;
mod tables;

use super::embedded::SqlText;
use super::{Reader, SchemaFile, Unit};
use crate::schema::Origin;
use crate::schema::builder::Builder;
use crate::tokens::{Cursor, Tokens};
use arguments::Arguments;
use statements::statement;
use tables::{TableBlock, describe_block};

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
    let (mut at, mut has_given_up) = (0, false);
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
            describe_block(&empty_block(file, &arguments, is_old), &origin, builder);
        } else if call == "execute" && is_heredoc(&line) && !has_given_up {
            let part = heredoc(file.text(), &line);
            has_given_up = part.is_none();
            let end = part.as_ref().map_or(0, |part| part.end);
            run(file, part, &origin, builder);
            while lines
                .get(at + 1)
                .is_some_and(|line| line.range().start < end)
            {
                at += 1;
            }
        } else {
            statement(call, &arguments, is_old, &origin, builder);
        }
        at += 1;
    }
}

/// A new table whose columns are all in its call.
fn empty_block<'a>(
    file: &'a SchemaFile,
    arguments: &'a Arguments<'a>,
    is_old: bool,
) -> TableBlock<'a> {
    TableBlock {
        file,
        arguments,
        lines: &[],
        is_new: true,
        is_old,
    }
}

/// Applies the SQL of a part of a file, or says that there is none that can be read.
fn run(
    file: &SchemaFile,
    part: Option<std::ops::Range<usize>>,
    at: &Origin,
    builder: &mut Builder,
) {
    match part {
        Some(part) => SqlText::of_part(file, part, at).apply(builder),
        None => builder.note(at, "SQL whose end is not found", true),
    }
}

fn is_heredoc(line: &Cursor<'_>) -> bool {
    line.text[line.range()].contains("<<")
}

/// The bytes of the text after a line that ends in `<<~SQL`.
fn heredoc(text: &str, line: &Cursor<'_>) -> Option<std::ops::Range<usize>> {
    let written = &text[line.range()];
    let (_, mark) = written.split_once("<<")?;
    let name = mark.trim_start_matches(['~', '-', '"', '\'']);
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
    let name = &name[..end.unwrap_or(name.len())];
    let first = line.range().start + written.find("<<")?;
    let start = first + text[first..].find('\n')? + 1;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim() == name && !name.is_empty() {
            return Some(start..at);
        }
        at += line.len();
    }
    None
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
