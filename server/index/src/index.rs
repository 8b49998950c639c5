//! The index: a list of segments, newest last, and which of their files are dead because newer ones
//! replaced them.
//!
//! `put` adds segments and marks what they replace, so an edit costs no more than its own file.
//! `compact`, called when nothing else is to be done, merges small and half dead segments. All
//! questions ask all segments; segments are shared between clones.

use crate::copies::{Copies, Cursor, MOST_STEPS, Place};
use crate::places::Context;
use crate::segment::{MAX_TEXT, Segment};
use crate::symbols::By;
use crate::walk::Walk;
use crate::{Chunk, Copied, Source, Symbol, similar};
use std::sync::Arc;

/// What stands in a workspace. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Index {
    pub(crate) parts: Vec<Part>,
}

/// A segment and which of its files live.
#[derive(Clone)]
pub(crate) struct Part {
    pub segment: Arc<Segment>,
    lives: Arc<[bool]>,
    /// The bytes of text of its living files.
    bytes: usize,
}

impl Part {
    pub(crate) fn new(segment: Segment, lives: Vec<bool>) -> Self {
        let bytes = segment
            .files
            .iter()
            .zip(&lives)
            .filter(|(_, lives)| **lives);
        let bytes = bytes
            .map(|(file, _)| file.text.length as usize + file.path.len())
            .sum();
        Self {
            segment: Arc::new(segment),
            lives: lives.into(),
            bytes,
        }
    }

    pub(crate) fn lives(&self, file: usize) -> bool {
        self.lives.get(file).is_some_and(|lives| *lives)
    }

    /// Marks a file as dead.
    fn bury(&mut self, path: &str) {
        let Some(file) = self.segment.file_at(path).filter(|file| self.lives(*file)) else {
            return;
        };
        let mut lives = self.lives.to_vec();
        lives[file] = false;
        self.lives = lives.into();
        let file = &self.segment.files[file];
        self.bytes = self
            .bytes
            .saturating_sub(file.text.length as usize + file.path.len());
    }

    /// Whether some of its files were replaced or removed.
    pub(crate) fn any_dead(&self) -> bool {
        self.lives.iter().any(|lives| !lives)
    }

    /// Whether at least a third of it is dead.
    fn is_mostly_waste(&self) -> bool {
        self.bytes * 3 < self.segment.text.len() * 2
    }
}

impl Index {
    /// Takes these files in; what was known of the same paths is forgotten.
    pub fn put(&mut self, sources: &[Source]) {
        self.add(Segment::build(sources));
    }

    /// Takes segments in that were [built](Segment::build) elsewhere; what was known of the same
    /// paths is forgotten.
    pub fn add(&mut self, segments: Vec<Segment>) {
        for segment in segments {
            let paths: Vec<&str> = segment.files.iter().map(|file| &*file.path).collect();
            self.remove(&paths);
            let lives = vec![true; segment.files.len()];
            self.parts.push(Part::new(segment, lives));
        }
    }

    /// Forgets these files.
    pub fn remove(&mut self, paths: &[&str]) {
        self.parts
            .iter_mut()
            .for_each(|part| paths.iter().for_each(|path| part.bury(path)));
        self.parts.retain(|part| part.lives.contains(&true));
    }

    /// Merges some small or half dead segments, unless `stop` says so (asked a thousand times a
    /// second or so). True while there is more to merge. It needs up to twice the merged segments'
    /// memory while it runs.
    pub fn compact(&mut self, stop: &mut dyn FnMut() -> bool) -> bool {
        let chosen = self.to_merge();
        if chosen.is_empty() {
            return false;
        }
        let segments: Vec<&Segment> = chosen
            .iter()
            .map(|part| &*self.parts[*part].segment)
            .collect();
        let lives = |number: usize, file: usize| self.parts[chosen[number]].lives(file);
        let Some(merged) = Segment::merge(&segments, lives, stop) else {
            return true;
        };
        let mut number = 0..;
        self.parts
            .retain(|_| number.next().is_none_or(|number| !chosen.contains(&number)));
        let lives = vec![true; merged.files.len()];
        self.parts.push(Part::new(merged, lives));
        !self.to_merge().is_empty()
    }

    /// The numbers of segments to merge into one: a half dead one alone, or small ones of a like
    /// size.
    fn to_merge(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        order.sort_by_key(|part| self.parts[*part].bytes);
        let (mut total, mut best) = (0, 0);
        for (count, part) in order.iter().enumerate() {
            let bytes = self.parts[*part].bytes;
            if total + bytes > MAX_TEXT {
                break;
            }
            if count > 0 && bytes <= 2 * total {
                best = count + 1;
            }
            total += bytes;
        }
        if best >= 2 {
            return order[..best].to_vec();
        }
        order
            .into_iter()
            .filter(|part| self.parts[*part].is_mostly_waste())
            .take(1)
            .collect()
    }

