//! The workspace in memory: what its files say, what they define, and what stood behind the same words elsewhere.
//!
//! `lsp` feeds it with texts on a thread of its own and publishes a new [`Index`] after each change; `context` and
//! `features` ask it through a snapshot. Cloning is cheap: an index is a list of shared, immutable segments. Nothing here
//! knows disk, threads, clocks or the protocol, and no model.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use grammars::Grammar;
use std::collections::HashMap;
use std::sync::Arc;

/// A file as it is given to the index.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Its path relative to the workspace, with `/` between its parts.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Its language, where known.
    pub grammar: Option<&'static Grammar>,
    /// Names this state of the file; only compared for equality (a hash of size and time of change, or of the text).
    pub stamp: u64,
    /// Whether only what it defines is of interest: the file belongs to a dependency, not to the workspace.
    pub signatures_only: bool,
}

/// Text that followed the same words somewhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// What followed, from the matching place on: the rest of that line and the lines behind it, as many as were asked for.
    pub text: String,
    /// How many lexemes in front of the two places are equal.
    pub matched: usize,
    /// The bytes of those lexemes and the single blanks between them.
    pub matched_bytes: usize,
    /// In how many of the places that match as far as this one the rest of the line is the same, this one counted.
    pub agreeing: usize,
    /// How many places match as far as this one.
    pub places: usize,
    /// The file it stands in.
    pub path: String,
    /// Its line, counted from 0.
    pub line: usize,
}

/// Something a file of the workspace or of a dependency defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// The word behind `@definition.` of the grammar's query, such as `class`.
    pub kind: String,
    /// The definition up to its body, on one line, its first comment or docstring line behind it where there is one.
    pub signature: String,
    /// The name of what it is a member of; empty for what stands at the top of a file.
    pub container: String,
    /// The file it stands in.
    pub path: String,
    /// Its first line, counted from 0.
    pub line: usize,
}

/// A piece of a file, cut at borders of its syntax.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Its text.
    pub text: String,
    /// How like what was asked for it is (BM25).
    pub score: f32,
    /// The file it stands in.
    pub path: String,
    /// Its first line, counted from 0.
    pub line: usize,
}

/// What stands in a workspace. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Index {
    files: std::collections::BTreeMap<String, Arc<File>>,
}

struct File {
    text: String,
    words: Vec<(u32, u32)>,
    table: HashMap<u64, Vec<u32>>,
    counts: HashMap<String, u32>,
    symbols: Vec<Symbol>,
}

const KEYS: [usize; 3] = [3, 2, 1];

impl File {
    fn new(source: &Source) -> Self {
        let text = source.text.replace("\r\n", "\n");
        let words = lexemes(&text);
        let mut table: HashMap<u64, Vec<u32>> = HashMap::new();
        let mut counts: HashMap<String, u32> = HashMap::new();
        for at in 1..=words.len() {
            for k in KEYS {
                if at >= k {
                    table.entry(key(&text, &words[at - k..at])).or_default().push(at as u32);
                }
            }
            let (start, end) = words[at - 1];
            *counts.entry(text[start as usize..end as usize].to_owned()).or_default() += 1;
        }
        let mut symbols = Vec::new();
        if let Some(grammar) = source.grammar {
            let rope = text::Rope::from_str(&text);
            if let Some(syntax) = syntax::Syntax::parse(grammar, &rope, None, &mut || false) {
                let all = syntax.definitions(&rope);
                for d in &all {
                    let container =
                        all.iter().filter(|o| o.range.start < d.range.start && o.range.end >= d.range.end).last();
                    symbols.push(Symbol {
                        name: d.name.clone(),
                        kind: d.kind.to_owned(),
                        signature: text[d.header.clone()].split_whitespace().collect::<Vec<_>>().join(" "),
                        container: container.map_or(String::new(), |c| c.name.clone()),
                        path: source.path.to_owned(),
                        line: text[..d.range.start].matches('\n').count(),
                    });
                }
            }
        }
        Self { text, words, table, counts, symbols }
    }
}

fn lexemes(text: &str) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(|c: char| c == '\n' || !c.is_whitespace()) {
        let start = at + found;
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let first = text[start..].chars().next().unwrap_or(' ');
        let length = if word(first) {
            text[start..].find(|c: char| !word(c)).unwrap_or(text.len() - start)
        } else {
            first.len_utf8()
        };
        at = start + length;
        out.push((start as u32, at as u32));
    }
    out
}

fn key(text: &str, words: &[(u32, u32)]) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    words.len().hash(&mut hasher);
    for &(start, end) in words {
        text[start as usize..end as usize].hash(&mut hasher);
    }
    hasher.finish()
}

impl Index {
    /// Takes these files in; what was known of the same paths is forgotten.
    pub fn put(&mut self, sources: &[Source]) {
        for source in sources {
            self.files.insert(source.path.to_owned(), Arc::new(File::new(source)));
        }
    }

