//! Asks questions with known answers about packages, and measures time and memory.
//!
//! `cargo run -p ask --example structural -- FOLDER CASES.tsv [--edits]` asks what
//! `tests/ask/structural.py` wrote. With `--edits` it changes the files before it asks; the library
//! reads only those of every other package again, and no quote may be stale.
//! `-- FOLDER --ask QUESTION` shows one answer. `-- FOLDER --lines N` measures the reading of
//! copies of all packages up to N lines.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use ask::{Answer, AnswerLevel, AskIndex};
use index::{Index, SourceFile};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Larger files are not read by the server either.
const MAX_BYTES: u64 = 1 << 20;

fn main() -> Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    match given.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder, "--lines", lines] => grow(Path::new(folder), lines.parse().map_err(Error::other)?),
        [folder, "--ask", question] => ask_one(Path::new(folder), question),
        [folder, cases] => ask_all(Path::new(folder), cases, false),
        [folder, cases, "--edits"] => ask_all(Path::new(folder), cases, true),
        _ => Err(Error::other(
            "say: FOLDER CASES.tsv [--edits], or FOLDER --lines N",
        )),
    }
}

/// All texts under a folder that the server would read.
fn texts(folder: &Path) -> Result<Vec<(String, String)>> {
    let (mut open, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(path) = open.pop() {
        let kept = path.symlink_metadata()?;
        if kept.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else if kept.is_file() && kept.len() <= MAX_BYTES && is_wanted(&path) {
            let name = path
                .strip_prefix(folder)
                .unwrap_or(&path)
                .display()
                .to_string();
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let lines = text.matches('\n').count() + 1;
            let hand_written =
                text.len() / lines <= 400 && text.lines().all(|line| line.len() <= 5_000);
            if hand_written && !text.is_empty() && !text.contains('\0') {
                found.push((name, text));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_wanted(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let plain = [
        ".toml", ".yaml", ".yml", ".ini", ".cfg", ".rst", ".txt", ".mk",
    ];
    name != "package-lock.json"
        && (grammars::by_path(path).is_some()
            || plain.iter().any(|end| name.ends_with(end))
            || name == "Makefile")
}

fn put(index: &mut Index, texts: &[(String, String)]) {
    let sources = texts.iter().map(|(path, text)| SourceFile {
        path,
        text,
        grammar: grammars::by_path(Path::new(path)),
        stamp: text.len() as u64,
        signatures_only: false,
    });
    index.put(&sources.collect::<Vec<_>>());
}

/// One question and what it must be answered with.
struct Case {
    kind: String,
    package: String,
    ending: String,
    question: String,
    places: BTreeSet<String>,
}

fn cases(path: &str) -> Result<Vec<Case>> {
    let text = std::fs::read_to_string(path)?;
    let case = |line: &str| {
        let mut parts = line.split('\t').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        let [kind, package, ending, question, places] = [next(), next(), next(), next(), next()];
        let places = places.split_whitespace().map(str::to_owned).collect();
        Case {
            kind,
            package,
            ending,
            question,
            places,
        }
    };
    Ok(text.lines().map(case).collect())
}

fn ask_one(folder: &Path, question: &str) -> Result<()> {
    let (mut index, mut library) = (Index::default(), AskIndex::default());
    put(&mut index, &texts(folder)?);
    library.update(&index, &mut || true);
    let answer = library.answer(&index, question);
    println!(
        "{:?}: {} (+{})",
        answer.level, answer.summary, answer.left_out
    );
    for quote in answer.quotes {
        println!(
            "{}:{} {}\n    {}",
            quote.path,
            quote.lines.start + 1,
            quote.note,
            quote.text
        );
    }
    Ok(())
}

fn ask_all(folder: &Path, path: &str, edits: bool) -> Result<()> {
    let cases = cases(path)?;
    let packages: BTreeSet<&str> = cases.iter().map(|case| case.package.as_str()).collect();
    let mut rows: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut times, mut citations, mut stale) = (Vec::new(), 0, 0);
    for package in packages {
        let mut texts = texts(&folder.join(package))?;
        let (mut index, mut library) = (Index::default(), AskIndex::default());
        put(&mut index, &texts);
        library.update(&index, &mut || true);
        if edits {
            edit(&mut texts);
            put(&mut index, &texts);
            if !package.len().is_multiple_of(2) {
                library.update(&index, &mut || true);
            }
        }
        for case in cases.iter().filter(|case| case.package == package) {
            let start = Instant::now();
            let answer = library.answer(&index, &case.question);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            if times.last().is_some_and(|time| *time > 20.0) {
                println!("{:.1} ms: {}", times[times.len() - 1], case.question);
            }
            citations += answer.quotes.len();
            stale += answer
                .quotes
                .iter()
                .filter(|quote| !holds(quote, &texts))
                .count();
            let right = is_right(case, &answer);
            let row = rows.entry(&case.kind).or_default();
            *row = (row.0 + usize::from(right), row.1 + 1);
            if !right && !edits {
                report(case, &answer);
            }
        }
    }
    summary(&rows, times);
    println!("citations: {citations}, stale: {stale}");
    Ok(())
}

/// Prints how many answers were right, and the times in milliseconds.
fn summary(rows: &BTreeMap<&str, (usize, usize)>, mut times: Vec<f64>) {
    let (right, all) = rows
        .values()
        .fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    for (kind, (right, all)) in rows {
        println!(
            "{kind:10} {right:5} of {all:5}  {:5.1} %",
            100.0 * *right as f64 / *all as f64
        );
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "all        {right:5} of {all:5}  {:5.1} %",
        100.0 * right as f64 / all as f64
    );
    println!(
        "ms: p50 {:.2}, p95 {:.2}, most {:.2}",
        at(0.5),
        at(0.95),
        at(1.0)
    );
}

/// Whether a quote is in the text at its lines, byte for byte.
fn holds(quote: &ask::Quote, texts: &[(String, String)]) -> bool {
    let Ok(at) = texts.binary_search_by(|(path, _)| path.as_str().cmp(&quote.path)) else {
        return false;
    };
    let lines: Vec<&str> = texts[at].1.split('\n').collect();
    let Some(part) = lines.get(quote.lines.clone()) else {
        return false;
    };
    part.join("\n").trim_end_matches('\r') == quote.text
}

/// Moves every line and changes some, as edits that the library has not read.
fn edit(texts: &mut [(String, String)]) {
    for (at, (_, text)) in texts.iter_mut().enumerate() {
        let lines = text.lines().enumerate();
        let kept = lines
            .filter(|(line, _)| (line + at) % 7 != 0)
            .map(|(_, line)| line);
        *text = format!("\n{}\n", kept.collect::<Vec<_>>().join("\n"));
    }
}

fn is_right(case: &Case, answer: &Answer) -> bool {
    if case.places.is_empty() {
        return answer.quotes.is_empty()
            && answer.level == AnswerLevel::NotFound
            && answer.summary.starts_with("no ");
    }
    let places: Vec<(String, &str)> = answer
        .quotes
        .iter()
        .filter(|quote| {
            case.ending.split(',').any(|end| quote.path.ends_with(end)) || case.kind == "command"
        })
        .map(|quote| {
            (
                format!("{}:{}", quote.path, quote.lines.start + 1),
                quote.text.as_str(),
            )
        })
        .collect();
    let known = places.iter().all(|(place, _)| case.places.contains(place));
    let others = answer.quotes.len() - places.len();
    let complete = if answer.left_out > 0 {
        places.len() + answer.left_out + others >= case.places.len()
    } else {
        places.len() == case.places.len()
    };
    if case.kind == "command" {
        return places
            .first()
            .is_some_and(|(place, _)| case.places.contains(place));
    }
    answer.level == AnswerLevel::Exact && known && complete
}

fn report(case: &Case, answer: &Answer) {
    println!("{} {} | {}", case.kind, case.package, case.question);
    let found: BTreeSet<String> = answer
        .quotes
        .iter()
        .map(|quote| format!("{}:{}", quote.path, quote.lines.start + 1))
        .collect();
    let show = |places: Vec<&String>| {
        places
            .into_iter()
            .take(4)
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    println!(
        "    {:?} {} (+{})",
        answer.level, answer.summary, answer.left_out
    );
    println!(
        "    missing {}",
        show(case.places.difference(&found).collect())
    );
    println!(
        "    extra   {}",
        show(found.difference(&case.places).collect())
    );
}

/// Reads copies of all packages and reports time and memory.
fn grow(folder: &Path, lines: usize) -> Result<()> {
    let all = texts(folder)?;
    let (mut index, mut have, mut copy) = (Index::default(), 0, 0);
    while have < lines {
        let renamed: Vec<(String, String)> = all
            .iter()
            .map(|(path, text)| (format!("copy{copy}/{path}"), text.clone()))
            .collect();
        have += renamed
            .iter()
            .map(|(_, text)| text.lines().count())
            .sum::<usize>();
        put(&mut index, &renamed);
        copy += 1;
    }
    let mut library = AskIndex::default();
    let start = Instant::now();
    library.update(&index, &mut || true);
    let whole = start.elapsed().as_secs_f64();
    println!(
        "{have} lines: {whole:.2} s, {:.1} MB",
        library.facts_bytes() as f64 / 1e6
    );
    let start = Instant::now();
    library.update(&index, &mut || true);
    println!(
        "again, nothing changed: {:.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    let path = PathBuf::from("copy0")
        .join(&all[all.len() / 2].0)
        .display()
        .to_string();
    put(
        &mut index,
        &[(path, all[all.len() / 2].1.clone() + "\nx = 1\n")],
    );
    let start = Instant::now();
    library.update(&index, &mut || true);
    println!(
        "one file changed: {:.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    time_questions(&library, &index);
    Ok(())
}

/// Answers some questions and prints how long each took.
fn time_questions(library: &AskIndex, index: &Index) {
    let questions = [
        "where is parse defined?",
        "who calls get?",
        "what uses parse?",
        "what imports os?",
        "where is DEBUG read?",
        "what does --verbose do?",
        "where does the message \"could not open file /tmp/x: 12\" come from?",
        "how do I run the tests?",
        "where is zorbl_quux defined?",
    ];
    for question in questions {
        let start = Instant::now();
        let answer = library.answer(index, question);
        println!(
            "{:7.1} ms  {} quotes, {} more: {question}",
            start.elapsed().as_secs_f64() * 1e3,
            answer.quotes.len(),
            answer.left_out
        );
    }
}
