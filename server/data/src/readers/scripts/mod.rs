//! Migrations in JavaScript and TypeScript: Knex, Sequelize, TypeORM and db-migrate.
//!
//! What a migration does is read from the calls in it, in the order that they are written in; what
//! takes it back is left out. All files of a folder are one source, in the order of the numbers
//! that their names begin with. Conditions and loops are not followed: both sides of a condition
//! count, and what only the running program knows is a note.

mod calls;
mod knex;
mod method_call;
mod objects;
mod texts;

use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::tokens::Cursor;
use std::collections::BTreeMap;
use texts::NamedTexts;

pub(crate) const READER: Reader = Reader {
    name: "JavaScript migrations",
    rank: 1,
    may_be: |path| {
        let is_script = [".js", ".ts", ".mjs", ".cjs", ".mts", ".cts"]
            .iter()
            .any(|end| path.ends_with(end));
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        is_script && !path.ends_with(".d.ts") && folder.contains("migrat")
    },
    is: |_, text| {
        let marks = [
            "queryRunner",
            "queryInterface",
            "runSql",
            "createTable",
            "addColumn",
            "knex",
            "schema.",
        ];
        let is_model = text.contains("@Entity") || text.contains("drizzle-orm");
        !is_model && marks.iter().any(|mark| text.contains(mark))
    },
    read,
};

/// The longest type of what a function returns, in tokens.
const MAX_TYPE: usize = 32;

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut folders: BTreeMap<&str, Vec<&SchemaFile>> = BTreeMap::new();
    for file in files {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder).or_default().push(file);
    }
    let mut units = Vec::new();
    for mut files in folders.into_values() {
        files.sort_by_cached_key(|file| order(&file.path));
        let mut builder = Builder::default();
        builder.replaces = true;
        for file in files {
            read_file(file, &mut builder);
        }
        units.push(Unit::of(&READER, builder));
    }
    units
}

/// The number that a file's name begins with, then the name.
fn order(path: &str) -> (u64, String) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
    (digits.parse().unwrap_or(u64::MAX), name.to_owned())
}

fn read_file(file: &SchemaFile, builder: &mut Builder) {
    let tokens = file.tokens("typescript");
    let mut rest = tokens.cursor();
    let texts = NamedTexts::of(rest);
    let mut migration = calls::Migration {
        file,
        texts,
        builder,
    };
    while !rest.is_empty() {
        if takes_back(&mut rest) {
            continue;
        }
        if let Some(call) = method_call::call_at(rest) {
            let is_block = migration.apply(&call);
            if is_block {
                rest = call.after;
                continue;
            }
        }
        rest.next();
    }
}

/// Skips the function that takes a migration back, if it is next.
fn takes_back(rest: &mut Cursor<'_>) -> bool {
    let mut ahead = *rest;
    if !matches!(ahead.word(), Some("down")) {
        return false;
    }
    if ahead.group(b'(').is_some() {
        // A method, or a function with a name: perhaps with a type before its body.
        for _ in 0..MAX_TYPE {
            if ahead.is_mark(b'{') || ahead.is_mark(b';') {
                break;
            }
            ahead.next();
        }
        let is_function = ahead.group(b'{').is_some();
        if is_function {
            *rest = ahead;
        }
        return is_function;
    }
    if !ahead.mark(b'=') && !ahead.mark(b':') {
        return false;
    }
    let start = ahead;
    while !ahead.is_empty() {
        let is_next_line = ahead.peek().is_some_and(|token| token.is_first);
        let is_end = ahead.is_mark(b';') || ahead.is_mark(b',') || ahead.is_mark(b'}');
        let begins = is_next_line && ahead.is_any(&["exports", "module", "export", "up"]);
        if is_end || begins {
            break;
        }
        let is_body = ahead.is_mark(b'{') && ahead.tokens.len() < start.tokens.len();
        ahead.skip();
        if is_body {
            break;
        }
    }
    *rest = ahead;
    true
}