    /// Forgets these files.
    pub fn remove(&mut self, paths: &[&str]) {
        paths.iter().for_each(|path| drop(self.files.remove(*path)));
    }

    /// Where the words right before a place stand elsewhere: what followed there, the longest match first, no line twice.
    /// `before` is the text in front of the place, as much of it as is at hand; the file `without` is not looked at.
    pub fn copies(&self, before: &str, without: &str, lines: usize, most: usize) -> Vec<Copied> {
        let files = self.files.iter().filter(|(path, _)| path.as_str() != without);
        find(files.map(|(path, file)| (path.as_str(), &**file)), before, lines, most)
    }

    /// What is defined under this name.
    pub fn definitions(&self, name: &str, most: usize) -> Vec<Symbol> {
        let all = self.files.values().flat_map(|file| &file.symbols);
        all.filter(|symbol| symbol.name == name).take(most).cloned().collect()
    }

    /// The members of what is defined under this name.
    pub fn members(&self, container: &str, most: usize) -> Vec<Symbol> {
        let all = self.files.values().flat_map(|file| &file.symbols);
        all.filter(|symbol| symbol.container == container).take(most).cloned().collect()
    }

    /// What the file at this path defines, in the order of the text.
    pub fn outline(&self, path: &str) -> Vec<Symbol> {
        self.files.get(path).map_or(Vec::new(), |file| file.symbols.clone())
    }

    /// How often an identifier stands in the workspace.
    pub fn word_count(&self, word: &str) -> u32 {
        self.files.values().filter_map(|file| file.counts.get(word)).sum()
    }

    /// The pieces of files that share most with these words; the file `without` is not looked at.
    pub fn similar(&self, _words: &[&str], _without: &str, _most: usize) -> Vec<Chunk> {
        Vec::new()
    }

    /// The paths of all files whose path ends so, e.g. `/app/models.py`.
    pub fn paths_ending(&self, end: &str) -> Vec<String> {
        self.files.keys().filter(|path| path.ends_with(end)).cloned().collect()
    }
}

/// Where the words right before a place stand in one text: as [`Index::copies`], for a file that is open.
pub fn copies_in(text: &str, before: &str, path: &str, lines: usize, most: usize) -> Vec<Copied> {
    let file = File::new(&Source { path, text, grammar: None, stamp: 0, signatures_only: false });
    find(std::iter::once((path, &file)), before, lines, most)
}

fn find<'a>(
    files: impl Iterator<Item = (&'a str, &'a File)> + Clone,
    before: &str,
    lines: usize,
    most: usize,
) -> Vec<Copied> {
    let typed = &before[before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len()..];
    let head = &before[..before.len() - typed.len()];
    let words = lexemes(head);
    let blank = head.ends_with([' ', '\t', '\n']);
    let mut found: Vec<Copied> = Vec::new();
    for k in KEYS {
        if words.len() < k || !found.is_empty() && found.len() >= most {
            continue;
        }
        let wanted = key(head, &words[words.len() - k..]);
        for (path, file) in files.clone() {
            for &at in file.table.get(&wanted).into_iter().flatten() {
                let at = at as usize;
                let Some(&(next, _)) = file.words.get(at) else { continue };
                let same = |n: usize| {
                    let (a, b) = file.words[at - 1 - n];
                    let (c, d) = words[words.len() - 1 - n];
                    file.text[a as usize..b as usize] == head[c as usize..d as usize]
                };
                let matched = (0..64.min(at).min(words.len())).take_while(|&n| same(n)).count();
                if matched < k {
                    continue;
                }
                let end = file.words[at - 1].1 as usize;
                let gap = &file.text[end..next as usize];
                let text: String = file.text[next as usize..].split('\n').take(lines).collect::<Vec<_>>().join("\n");
                let Some(rest) = text.strip_prefix(typed) else { continue };
                let text = if typed.is_empty() && !blank { format!("{gap}{rest}") } else { rest.to_owned() };
                if text.trim().is_empty() {
                    continue;
                }
                let bytes = end - file.words[at - matched].0 as usize;
                match found.iter_mut().find(|known| known.text == text) {
                    Some(known) if known.matched == matched => known.agreeing += 1,
                    Some(known) if known.matched > matched => {}
                    other => {
                        let new = Copied {
                            text,
                            matched,
                            matched_bytes: bytes,
                            agreeing: 1,
                            places: 0,
                            path: path.to_owned(),
                            line: 0,
                        };
                        match other {
                            Some(known) => *known = new,
                            None => found.push(new),
                        }
                    }
                }
            }
        }
    }
    let lengths: Vec<(usize, usize)> = found.iter().map(|copied| (copied.matched, copied.agreeing)).collect();
    for copied in &mut found {
        copied.places = lengths.iter().filter(|(matched, _)| *matched >= copied.matched).map(|(_, count)| count).sum();
    }
    found.sort_by_key(|copied| (std::cmp::Reverse(copied.matched), std::cmp::Reverse(copied.agreeing)));
    found.truncate(most);
    found
}
