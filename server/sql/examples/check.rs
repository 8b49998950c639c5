//! Checks the SQL of projects against their own schemas: how false alarms are measured.
//!
//! `check DIR...` prints each finding with its line, and how many statements were read. Each
//! folder is a project of its own. With `--plant` one name of a statement is changed by a letter,
//! in up to 200 statements of each project that are spread evenly, and what is counted is how
//! often this is found. With `--times` it prints how long the checks of a file take.

#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

use sql::names::{
    NameMeaning, NameProblem, ResolvedName, ResolvedSql, SchemaNames, resolve, resolve_all,
};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// About how many statements of a project a name is changed in.
const MOST_PLANTED: usize = 200;

/// What was counted.
#[derive(Default)]
struct Counts {
    files: usize,
    statements: usize,
    understood: usize,
    whole: usize,
    findings: usize,
    planted: usize,
    found: usize,
    right: usize,
    /// Columns of other tables.
    others: usize,
    others_found: usize,
    times: Vec<Duration>,
}

/// A piece of SQL of a file.
struct Piece {
    line: usize,
    text: String,
    is_certain: bool,
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            files(&path, into);
        } else if std::fs::metadata(&path).is_ok_and(|of| of.len() < 4 << 20) {
            into.push(path);
        }
    }
}

fn pieces(path: &Path) -> Vec<Piece> {
    let is_sql = path.extension().is_some_and(|end| end == "sql");
    let Ok(text) = std::fs::read_to_string(path) else {
        return Vec::new();
    };
    if is_sql {
        let whole = Piece {
            line: 1,
            text,
            is_certain: true,
        };
        return vec![whole];
    }
    let Some(grammar) = grammars::by_path(path).filter(|_| is_code(&text)) else {
        return Vec::new();
    };
    let rope = syntax::Rope::from_str(&text);
    let Some(tree) = syntax::Syntax::parse(grammar, &rope, None, &mut || false) else {
        return Vec::new();
    };
    let code = syntax::Code::new(&tree, &rope);
    let piece = |region: sql::host::SqlRegion| Piece {
        line: text[..region.inside().start].matches('\n').count() + 1,
        text: region.text().to_owned(),
        is_certain: region.is_certain,
    };
    sql::host::regions(&code).into_iter().map(piece).collect()
}

/// Whether a file is worth reading: not packed, and with a word of SQL.
fn is_code(text: &str) -> bool {
    let lines = text.lines().count().max(1);
    let lower = text.to_lowercase();
    let has_word = ["select ", "insert ", "update ", "delete "]
        .iter()
        .any(|word| lower.contains(word));
    has_word && text.len() < 600_000 && text.len() / lines < 200
}

fn dialect(path: &str) -> Option<data::SqlDialect> {
    let lower = path.to_lowercase();
    let names = [
        ("mysql", "mysql"),
        ("maria", "mysql"),
        ("postgres", "postgres"),
        ("pgsql", "postgres"),
        ("sqlite", "sqlite"),
        ("mssql", "tsql"),
        ("sqlserver", "tsql"),
    ];
    let found = names.iter().find(|(part, _)| lower.contains(part))?;
    data::SqlDialect::named(found.1)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|of| of == flag);
    let mut counts = Counts::default();
    for folder in arguments.iter().filter(|of| !of.starts_with("--")) {
        project(Path::new(folder), has("--plant"), &mut counts);
    }
    counts.times.sort();
    let at = |share: usize| {
        counts
            .times
            .get(counts.times.len() * share / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{} files, {} statements, {} with a known table, {} whole, {} findings",
        counts.files, counts.statements, counts.understood, counts.whole, counts.findings
    );
    println!(
        "planted {}, found {}, right name first {}",
        counts.planted, counts.found, counts.right
    );
    println!(
        "columns of other tables {}, found {}",
        counts.others, counts.others_found
    );
    if has("--times") {
        println!("p50 {:?}, p95 {:?}, p99 {:?}", at(50), at(95), at(99));
    }
}

