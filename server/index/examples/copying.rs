//! How often the first copy is the rest of the line: `cargo run --release -p index --example
//! copying PATH...`.
//!
//! Indexes the source files under the paths, takes random places at the start of lines and inside
//! them, asks for copies from all other files and counts exact answers, with all matches and with
//! those of at least three lexemes only.

#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "growth/files.rs"]
mod files;

use files::{Random, border};
use index::{Copied, Index, SourceFile};
use std::io::{Error, Result};
use std::path::PathBuf;

const PLACES: usize = 600;

/// How many were asked, offered and right.
#[derive(Default)]
struct Counted {
    asked: usize,
    offered: usize,
    right: usize,
}

fn main() -> Result<()> {
    let paths: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let found = files::walk(&paths)
        .map_err(|_| Error::other("usage: copying PATH... (with source files in them)"))?;
    let read = |path: &PathBuf| Some((path.to_string_lossy().into_owned(), files::read(path)?));
    let texts: Vec<(String, String)> = found
        .iter()
        .filter_map(read)
        .filter(|(_, text)| text.len() > 500)
        .collect();
    let sources = texts.iter().map(|(path, text)| {
        let grammar = grammars::by_path(path.as_ref());
        SourceFile {
            path,
            text,
            grammar,
            stamp: 0,
            signatures_only: false,
        }
    });
    let mut index = Index::default();
    index.put(&sources.collect::<Vec<_>>());
    while index.compact(&mut || false) {}
    for (what, start) in [("line start", true), ("mid line", false)] {
        for least in [1, 2, 3, 5, 8] {
            let Counted {
                asked,
                offered,
                right,
            } = count(&index, &texts, start, least);
            let share = |of: usize, all: usize| 100.0 * of as f64 / all.max(1) as f64;
            println!(
                "{what}, at least {least} lexemes: {:.1} % exact of {asked}; offered {:.1} %, exact of these {:.1} %",
                share(right, asked),
                share(offered, asked),
                share(right, offered)
            );
        }
    }
    Ok(())
}

fn count(index: &Index, texts: &[(String, String)], at_start: bool, least: usize) -> Counted {
    let (mut random, mut counted) = (Random(11), Counted::default());
    while counted.asked < PLACES {
        let (path, text) = &texts[random.below(texts.len())];
        let Some((place, rest)) = place(text, at_start, &mut random) else {
            continue;
        };
        counted.asked += 1;
        let found = index.copies(&text[..place], path, 1, 1);
        let Some(Copied { text, .. }) = found.into_iter().find(|copied| copied.matched >= least)
        else {
            continue;
        };
        counted.offered += 1;
        counted.right += usize::from(text.trim() == rest.trim());
    }
    counted
}

/// A place in a random line of a few words, after its indentation or inside it, and the rest of
/// the line.
fn place<'a>(text: &'a str, at_start: bool, random: &mut Random) -> Option<(usize, &'a str)> {
    let anywhere = border(text, random.below(text.len()));
    let start = text[..anywhere].rfind('\n')? + 1;
    let line = text[start..].lines().next()?;
    let body = line.trim();
    if body.len() < 4
        || ["//", "#", "*", "/*"]
            .iter()
            .any(|mark| body.starts_with(mark))
    {
        return None;
    }
    let indent = line.len() - line.trim_start().len();
    let place = if at_start {
        start + indent
    } else {
        border(text, start + indent + 1 + random.below(body.len() - 2))
    };
    Some((place, text[place..].lines().next()?))
}
