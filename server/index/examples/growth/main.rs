//! How the index grows with the workspace: `cargo run --release -p index --example growth PATH...`.
//!
//! Indexes the source files under the paths with two threads, in whole files up to 10,000, 100,000
//! and 1,000,000 lines, each in a process of its own so that memory can be compared, and prints a
//! table. Too few files are repeated under other names. The table says what the targets are about:
//! seconds, memory, an edit, storing and loading, lookups.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod files;
mod lookups;

use index::{Index, IndexSegment, SourceFile};
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Instant;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// A thread builds a segment of so many bytes at once.
const BATCH: usize = 4 << 20;

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        return Err(Error::other("usage: growth PATH..."));
    }
    if arguments[0] == "--lines" {
        let lines = arguments
            .get(1)
            .and_then(|lines| lines.parse().ok())
            .ok_or_else(|| Error::other("--lines N"))?;
        let paths: Vec<PathBuf> = arguments.drain(2..).map(PathBuf::from).collect();
        return measure(lines, &paths);
    }
    for lines in SIZES {
        let own = Command::new(std::env::current_exe()?)
            .arg("--lines")
            .arg(lines.to_string())
            .args(&arguments)
            .status()?;
        if !own.success() {
            return Err(Error::other(format!("{lines} lines were not measured")));
        }
    }
    Ok(())
}

/// A file to index: where it is read from and the name it gets.
type Named = (PathBuf, String);

fn measure(lines: usize, paths: &[PathBuf]) -> Result<()> {
    let chosen = choose(lines, files::walk(paths)?);
    let start = Instant::now();
    let mut index = build(&chosen);
    let built = start.elapsed();
    let peak = memory("VmHWM:");
    let start = Instant::now();
    while index.compact(&mut || false) {}
    let merged = start.elapsed();
    let counted = index.statistics();
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    println!(
        "== {} lines, {} files, {:.1} MiB",
        counted.lines,
        counted.files,
        mib(counted.text_bytes)
    );
    println!(
        "built            {:.2} s, merged {:.2} s more into {} segments",
        built.as_secs_f64(),
        merged.as_secs_f64(),
        counted.segments
    );
    println!(
        "resident         {:.0} MiB, at most {:.0} while building, {:.0} while merging",
        mib(memory("VmRSS:")),
        mib(peak),
        mib(memory("VmHWM:"))
    );
    let parts: Vec<_> = counted
        .memory
        .iter()
        .map(|(part, bytes)| format!("{part} {:.1}", mib(*bytes)))
        .collect();
    println!(
        "estimated        {:.1} MiB: {}",
        mib(counted.memory_bytes()),
        parts.join(", ")
    );
    lookups::edits(&mut index, &chosen);
    lookups::ask(&index, &chosen);
    store(&index)
}

/// Whole files until there are so many lines; repeated under other names where there are
/// too few.
fn choose(lines: usize, mut found: Vec<PathBuf>) -> Vec<Named> {
    shuffle(&mut found);
    let (mut chosen, mut counted) = (Vec::new(), 0);
    for round in 0..1000 {
        for path in &found {
            if counted >= lines {
                return chosen;
            }
            counted += files::read(path).map_or(0, |text| text.lines().count());
            let name = path.to_string_lossy().trim_start_matches('/').to_owned();
            chosen.push((
                path.clone(),
                if round == 0 {
                    name
                } else {
                    format!("again{round}/{name}")
                },
            ));
        }
    }
    chosen
}

/// Puts the files into another order, the same in every run.
fn shuffle(items: &mut [PathBuf]) {
    let mut random = files::Random(7);
    for at in (1..items.len()).rev() {
        items.swap(at, random.below(at + 1));
    }
}

/// Two threads read and build batches, this one adds them.
fn build(chosen: &[Named]) -> Index {
    let next = Mutex::new(chosen.iter());
    let batch = || {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let mut next = next.lock().ok()?;
        while bytes < BATCH
            && let Some((path, name)) = next.next()
        {
            if let Some(text) = files::read(path) {
                bytes += text.len();
                batch.push((path, name, text));
            }
        }
        (!batch.is_empty()).then_some(batch)
    };
    let (send, built) = channel();
    let mut index = Index::default();
    std::thread::scope(|scope| {
        for send in [send.clone(), send] {
            scope.spawn(move || {
                while let Some(batch) = batch() {
                    let sources: Vec<_> = batch
                        .iter()
                        .map(|(path, name, text)| source(path, name, text))
                        .collect();
                    if send.send(IndexSegment::build(&sources)).is_err() {
                        return;
                    }
                }
            });
        }
        built.iter().for_each(|segments| index.add(segments));
    });
    index
}

/// What is given to the index.
fn source<'a>(path: &Path, name: &'a str, text: &'a str) -> SourceFile<'a> {
    SourceFile {
        path: name,
        text,
        grammar: grammars::by_path(path),
        stamp: 0,
        signatures_only: false,
    }
}

fn store(index: &Index) -> Result<()> {
    let start = Instant::now();
    let mut bytes = Vec::new();
    index.save(&mut bytes)?;
    let saved = start.elapsed();
    let start = Instant::now();
    let loaded = Index::load(&bytes).map_err(Error::other)?;
    let mib = bytes.len() as f64 / f64::from(1 << 20);
    let (saved, took) = (saved.as_secs_f64(), start.elapsed().as_secs_f64());
    println!(
        "stored           {mib:.1} MiB in {saved:.2} s, loaded in {took:.2} s with {} files",
        loaded.files().count()
    );
    Ok(())
}

/// A line of the process's status in bytes; 0 where the system has none.
fn memory(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .unwrap_or_default();
    line.split_whitespace()
        .next()
        .and_then(|kib| kib.parse::<usize>().ok())
        .unwrap_or(0)
        * 1024
}