    /// Where the words right before a place stand elsewhere: what followed there, the longest match
    /// first, no line twice.
    ///
    /// `before` is the text in front of the place, as much of it as is at hand; the file `without`
    /// is not looked at. A word that ends `before` may be half typed: it is not counted as matched,
    /// and what followed must begin with it. Further lines are indented as the line of the place
    /// is. Equal matches are ranked by how many places agree, then by nearness to `without`. Of
    /// very frequent words only some places are looked at.
    pub fn copies(&self, before: &str, without: &str, lines: usize, most: usize) -> Vec<Copied> {
        let cursor = Cursor::new(before);
        let mut copies = Copies::new(&cursor, without, most);
        let walk = Walk::new(
            &cursor.context,
            self.parts.iter().map(|part| &*part.segment).collect(),
        );
        for (part, number, place, matched) in walk.take(MOST_STEPS) {
            if copies.is_full(matched) {
                break;
            }
            let part = &self.parts[part];
            let file = &part.segment.files[number];
            if part.lives(number) && !file.signatures_only && *file.path != *without {
                let (text, at) = (part.segment.slice(file.text), place - file.text.at as usize);
                copies.push(Place {
                    path: &file.path,
                    file: text,
                    at,
                    matched,
                });
            }
        }
        copies.finish(lines)
    }

    /// What is defined under this name.
    pub fn definitions(&self, name: &str, most: usize) -> Vec<Symbol> {
        self.symbols(By::Name, name, most)
    }

    /// The members of what is defined under this name.
    pub fn members(&self, container: &str, most: usize) -> Vec<Symbol> {
        self.symbols(By::Container, container, most)
    }

    fn symbols(&self, by: By, name: &str, most: usize) -> Vec<Symbol> {
        let found = self
            .parts
            .iter()
            .flat_map(|part| part.segment.rows(by, name).map(move |row| (part, row)));
        let symbol = |(part, row): (&Part, _)| {
            let row: &crate::segment::Row = row;
            let file = part
                .segment
                .file_of(row.name.at as usize + 1)
                .filter(|file| part.lives(*file))?;
            Some(part.segment.symbol(file, row))
        };
        found.filter_map(symbol).take(most).collect()
    }

    /// What the file at this path defines, in the order of the text.
    pub fn outline(&self, path: &str) -> Vec<Symbol> {
        let found = self.parts.iter().find_map(|part| {
            let file = part
                .segment
                .file_at(path)
                .filter(|file| part.lives(*file))?;
            let rows = part
                .segment
                .symbols
                .get(part.segment.files[file].symbols.range())?;
            Some(
                rows.iter()
                    .map(|row| part.segment.symbol(file, row))
                    .collect(),
            )
        });
        found.unwrap_or_default()
    }

    /// How often an identifier stands in the workspace and in the signatures of its dependencies.
    pub fn word_count(&self, word: &str) -> u32 {
        let context = Context::new(word);
        if context.len() != 1 {
            return 0;
        }
        self.parts
            .iter()
            .map(|part| crate::words::count(part, &context))
            .sum()
    }

    /// The pieces of files that share most with these words; the file `without` is not looked at.
    pub fn similar(&self, words: &[&str], without: &str, most: usize) -> Vec<Chunk> {
        similar::similar(&self.parts, words, without, most)
    }

    /// The text of a file; of a file of which only the definitions are kept, their headers.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.parts.iter().find_map(|part| {
            let file = part
                .segment
                .file_at(path)
                .filter(|file| part.lives(*file))?;
            part.segment.text.get(part.segment.files[file].text.range())
        })
    }

    /// The paths of all files whose path ends so, e.g. `/app/models.py`.
    pub fn paths_ending(&self, end: &str) -> Vec<String> {
        self.files()
            .map(|(path, _)| path)
            .filter(|path| path.ends_with(end))
            .map(str::to_owned)
            .collect()
    }

    /// All files: path and stamp.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        let living = |part: &'_ Part| part.lives.clone();
        self.parts.iter().flat_map(move |part| {
            let files = part.segment.files.iter().zip(living(part).to_vec());
            files
                .filter(|(_, lives)| *lives)
                .map(|(file, _)| (&*file.path, file.stamp))
        })
    }
}
