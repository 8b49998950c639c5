//! Measures fresh and incremental parses on a file of ten thousand lines per language: `cargo run
//! --release -p syntax --example reparse`.
//!
//! The file is the language's own whole example, repeated. A statement is typed key by key at
//! places all over it. `kept` is the parse the server makes after each key, `adds_error` and
//! `scopes` are asked after each key, in a text that is broken most of the time.

#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::fs;
use std::io::{Error, Result};
use std::path::Path;
use std::time::{Duration, Instant};
use syntax::{Rope, Syntax, adds_error};

const LINES: usize = 10_000;
const PLACES: usize = 12;
const TYPED: &str = "value = call(first, \"text\")";

fn main() -> Result<()> {
    println!("times in ms, p50 and p95");
    println!(
        "language        KiB             fresh              kept        adds_error            scopes"
    );
    for grammar in grammars::all() {
        let rope = Rope::from_str(&text_of(grammar)?);
        let syntax = Syntax::parse(grammar, &rope, None, &mut || false)
            .ok_or_else(|| Error::other("too large"))?;
        let mut times = Times::default();
        for place in 0..PLACES {
            times
                .fresh
                .push(timed(|| Syntax::parse(grammar, &rope, None, &mut || false)).1);
            type_at(
                &rope,
                &syntax,
                rope.len_lines() * place / PLACES,
                &mut times,
            );
        }
        let columns: Vec<String> = [times.fresh, times.kept, times.judged, times.scopes]
            .into_iter()
            .map(spread)
            .collect();
        println!(
            "{:<11} {:>7} {}",
            grammar.id,
            rope.len_bytes() / 1024,
            columns.concat()
        );
    }
    Ok(())
}

/// One time per parse or question.
#[derive(Default)]
struct Times {
    fresh: Vec<Duration>,
    kept: Vec<Duration>,
    judged: Vec<Duration>,
    scopes: Vec<Duration>,
}

fn text_of(grammar: &grammars::Grammar) -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../grammars")
        .join(grammar.id)
        .join("examples");
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    let is_whole = |path: &&std::path::PathBuf| {
        path.extension().is_some_and(|e| e != "expect")
            && !path.to_string_lossy().to_lowercase().contains("typing")
    };
    let text = fs::read_to_string(
        paths
            .iter()
            .find(is_whole)
            .ok_or_else(|| Error::other("no example"))?,
    )?;
    Ok(if grammar.id == "json" {
        format!("[{}]", vec![text; LINES / 17].join(",\n"))
    } else {
        text.repeat(LINES / text.lines().count())
    })
}

/// Types the statement on a new line, one key at a time, and times each parse.
fn type_at(rope: &Rope, syntax: &Syntax, line: usize, times: &mut Times) {
    let (mut rope, mut syntax) = (rope.clone(), syntax.clone());
    let mut at = rope.line_to_byte(line);
    for key in TYPED.chars() {
        let change = text::replace(&mut rope, at..at, &key.to_string());
        at = change.new_end_byte;
        syntax.edit(&change);
        let (parsed, time) =
            timed(|| Syntax::parse(syntax.grammar, &rope, Some(&syntax), &mut || false));
        times.kept.push(time);
        syntax = parsed.unwrap_or(syntax);
        times
            .judged
            .push(timed(|| adds_error(&syntax, &rope, &text::Edit::insert(at, "other()"))).1);
        times.scopes.push(timed(|| syntax.scopes(&rope, at)).1);
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (work(), start.elapsed())
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |percent: usize| {
        times
            .get(times.len() * percent / 100)
            .map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    format!("{:>9.2} {:>8.2}", at(50), at(95))
}