fn project(folder: &Path, plants: bool, counts: &mut Counts) {
    let mut names = SchemaNames::new(Arc::new(data::find::in_folder(folder)));
    if names.schema().tables.is_empty() {
        return;
    }
    let mut paths = Vec::new();
    files(folder, &mut paths);
    let is_code = |path: &&PathBuf| {
        let grammar = grammars::by_path(path);
        grammar.is_some_and(|grammar| !["sql", "markdown"].contains(&grammar.id))
    };
    for path in paths.iter().filter(is_code) {
        if let Ok(text) = std::fs::read_to_string(path) {
            names.doubt(&text);
        }
    }
    let mut checked = Vec::new();
    let before = (
        counts.statements,
        counts.understood,
        counts.whole,
        counts.findings,
    );
    for path in paths {
        let shown = path
            .strip_prefix(folder)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        if !names.applies_to(&shown) {
            continue;
        }
        let found = pieces(&path);
        counts.files += usize::from(!found.is_empty());
        checked.extend(check(&names, &path, found, counts));
    }
    if plants {
        let every = (counts.whole - before.2) / MOST_PLANTED + 1;
        let mut place = 0;
        for (piece, dialect, found) in &checked {
            plant(&names, piece, *dialect, found, (&mut place, every), counts);
        }
    }
    println!(
        "# {}: {} tables, trusts all {}: {} statements, {} known, {} whole, {} findings",
        folder.display(),
        names.schema().tables.len(),
        names.schema().is_complete(),
        counts.statements - before.0,
        counts.understood - before.1,
        counts.whole - before.2,
        counts.findings - before.3
    );
}

/// A piece of SQL with its dialect and what was found in it.
type Checked = (Piece, Option<data::SqlDialect>, ResolvedSql);

/// Checks the pieces of a file; gives those that count.
fn check(
    names: &SchemaNames,
    path: &Path,
    pieces: Vec<Piece>,
    counts: &mut Counts,
) -> Vec<Checked> {
    let dialect = dialect(&path.to_string_lossy());
    let texts: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
    let start = Instant::now();
    let all = resolve_all(names, &texts, dialect);
    counts.times.push(start.elapsed());
    let pairs = pieces.into_iter().zip(all);
    let certain: Vec<Checked> = pairs
        .filter(|(piece, _)| piece.is_certain)
        .map(|(piece, found)| (piece, dialect, found))
        .collect();
    for (piece, _, found) in &certain {
        counts.statements += found.statements;
        counts.understood += found.understood.len();
        counts.whole += found.whole.len();
        counts.findings += found.problems.len();
        for problem in &found.problems {
            show(path, piece, problem);
        }
    }
    certain
}

fn show(path: &Path, piece: &Piece, problem: &NameProblem) {
    let before = &piece.text[..problem.range.start];
    let line = piece.line + before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = piece.text[problem.range.end..]
        .find('\n')
        .map_or(piece.text.len(), |at| problem.range.end + at);
    let shown: String = piece.text[start..end].chars().take(220).collect();
    println!(
        "{}:{line}: {}: {} {:?}\n    {shown}",
        path.display(),
        problem.kind.id(),
        problem.message,
        problem.replacements
    );
}

/// Changes one name of some statements, and looks whether that is found. `place` counts the
/// statements of the project, of which each `every`-th is changed.
fn plant(
    names: &SchemaNames,
    piece: &Piece,
    dialect: Option<data::SqlDialect>,
    found: &ResolvedSql,
    (place, every): (&mut usize, usize),
    counts: &mut Counts,
) {
    let mut random = 0x2545_f491_4f6c_dd1d_u64 ^ piece.text.len() as u64;
    for statement in &found.whole {
        *place += 1;
        if !place.is_multiple_of(every) {
            continue;
        }
        let inside =
            |range: &Range<usize>| statement.start <= range.start && range.end <= statement.end;
        if found.problems.iter().any(|problem| inside(&problem.range)) {
            continue;
        }
        let own: Vec<_> = found
            .names
            .iter()
            .filter(|name| inside(&name.range))
            .collect();
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let chosen = own[(random >> 33) as usize % own.len()];
        let written = &piece.text[chosen.range.clone()];
        let other = other_column(names, &own, chosen.meaning, random);
        let is_other = other.is_some() && random >> 60 < 4;
        let wrong = if is_other {
            other
        } else {
            mistyped(written, random)
        };
        let Some(wrong) = wrong.filter(|wrong| is_other || !exists(names, wrong)) else {
            continue;
        };
        let Planted {
            hit,
            is_right,
            first,
        } = planted(names, piece, dialect, statement, chosen, &wrong);
        if is_other {
            counts.others += 1;
            counts.others_found += usize::from(hit);
        } else {
            counts.planted += 1;
            counts.found += usize::from(hit);
            counts.right += usize::from(is_right);
        }
        if !hit || !is_other && !is_right {
            let around: String = piece.text[statement.start..].chars().take(160).collect();
            println!(
                "MISSED {written} -> {wrong}: {first:?} in {}",
                around.replace('\n', " ")
            );
        }
    }
}

