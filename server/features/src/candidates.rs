//! What might be shown at a place: what followed the same words elsewhere, beside what the model
//! says.
//!
//! `inline_completion` gathers the candidates here, lets the model judge each and lets the gate
//! choose. A candidate's text ends where the extent ends and has passed all filters, so each could
//! be shown as it is. Copies come from the text above the cursor, from the text below it, and from
//! the workspace's index; similar lines give theirs with other names. Nothing here asks the model.

use crate::analogy::{Analogous, analogies};
use crate::extent::Extent;
use crate::filters::{self, Place};
use crate::stop::Stop;
use context::Snapshot;
use index::{Copied, copies_in};

/// Where a copy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// In the same file.
    Here,
    /// In the same folder.
    Near,
    /// Somewhere else in the workspace.
    Far,
}

/// How well the place of a copy agrees with the cursor's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Lexemes in front of both places that are equal.
    pub lexemes: usize,
    /// Their bytes.
    pub bytes: usize,
    /// The share of the places matching as far that go on with the same line, 0 to 1.
    pub agreement: f32,
    /// How many places match as far.
    pub places: usize,
    /// Where it stands.
    pub whence: Whence,
}

/// A text that might be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidate {
    /// What would be inserted.
    pub text: String,
    /// The best copy of it, if it stands anywhere.
    pub copied: Option<Match>,
    /// The lexemes that a similar line agrees in and the names exchanged in it, if one says this
    /// with other names.
    pub adapted: Option<(usize, usize)>,
    /// Whether the model said it unasked.
    pub said: bool,
    /// Whether it is a name that exists here, chosen by the model.
    pub named: bool,
    /// Whether it is only the head of a longer text.
    pub cut: bool,
    /// Syntax errors of the document with it in place.
    pub errors: usize,
}

impl Candidate {
    /// The candidate of this text among `all`, added where there is none.
    pub fn of(all: &mut Vec<Self>, text: String) -> &mut Self {
        let at = all
            .iter()
            .position(|known| known.text == text)
            .unwrap_or_else(|| {
                all.push(Self {
                    text,
                    ..Self::default()
                });
                all.len() - 1
            });
        &mut all[at]
    }
}

/// Bytes in front of the cursor in which matching words are looked for.
const REACH: usize = 4096;
/// Copies asked of each source.
const COPIES: usize = 8;
/// Lines of a copy that may fill a block.
const BLOCK_LINES: usize = 24;
/// Candidates kept besides the model's.
const MOST: usize = 7;
/// Adapted lines asked for.
const ADAPTED: usize = 3;

/// The copies that could be shown at `offset`, the longest match first.
pub fn copies(snapshot: &Snapshot, offset: usize, place: &Place, stop: &Stop) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for (copied, whence) in everywhere(snapshot, offset, place.extent) {
        let end = stop.end(&copied.text).unwrap_or(copied.text.len());
        let Ok(text) = filters::apply_all(place, copied.text[..end].to_owned()) else {
            continue;
        };
        let agreement = copied.agreeing as f32 / copied.places.max(1) as f32;
        let (lexemes, bytes, places) = (copied.matched, copied.matched_bytes, copied.places);
        let new = Match {
            lexemes,
            bytes,
            agreement,
            places,
            whence,
        };
        let copied = &mut Candidate::of(&mut found, text).copied;
        *copied = Some(
            copied
                .filter(|old| old.lexemes >= new.lexemes)
                .unwrap_or(new),
        );
    }
    found.sort_by_key(|candidate| {
        std::cmp::Reverse(candidate.copied.map_or(0, |copied| copied.lexemes))
    });
    found.truncate(MOST);
    if !place.extent.has_lines() {
        add_adapted(&mut found, snapshot, offset, place);
    }
    found
}

/// Adds what similar lines of the file say.
fn add_adapted(found: &mut Vec<Candidate>, snapshot: &Snapshot, offset: usize, place: &Place) {
    for Analogous {
        text,
        lexemes,
        renamed,
        ..
    } in analogies(snapshot, offset, ADAPTED)
    {
        let Ok(text) = filters::apply_all(place, text) else {
            continue;
        };
        Candidate::of(found, text)
            .adapted
            .get_or_insert((lexemes, renamed));
    }
}

/// The copies of all sources. The same file's text above the cursor ends before the last line that
/// is not blank: the words in front of the cursor must not match themselves.
fn everywhere(snapshot: &Snapshot, offset: usize, extent: &Extent) -> Vec<(Copied, Whence)> {
    let rope = snapshot.rope();
    let reach = rope.char_to_byte(rope.byte_to_char(offset.saturating_sub(REACH)));
    let before = snapshot.slice(reach, offset).replace("\r\n", "\n");
    let lines = if extent.has_lines() { BLOCK_LINES } else { 1 };
    let path = &*snapshot.path;
    let above = snapshot.slice(0, last_line(snapshot, offset));
    let below = snapshot.slice(offset, rope.len_bytes());
    let here = [above, below]
        .into_iter()
        .flat_map(|text| copies_in(&text, &before, path, lines, COPIES));
    let folder = |path: &str| {
        path.rfind('/')
            .map_or(String::new(), |at| path[..at].to_owned())
    };
    let elsewhere = snapshot
        .index
        .copies(&before, path, lines, COPIES)
        .into_iter()
        .map(|copied| {
            let whence = if folder(&copied.path) == folder(path) {
                Whence::Near
            } else {
                Whence::Far
            };
            (copied, whence)
        });
    here.map(|copied| (copied, Whence::Here))
        .chain(elsewhere)
        .collect()
}

/// Where the last line begins that is not blank in front of the cursor.
fn last_line(snapshot: &Snapshot, offset: usize) -> usize {
    let rope = snapshot.rope();
    let here = rope.byte_to_line(offset);
    let blank = |line: usize| {
        let start = rope.line_to_byte(line);
        let end = if line == here {
            offset
        } else {
            rope.line_to_byte(line + 1)
        };
        snapshot.slice(start, end).trim().is_empty()
    };
    (0..=here)
        .rev()
        .find(|&line| !blank(line))
        .map_or(0, |line| rope.line_to_byte(line))
}
