//! The facts of each file in one sorted table: what it calls, imports, declares and prints, as
//! hashes with lines.
//!
//! Texts stay in the index. A fact only says where to look; whoever answers reads that line again
//! and checks it, so neither a stale table nor two names of one hash can make an answer false. A
//! changed file replaces its own table.

use super::{config, read};
use index::Index;
use std::collections::HashMap;
use std::path::Path;

/// What a fact says about its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FactKind {
    /// The name is called.
    Call,
    /// The module or name is imported.
    Import,
    /// The flag of the command line is declared.
    Flag,
    /// The environment variable is read or set.
    Variable,
    /// The setting is declared.
    Setting,
    /// A message with this word is written.
    MessageWord,
    /// The path of requests is handled.
    Route,
}

/// One fact: kind and hash of a name, and the line, counted from 0.
pub(crate) type Fact = (u32, u32);

/// The key of a name under a kind.
pub(crate) fn key(kind: FactKind, name: &str) -> u32 {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    let sum = name.bytes().fold(PRIME, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(PRIME).rotate_left(29)
    });
    (kind as u32) << 28 | (sum ^ (sum >> 31)) as u32 & 0x0fff_ffff
}

/// The table of one file.
struct FileFacts {
    /// The state of the file it was read from, and the length of its text.
    state: (u64, usize),
    table: Box<[Fact]>,
}

/// What files say in a form that needs no search.
#[derive(Default)]
pub(crate) struct Facts {
    files: HashMap<Box<str>, FileFacts>,
}

/// Where the names of files of dependencies begin: only their headers are known.
pub(crate) const DEPENDENCY: &str = "dependency:";

impl Facts {
    /// Reads files that changed, while `goes_on`; returns whether all were read.
    pub(crate) fn update(&mut self, index: &Index, goes_on: &mut dyn FnMut() -> bool) -> bool {
        let own = |path: &&str| !path.starts_with(DEPENDENCY);
        let states: HashMap<&str, u64> = index.files().filter(|(path, _)| own(path)).collect();
        self.files.retain(|path, _| states.contains_key(&**path));
        for (path, stamp) in states {
            if !goes_on() {
                return false;
            }
            let text = index.text(path).unwrap_or_default();
            let state = (stamp, text.len());
            if self
                .files
                .get(path)
                .is_none_or(|known| known.state != state)
            {
                let table = table(path, text);
                self.files.insert(path.into(), FileFacts { state, table });
            }
        }
        true
    }

    /// The places of a fact, in no order: paths and lines. Files whose texts have another length by
    /// now are left out.
    pub(crate) fn places(&self, index: &Index, kind: FactKind, name: &str) -> Vec<(&str, usize)> {
        let wanted = key(kind, name);
        let mut last = ("", false);
        let is_current = |path: &str| {
            let known = || self.files.get(path).map(|file| file.state.1);
            index.text(path).map(str::len) == known()
        };
        let mut found = Vec::new();
        for (path, _, line) in self.between(wanted, wanted) {
            if last.0 != path {
                last = (path, is_current(path));
            }
            found.extend(last.1.then_some((path, line)));
        }
        found
    }

    /// Whether there is a fact of this name.
    pub(crate) fn has(&self, kind: FactKind, name: &str) -> bool {
        let wanted = key(kind, name);
        self.between(wanted, wanted).next().is_some()
    }

    /// The places of all facts of a kind, in no order.
    pub(crate) fn all(&self, kind: FactKind) -> impl Iterator<Item = (&str, usize)> {
        let first = (kind as u32) << 28;
        self.between(first, first | 0x0fff_ffff)
            .map(|(path, _, line)| (path, line))
    }

    /// The lines of all facts of a kind in a file, in order.
    pub(crate) fn lines_in(&self, path: &str, kind: FactKind) -> Vec<usize> {
        let first = (kind as u32) << 28;
        let rows = self
            .files
            .get(path)
            .map(|file| &*file.table)
            .unwrap_or_default();
        let rows = rows
            .iter()
            .filter(|(key, _)| (first..=first | 0x0fff_ffff).contains(key));
        let mut lines: Vec<usize> = rows.map(|(_, line)| *line as usize).collect();
        lines.sort_unstable();
        lines.dedup();
        lines
    }

    fn between(&self, first: u32, last: u32) -> impl Iterator<Item = (&str, u32, usize)> {
        self.files.iter().flat_map(move |(path, file)| {
            let start = file.table.partition_point(|(key, _)| *key < first);
            let rows = file.table[start..]
                .iter()
                .take_while(move |(key, _)| *key <= last);
            rows.map(move |(key, line)| (&**path, *key, *line as usize))
        })
    }

    /// About how many bytes the tables take.
    pub(crate) fn memory_bytes(&self) -> usize {
        let entry = size_of::<(Box<str>, FileFacts)>() + 1;
        let tables = self
            .files
            .values()
            .map(|file| size_of_val(&*file.table))
            .sum::<usize>();
        let paths = self.files.keys().map(|path| path.len()).sum::<usize>();
        tables + paths + self.files.capacity() * entry
    }
}

/// The facts of a text, sorted.
fn table(path: &str, text: &str) -> Box<[Fact]> {
    let mut facts = Vec::new();
    if let Some(grammar) = language(path, text) {
        read::read(grammar, text, &mut facts);
    }
    config::read(path, text, &mut facts);
    facts.sort_unstable();
    facts.dedup();
    facts.into()
}

/// The language of a file of code; none of documents and data.
pub(crate) fn language(path: &str, text: &str) -> Option<&'static grammars::Grammar> {
    let by_path = grammars::by_path(Path::new(path));
    let grammar = by_path.or_else(|| grammars::by_shebang(text.lines().next()?))?;
    // What has neither strings nor blocks of code is a document; what has no comments is data.
    let is_code = grammar.facts.line_comment.is_some() && !grammar.facts.quotes.is_empty();
    is_code.then_some(grammar)
}