/// How a wrong name was reported.
struct Planted {
    hit: bool,
    is_right: bool,
    first: Option<String>,
}

/// Checks a statement with a wrong name in the place of one.
fn planted(
    names: &SchemaNames,
    piece: &Piece,
    dialect: Option<data::SqlDialect>,
    statement: &Range<usize>,
    chosen: &ResolvedName,
    wrong: &str,
) -> Planted {
    let is_long = piece.text.len() > 20_000;
    let whole = if is_long {
        statement.clone()
    } else {
        0..piece.text.len()
    };
    let before = &piece.text[whole.start..chosen.range.start];
    let text = format!(
        "{before}{wrong}{}",
        &piece.text[chosen.range.end..whole.end]
    );
    let problems = resolve(names, &text, dialect).problems;
    let hit = problems
        .iter()
        .find(|problem| problem.range.start == before.len());
    let first = hit.and_then(|problem| problem.replacements.first().cloned());
    let plain = |name: &str| name.trim_matches(['"', '`', '[', ']']).to_lowercase();
    let written = plain(&piece.text[chosen.range.clone()]);
    Planted {
        hit: hit.is_some(),
        is_right: first.as_ref().is_some_and(|first| plain(first) == written),
        first,
    }
}

fn exists(names: &SchemaNames, name: &str) -> bool {
    let mut tables = names.schema().tables.iter();
    tables.any(|table| table.name.name.eq_ignore_ascii_case(name) || table.column(name).is_some())
}

/// A column of a table that the statement does not have, in the place of one.
fn other_column(
    names: &SchemaNames,
    own: &[&ResolvedName],
    meaning: NameMeaning,
    random: u64,
) -> Option<String> {
    if !matches!(meaning, NameMeaning::Column(..)) {
        return None;
    }
    let tables = &names.schema().tables;
    let table_of = |name: &&ResolvedName| match name.meaning {
        NameMeaning::Table(table) | NameMeaning::Column(table, _) => table,
    };
    let used: Vec<usize> = own.iter().map(table_of).collect();
    let other = (random >> 12) as usize % tables.len();
    let columns = &tables[other].columns;
    let column = columns.get((random >> 24) as usize % columns.len().max(1))?;
    let is_here = used
        .iter()
        .any(|table| tables[*table].column(&column.name).is_some());
    let is_plain = column.name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (!is_here && !used.contains(&other) && is_plain).then(|| column.name.clone())
}

/// A name with a letter dropped, doubled or swapped with the next.
fn mistyped(written: &str, random: u64) -> Option<String> {
    let mut letters: Vec<char> = written.chars().collect();
    let places: Vec<usize> = (1..letters.len().saturating_sub(1))
        .filter(|at| {
            letters[*at].is_alphabetic()
                && letters[*at + 1].is_alphanumeric()
                && letters[*at] != letters[*at + 1]
        })
        .collect();
    if written.len() < 4 || places.is_empty() {
        return None;
    }
    let at = places[(random >> 40) as usize % places.len()];
    match (random >> 20) % 3 {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        _ => letters.swap(at, at + 1),
    }
    Some(letters.into_iter().collect())
}
