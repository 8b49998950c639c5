//! The index: a list of segments, newest last, and which of their files are tombstoned because
//! newer ones replaced them.
//!
//! `put` adds segments and tombstones what they replace, so an edit costs no more than its own
//! file. `compact`, called when the thread is idle, merges small segments and those with many
//! tombstones. Every query asks all segments; segments are shared between clones.

use crate::copies::{Copies, CopyQuery, CopySite, MAX_STEPS};
use crate::live_segment::LiveSegment;
use crate::match_walk::MatchWalk;
use crate::segment::{IndexSegment, MAX_TEXT};
use crate::suffix_array::PrecedingLexemes;
use crate::symbols::SymbolKey;
use crate::{Chunk, Copied, SourceFile, Symbol, similar};

/// The index of a workspace. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Index {
    pub(crate) segments: Vec<LiveSegment>,
}

impl Index {
    /// Adds these files; they replace files with the same paths.
    pub fn put(&mut self, sources: &[SourceFile]) {
        self.add(IndexSegment::build(sources));
    }

    /// Adds segments that were [built](IndexSegment::build) elsewhere; their files replace those
    /// with the same paths.
    pub fn add(&mut self, segments: Vec<IndexSegment>) {
        for segment in segments {
            let paths: Vec<&str> = segment.files.iter().map(|file| &*file.path).collect();
            self.remove(&paths);
            let live = vec![true; segment.files.len()];
            self.segments.push(LiveSegment::new(segment, live));
        }
    }

    /// Removes these files.
    pub fn remove(&mut self, paths: &[&str]) {
        for segment in &mut self.segments {
            for path in paths {
                segment.tombstone(path);
            }
        }
        self.segments.retain(LiveSegment::is_any_live);
    }

    /// Merges some small segments, or one with many tombstones; `stop` is polled about a thousand
    /// times per second. Returns whether there is more to merge. While it runs, it needs up to
    /// twice the memory of the merged segments.
    pub fn compact(&mut self, stop: &mut dyn FnMut() -> bool) -> bool {
        let chosen = self.to_merge();
        if chosen.is_empty() {
            return false;
        }
        let segments: Vec<&IndexSegment> = chosen
            .iter()
            .map(|part| &*self.segments[*part].segment)
            .collect();
        let is_live = |number: usize, file: usize| self.segments[chosen[number]].is_live(file);
        let Some(merged) = IndexSegment::merge(&segments, is_live, stop) else {
            return true;
        };
        let mut number = 0..;
        self.segments
            .retain(|_| number.next().is_none_or(|number| !chosen.contains(&number)));
        let live = vec![true; merged.files.len()];
        self.segments.push(LiveSegment::new(merged, live));
        !self.to_merge().is_empty()
    }

    /// The numbers of the segments to merge into one: small ones of similar size, else one with
    /// many tombstones.
    fn to_merge(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.segments.len()).collect();
        order.sort_by_key(|part| self.segments[*part].live_bytes);
        let (mut total, mut best) = (0, 0);
        for (count, part) in order.iter().enumerate() {
            let bytes = self.segments[*part].live_bytes;
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
            .filter(|part| self.segments[*part].has_much_waste())
            .take(1)
            .collect()
    }

    /// Other occurrences of the lexemes right before a position: the text that followed them, the
    /// longest match first, no line twice.
    ///
    /// `before` is the text before the position, as much of it as is available; the file `without`
    /// is skipped. A word at the end of `before` may be incomplete: it does not count as matched,
    /// and what followed must begin with it. Further lines are indented like the line of the
    /// position. Equal matches are ranked by how many agree, then by nearness to `without`. Of very
    /// frequent lexemes only some occurrences are examined.
    pub fn copies(&self, before: &str, without: &str, lines: usize, most: usize) -> Vec<Copied> {
        let query = CopyQuery::new(before);
        let mut copies = Copies::new(&query, without, most);
        let segments = self.segments.iter().map(|part| &*part.segment).collect();
        for found in MatchWalk::new(&query.preceding, segments).take(MAX_STEPS) {
            if copies.is_full(found.matched) {
                break;
            }
            let part = &self.segments[found.segment];
            let file = &part.segment.files[found.file];
            if !part.is_live(found.file) || file.signatures_only || *file.path == *without {
                continue;
            }
            copies.push(CopySite {
                path: &file.path,
                file: part.segment.slice(file.text),
                at: found.position - file.text.at as usize,
                matched: found.matched,
            });
        }
        copies.finish(lines)
    }

    /// The definitions with this name.
    pub fn definitions(&self, name: &str, most: usize) -> Vec<Symbol> {
        self.symbols(SymbolKey::Name, name, most)
    }

    /// The members of the definitions with this name.
    pub fn members(&self, container: &str, most: usize) -> Vec<Symbol> {
        self.symbols(SymbolKey::Container, container, most)
    }

    fn symbols(&self, key: SymbolKey, name: &str, most: usize) -> Vec<Symbol> {
        let symbols = self.segments.iter().flat_map(|part| {
            let rows = part.segment.rows(key, name);
            rows.filter_map(move |row| part.live_symbol(row))
        });
        symbols.take(most).collect()
    }

    /// The definitions in the file at this path, in the order of the text.
    pub fn outline(&self, path: &str) -> Vec<Symbol> {
        let Some((part, number)) = self.live_file(path) else {
            return Vec::new();
        };
        let segment = &part.segment;
        let rows = segment.symbols.get(segment.files[number].symbols.range());
        let rows = rows.unwrap_or_default().iter();
        rows.map(|row| segment.symbol(number, row)).collect()
    }

    /// The live file at this path: its segment and its number there.
    fn live_file(&self, path: &str) -> Option<(&LiveSegment, usize)> {
        self.segments.iter().find_map(|part| {
            let file = part.segment.file_at(path)?;
            part.is_live(file).then_some((part, file))
        })
    }

    /// How often an identifier occurs in the workspace and in the signatures of its dependencies.
    pub fn word_count(&self, word: &str) -> u32 {
        let context = PrecedingLexemes::new(word);
        if context.len() != 1 {
            return 0;
        }
        self.segments
            .iter()
            .map(|part| crate::word_count::count(part, &context))
            .sum()
    }

    /// The chunks that are most relevant to these words; the file `without` is skipped.
    pub fn similar(&self, words: &[&str], without: &str, most: usize) -> Vec<Chunk> {
        similar::similar(&self.segments, words, without, most)
    }

    /// The text of a file; if only its definitions are indexed, their headers.
    pub fn text(&self, path: &str) -> Option<&str> {
        let (part, file) = self.live_file(path)?;
        part.segment.text.get(part.segment.files[file].text.range())
    }

    /// The paths with this suffix, e.g. `/app/models.py`.
    pub fn paths_ending(&self, end: &str) -> Vec<String> {
        self.files()
            .map(|(path, _)| path)
            .filter(|path| path.ends_with(end))
            .map(str::to_owned)
            .collect()
    }

    /// The stamp of a file of the workspace; none for a file of which only definitions are indexed.
    pub fn stamp(&self, path: &str) -> Option<u64> {
        let (part, file) = self.live_file(path)?;
        let file = &part.segment.files[file];
        (!file.signatures_only).then_some(file.stamp)
    }

    /// The files of the workspace, without those of which only definitions are indexed: path and
    /// stamp.
    pub fn own_files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.segments.iter().flat_map(LiveSegment::own_files)
    }

    /// All files: path and stamp.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.segments.iter().flat_map(LiveSegment::files)
    }
}
