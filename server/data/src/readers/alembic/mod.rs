//! Alembic's migrations: the calls of `op` in `upgrade`, in the order of the chain that
//! `down_revision` makes, whatever the files are called.
//!
//! Functions of a file that `upgrade` calls are followed. Conditions and loops are not: all sides
//! count, and a name that only the program knows is a note. What a table is before the first
//! migration is not known here.

mod operations;

use super::python::{PythonFile, assignment, items, lines, text};
use super::python_sql::NamedValues;
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::tokens::{Cursor, Kind};
use operations::Migration;
use std::collections::{BTreeMap, HashMap, HashSet};

pub(crate) const READER: Reader = Reader {
    name: "Alembic migrations",
    rank: 1,
    may_be: |path| path.ends_with(".py"),
    is: |_, text| text.contains("down_revision") && text.contains("def upgrade"),
    read,
};

/// How far functions of a migration are followed.
const MAX_CALLS: usize = 8;

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut folders: BTreeMap<&str, Vec<PythonFile<'_>>> = BTreeMap::new();
    for file in files {
        let folder = match file.path.rsplit_once('/') {
            Some((folder, _)) => folder,
            None => "",
        };
        let others = folders.entry(folder).or_default();
        others.push(PythonFile::of(file));
    }
    let mut units = Vec::new();
    for files in folders.values() {
        let mut builder = Builder::default();
        builder.replaces = true;
        for at in in_order(files) {
            read_file(&files[at], &mut builder);
        }
        let mut unit = Unit::of(&READER, builder);
        // What models no longer have may never have been dropped, or by a program.
        unit.yields_to = Some("SQLAlchemy");
        units.push(unit);
    }
    units
}

/// The places of files, each after those that it revises.
fn in_order(files: &[PythonFile<'_>]) -> Vec<usize> {
    let revisions: Vec<(String, Vec<String>)> = files.iter().map(revision).collect();
    let mut after: HashMap<&str, Vec<usize>> = HashMap::new();
    let known: HashSet<&str> = revisions.iter().map(|(own, _)| own.as_str()).collect();
    let mut waits: Vec<usize> = Vec::new();
    for (at, (_, downs)) in revisions.iter().enumerate() {
        let mut waiting = 0;
        for down in downs {
            if !known.contains(down.as_str()) {
                continue;
            }
            waiting += 1;
            after.entry(down).or_default().push(at);
        }
        waits.push(waiting);
    }
    let mut ready: Vec<usize> = (0..files.len()).filter(|at| waits[*at] == 0).collect();
    ready.sort_by(|a, b| files[*b].file.path.cmp(&files[*a].file.path));
    let mut order = Vec::new();
    while let Some(at) = ready.pop() {
        order.push(at);
        for next in after.remove(revisions[at].0.as_str()).unwrap_or_default() {
            waits[next] = waits[next].saturating_sub(1);
            if waits[next] == 0 {
                ready.push(next);
            }
        }
    }
    // Files that revise each other in a circle come last.
    let done: HashSet<usize> = order.iter().copied().collect();
    order.extend((0..files.len()).filter(|at| !done.contains(at)));
    order
}

/// What a file calls itself, and what it comes after.
fn revision(file: &PythonFile<'_>) -> (String, Vec<String>) {
    let (mut own, mut downs) = (file.file.path.to_string(), Vec::new());
    for found in lines(&file.tokens).into_iter().filter_map(assignment) {
        let Some(value) = found.value else { continue };
        match found.name {
            "revision" => own = text(&value).unwrap_or(own),
            "down_revision" => downs.extend(names(value)),
            "depends_on" => downs.extend(names(value)),
            _ => {}
        }
    }
    (own, downs)
}

fn names(value: Cursor<'_>) -> Vec<String> {
    let listed = items(value).filter(|_| text(&value).is_none());
    let parts = listed.unwrap_or_else(|| vec![value]);
    parts.iter().filter_map(text).collect()
}

/// The functions of a file, by their names: the lines of their bodies.
type Functions<'a> = HashMap<&'a str, Vec<Cursor<'a>>>;

fn functions<'a>(lines: &[Cursor<'a>]) -> Functions<'a> {
    let (mut found, mut name) = (Functions::new(), None);
    for line in lines {
        let is_outer = line.peek().is_some_and(|token| token.column == 0);
        let mut rest = *line;
        if is_outer {
            name = rest.eat("def").then(|| rest.word()).flatten();
        } else if let Some(name) = name {
            found.entry(name).or_default().push(*line);
        }
    }
    found
}

fn read_file(file: &PythonFile<'_>, builder: &mut Builder) {
    let lines = lines(&file.tokens);
    let functions = functions(&lines);
    let mut migration = Migration {
        file,
        names: NamedValues::of(&lines),
        batches: Vec::new(),
        builder,
    };
    let mut followed = HashSet::new();
    follow("upgrade", &functions, &mut migration, &mut followed, 0);
}

/// Applies the lines of a function, and those of the functions that it calls.
fn follow<'a>(
    name: &'a str,
    functions: &Functions<'a>,
    migration: &mut Migration<'a, '_>,
    followed: &mut HashSet<&'a str>,
    depth: usize,
) {
    if depth > MAX_CALLS || !followed.insert(name) {
        return;
    }
    let Some(lines) = functions.get(name) else {
        return;
    };
    for line in lines {
        if migration.line(*line) {
            continue;
        }
        for token in line.tokens {
            if token.kind != Kind::Word {
                continue;
            }
            let called = line.of(*token);
            if functions.contains_key(called) {
                follow(called, functions, migration, followed, depth + 1);
            }
        }
    }
}
