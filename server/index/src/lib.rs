//! The workspace in memory: what its files say, what they define, and what stood behind the same words elsewhere.
//!
//! `lsp` feeds it with texts on a thread of its own and publishes a new [`Index`] after each change; `context` and
//! `features` ask it through a snapshot. Cloning is cheap: an index is a list of shared, immutable segments. Nothing here
//! knows disk, threads, clocks or the protocol, and no model.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use grammars::Grammar;
use std::collections::BTreeMap;
use std::io::Write;
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
#[derive(Clone, Debug, Default)]
pub struct Index {
    files: Arc<BTreeMap<String, File>>,
}

#[derive(Clone, Debug)]
struct File {
    text: Arc<str>,
    stamp: u64,
    grammar: Option<&'static str>,
}

/// How much an index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Files.
    pub files: usize,
    /// Lines of their texts.
    pub lines: usize,
    /// Bytes of their texts.
    pub text_bytes: usize,
}

/// What was stored is damaged, or of another version.
#[derive(Debug)]
pub struct Damaged;

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is damaged or of another version")
    }
}

impl Index {
    /// Takes these files in; what was known of the same paths is forgotten.
    pub fn put(&mut self, sources: &[Source]) {
        let files = Arc::make_mut(&mut self.files);
        for source in sources {
            let grammar = source.grammar.map(|grammar| grammar.id);
            files.insert(source.path.into(), File { text: source.text.into(), stamp: source.stamp, grammar });
        }
    }

    /// Forgets these files.
    pub fn remove(&mut self, paths: &[&str]) {
        let files = Arc::make_mut(&mut self.files);
        paths.iter().for_each(|path| drop(files.remove(*path)));
    }

    /// The files and their stamps.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file.stamp))
    }

    /// How much it holds.
    pub fn statistics(&self) -> Statistics {
        let texts = || self.files.values().map(|file| &*file.text);
        Statistics {
            files: self.files.len(),
            lines: texts().map(|text| text.lines().count()).sum(),
            text_bytes: texts().map(str::len).sum(),
        }
    }

    /// Makes it smaller until `stop`; whether more can be done.
    pub fn compact(&mut self, _stop: &mut dyn FnMut() -> bool) -> bool {
        false
    }

    /// Writes it.
    pub fn save(&self, to: &mut dyn Write) -> std::io::Result<()> {
        for (path, file) in &*self.files {
            let grammar = file.grammar.unwrap_or_default();
            writeln!(to, "{path}\t{}\t{grammar}\t{}", file.stamp, file.text.len())?;
            to.write_all(file.text.as_bytes())?;
        }
        to.write_all(b"\n")
    }

    /// Reads what [`Index::save`] wrote.
    pub fn load(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut rest = std::str::from_utf8(bytes).map_err(|_| Damaged)?;
        let mut files = BTreeMap::new();
        while rest != "\n" {
            let (line, behind) = rest.split_once('\n').ok_or(Damaged)?;
            let fields: Vec<&str> = line.split('\t').collect();
            let [path, stamp, grammar, length] = fields[..] else { return Err(Damaged) };
            let text = behind.get(..length.parse::<usize>().map_err(|_| Damaged)?).ok_or(Damaged)?;
            let stamp = stamp.parse().map_err(|_| Damaged)?;
            let grammar = grammars::by_id(grammar).map(|grammar| grammar.id);
            files.insert(path.to_owned(), File { text: text.into(), stamp, grammar });
            rest = &behind[text.len()..];
        }
        Ok(Self { files: Arc::new(files) })
    }

    /// Where the words right before a place stand elsewhere: what followed there, the longest match first, no line twice.
    /// `before` is the text in front of the place, as much of it as is at hand; the file `without` is not looked at.
    pub fn copies(&self, _before: &str, _without: &str, _lines: usize, _most: usize) -> Vec<Copied> {
        Vec::new()
    }

    /// What is defined under this name.
    pub fn definitions(&self, name: &str, most: usize) -> Vec<Symbol> {
        let of = |(path, file): (&String, &File)| {
            let Some(grammar) = file.grammar.and_then(grammars::by_id) else { return Vec::new() };
            let rope = syntax::Rope::from_str(&file.text);
            let tree = syntax::Syntax::parse(grammar, &rope, None, &mut || false);
            let found = tree.map(|tree| tree.definitions(&rope)).unwrap_or_default().into_iter();
            let found = found.filter(|definition| definition.name == name).map(|definition| Symbol {
                name: definition.name,
                kind: definition.kind.into(),
                signature: syntax::slice(&rope, definition.header),
                container: String::new(),
                path: path.clone(),
                line: rope.byte_to_line(definition.range.start),
            });
            found.collect()
        };
        self.files.iter().flat_map(of).take(most).collect()
    }

    /// The members of what is defined under this name.
    pub fn members(&self, _container: &str, _most: usize) -> Vec<Symbol> {
        Vec::new()
    }

    /// What the file at this path defines, in the order of the text.
    pub fn outline(&self, _path: &str) -> Vec<Symbol> {
        Vec::new()
    }

    /// How often an identifier stands in the workspace.
    pub fn word_count(&self, _word: &str) -> u32 {
        0
    }

    /// The pieces of files that share most with these words; the file `without` is not looked at.
    pub fn similar(&self, _words: &[&str], _without: &str, _most: usize) -> Vec<Chunk> {
        Vec::new()
    }

    /// The paths of all files whose path ends so, e.g. `/app/models.py`.
    pub fn paths_ending(&self, _end: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Where the words right before a place stand in one text: as [`Index::copies`], for a file that is open.
pub fn copies_in(_text: &str, _before: &str, _path: &str, _lines: usize, _most: usize) -> Vec<Copied> {
    Vec::new()
}
