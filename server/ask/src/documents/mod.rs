//! Questions that passages of documents and code answer.
//!
//! Files are cut into passages (`cut/`), whose terms are stored by `segment`. `question` and `rank`
//! find the passages, `paths` and `twins` order them, `sure` decides how much is claimed, and
//! `quotes` copies the lines. Nothing here answers from the structure of a project, nor words a
//! sentence about its contents.

mod cut;
mod paths;
mod question;
mod quotes;
mod rank;
mod segment;
mod sure;
#[cfg(test)]
mod tests;
mod twins;
mod words;

pub(crate) use quotes::Examined;
pub(crate) use rank::Hit;
pub(crate) use sure::NAMES as FEATURE_NAMES;

use crate::{Answer, AskIndex};
use index::Index;
use segment::{Segment, SegmentBuilder};

/// Terms collected before they become a segment.
const SEGMENT_TERMS: usize = 2_000_000;

/// What the search makes use of; measured by switching one off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Names, headings and comments count for more than other text.
    pub fields: bool,
    /// The headings above a section, the type around a method and the path of a file.
    pub parents: bool,
    /// The parts of names.
    pub sub_words: bool,
    /// Inflected words are one.
    pub stems: bool,
    /// Words that mean the same in code.
    pub synonyms: bool,
    /// The best passages are compared once more, by their texts.
    pub rescoring: bool,
    /// Tests, changelogs, copies of others' code and translations come later.
    pub paths: bool,
    /// Several good passages of a file lift each other.
    pub neighbours: bool,
    /// Equal passages are one.
    pub twins: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            fields: true,
            parents: true,
            sub_words: true,
            stems: true,
            synonyms: true,
            rescoring: true,
            paths: true,
            neighbours: true,
            twins: true,
        }
    }
}

/// Documents and definitions, cut into passages that can be searched.
#[derive(Default)]
pub(crate) struct Passages {
    switches: Switches,
    /// The largest first.
    segments: Vec<Segment>,
}

impl Passages {
    /// None yet, for a search that makes use of these.
    pub(crate) fn new(switches: Switches) -> Self {
        Self {
            switches,
            ..Self::default()
        }
    }

    /// Reads files that changed, while `goes_on`; returns whether all were read.
    pub(crate) fn update(&mut self, index: &Index, goes_on: &mut dyn FnMut() -> bool) -> bool {
        self.forget(index);
        let known = |path: &str| {
            self.segments
                .iter()
                .any(|one| one.live_file(path).is_some())
        };
        let files = index.own_files();
        let mut changed: Vec<(&str, u64)> = files.filter(|(path, _)| !known(path)).collect();
        changed.sort_unstable();
        let mut open = SegmentBuilder::new(self.switches);
        let mut is_whole = true;
        for (path, stamp) in changed {
            if !goes_on() {
                is_whole = false;
                break;
            }
            let text = index.text(path).unwrap_or_default();
            open.push(path, stamp, text, &cut::passages(index, path, text));
            if open.size() > SEGMENT_TERMS {
                let full = std::mem::replace(&mut open, SegmentBuilder::new(self.switches));
                self.add(full);
            }
        }
        self.add(open);
        is_whole
    }

    /// Removes files that are gone or have changed.
    fn forget(&mut self, index: &Index) {
        for segment in &mut self.segments {
            for file in &mut segment.files {
                file.is_live &= index.stamp(&file.path) == Some(file.stamp);
            }
        }
    }

    /// Adds a segment and merges it with those that are not much larger; one with many passages of
    /// removed files is made again.
    fn add(&mut self, open: SegmentBuilder) {
        if !open.is_empty() {
            self.segments.push(open.finish());
        }
        for segment in &mut self.segments {
            if segment.live_passages() * 3 < segment.rows.len() * 2 {
                *segment = Segment::merge(std::slice::from_ref(segment));
            }
        }
        self.segments.retain(|segment| !segment.files.is_empty());
        self.segments
            .sort_by_key(|one| std::cmp::Reverse(one.rows.len()));
        while let [.., larger, smaller] = self.segments.as_slice()
            && smaller.rows.len() * 2 >= larger.rows.len()
        {
            let pair = self.segments.split_off(self.segments.len() - 2);
            self.segments.push(Segment::merge(&pair));
        }
    }

    /// How many passages there are.
    pub(crate) fn count(&self) -> usize {
        self.segments.iter().map(|one| one.rows.len()).sum()
    }

    /// The bytes they take.
    pub(crate) fn bytes(&self) -> usize {
        self.segments.iter().map(Segment::bytes).sum()
    }

    /// The passages that fit a question best.
    pub(crate) fn search(&self, index: &Index, question: &str, most: usize) -> Vec<Hit> {
        let question = question::Question::new(question, self.switches);
        rank::search(self, index, &question, most).hits
    }
}

/// The answer, with the passages it rests on.
pub(crate) fn answer(library: &AskIndex, index: &Index, question: &str) -> Answer {
    examine(library, index, question, quotes::MOST_PASSAGES).answer
}

/// The answer, the passages it rests on, and what decides how much it claims.
pub(crate) fn examine(library: &AskIndex, index: &Index, question: &str, most: usize) -> Examined {
    quotes::examine(&library.passages, index, question, most)
}

/// An empty library whose search makes use of these.
pub(crate) fn library(switches: Switches) -> AskIndex {
    AskIndex {
        passages: Passages::new(switches),
        ..AskIndex::default()
    }
}

/// The passages that fit a question best.
pub(crate) fn search(library: &AskIndex, index: &Index, question: &str, most: usize) -> Vec<Hit> {
    library.passages.search(index, question, most)
}

/// How many passages there are, and the bytes they take.
pub(crate) fn size(library: &AskIndex) -> (usize, usize) {
    (library.passages.count(), library.passages.bytes())
}

/// Whether a passage is a twin of a text.
pub(crate) fn same_text(index: &Index, hit: &Hit, text: &str) -> bool {
    let own = twins::Runs::new(twins::text_of(index, hit));
    own.is_twin(&twins::Runs::new(text))
}
