//! Prints the bugs of the files whose paths come on standard input, and how long the slowest file
//! took.
//!
//! `find DIR -name '*.py' | cargo run --release -p bugs --example bugs`: how patterns are
//! measured on real packages.

#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use bugs::{PatternSelection, Search, search};
use context::Snapshot;
use std::path::Path;
use std::time::{Duration, Instant};
use text::Document;

/// A snapshot of a file with its tree; `None` where it has none.
fn snapshot(path: &str, text: &str) -> Option<Snapshot> {
    let document = Document::new(text, 0).ok()?;
    let grammar = grammars::by_path(Path::new(path))?;
    let syntax = syntax::Syntax::parse(grammar, document.rope(), None, &mut || false);
    Some(Snapshot {
        path: path.into(),
        language: grammar.id.into(),
        document,
        syntax,
        index: index::Index::default(),
        recent: std::sync::Arc::default(),
    })
}

fn main() -> std::io::Result<()> {
    let (mut files, mut lines, mut bugs) = (0, 0, 0);
    let (mut all, mut slowest) = (Duration::ZERO, (Duration::ZERO, String::new(), 0));
    for path in std::io::stdin().lines() {
        let path = path?;
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let Some(snapshot) = snapshot(&path, &text) else {
            continue;
        };
        let start = Instant::now();
        let Search {
            bugs: found,
            unfinished,
            ..
        } = search(&snapshot, PatternSelection::ALL);
        let took = start.elapsed();
        files += 1;
        lines += text.lines().count();
        bugs += found.len();
        all += took;
        if took > slowest.0 {
            slowest = (took, path.clone(), text.lines().count());
        }
        for gave_up in unfinished {
            println!("{}\t{path}\tgave up: {:?}", gave_up.code, gave_up.cause);
        }
        for bug in found {
            let line = text[..bug.finding.range.start].matches('\n').count() + 1;
            let (code, message) = (bug.finding.code, &bug.finding.message);
            let source = text.lines().nth(line - 1).unwrap_or_default().trim();
            println!(
                "{code}\t{path}:{line}\t{message}\t{}\t{source}",
                bug.finding.title
            );
        }
    }
    println!("{files} files, {lines} lines, {bugs} bugs; {all:.1?} in all, at most {slowest:.1?}");
    Ok(())
}
