//! What might be shown at a place: what followed the same words elsewhere, next to what the model
//! writes.
//!
//! `complete` gathers the candidates here, has the model score each and lets the gate choose. A
//! candidate's text ends where the extent ends and has passed all filters, so each could be shown
//! as it is. Copies come from the text above the cursor, from the text below it, and from the
//! workspace's index; similar lines give theirs with other names. Nothing here asks the model.

use crate::analogy::{Analogous, analogies};
use crate::completion_context::CompletionContext;
use crate::filters;
use crate::stop::Stop;
use index::{Copied, copies_in};
use std::cmp::Reverse;

/// How near the source of a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proximity {
    /// In the same file.
    SameFile,
    /// In the same folder.
    SameFolder,
    /// Somewhere else in the workspace.
    Workspace,
}

/// How well the place of a copy agrees with the cursor's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CopyMatch {
    /// Lexemes before both places that are equal.
    pub lexemes: usize,
    /// Their bytes.
    pub bytes: usize,
    /// The share of the places matching as far that continue with the same line, 0 to 1.
    pub agreement: f32,
    /// How many places match as far.
    pub places: usize,
    /// Where it is.
    pub proximity: Proximity,
}

/// A text that might be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidate {
    /// What would be inserted.
    pub text: String,
    /// The best copy of it, if it is anywhere.
    pub copied: Option<CopyMatch>,
    /// The lexemes that a similar line agrees in and the names exchanged in it, if one says this
    /// with other names.
    pub adapted: Option<(usize, usize)>,
    /// Whether the model generated it.
    pub generated: bool,
    /// Set where the remote engine wrote it: the natural-log probabilities of its tokens, empty
    /// where the server gave none.
    pub written: Option<Vec<f32>>,
    /// Whether it is an identifier that exists here, chosen by the model.
    pub identifier: bool,
    /// Whether it is only the head of a longer text.
    pub cut: bool,
    /// Syntax errors of the document with it in place.
    pub errors: usize,
}

impl Candidate {
    /// The candidate of this text among `all`, added where there is none.
    pub fn of(all: &mut Vec<Self>, text: String) -> &mut Self {
        let known = all.iter().position(|known| known.text == text);
        let at = known.unwrap_or_else(|| {
            all.push(Self {
                text,
                ..Self::default()
            });
            all.len() - 1
        });
        &mut all[at]
    }
}

/// Bytes before the cursor in which matching words are looked for.
const MAX_MATCHED: usize = 4096;
/// Copies asked of each source.
const MAX_COPIES: usize = 8;
/// Lines of a copy that may fill a block.
const BLOCK_LINES: usize = 24;
/// Candidates kept besides the model's.
const MAX_KEPT: usize = 7;
/// Adapted lines asked for.
const MAX_ADAPTED: usize = 3;

/// The copies that could be shown, the longest match first.
pub fn copies(context: &CompletionContext, stop: &Stop) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for (copied, proximity) in everywhere(context) {
        let end = stop.end(&copied.text).unwrap_or(copied.text.len());
        let Ok(text) = filters::apply_all(context, copied.text[..end].to_owned()) else {
            continue;
        };
        let new = CopyMatch {
            lexemes: copied.matched,
            bytes: copied.matched_bytes,
            agreement: copied.agreeing as f32 / copied.places.max(1) as f32,
            places: copied.places,
            proximity,
        };
        let best = &mut Candidate::of(&mut found, text).copied;
        if best.is_none_or(|best| best.lexemes < new.lexemes) {
            *best = Some(new);
        }
    }
    found.sort_by_key(|candidate| Reverse(candidate.copied.map_or(0, |copied| copied.lexemes)));
    found.truncate(MAX_KEPT);
    if !context.extent.has_lines() {
        add_adapted(&mut found, context);
    }
    found
}

/// Adds what similar lines of the file say.
fn add_adapted(found: &mut Vec<Candidate>, context: &CompletionContext) {
    for analogous in analogies(context.snapshot, context.offset, MAX_ADAPTED) {
        let Analogous {
            text,
            lexemes,
            renamed,
            ..
        } = analogous;
        let Ok(text) = filters::apply_all(context, text) else {
            continue;
        };
        Candidate::of(found, text)
            .adapted
            .get_or_insert((lexemes, renamed));
    }
}

/// The copies of all sources. The same file's text above the cursor ends before the last line that
/// is not blank: the words before the cursor must not match themselves.
fn everywhere(context: &CompletionContext) -> Vec<(Copied, Proximity)> {
    let (snapshot, offset) = (context.snapshot, context.offset);
    let rope = snapshot.rope();
    let start = rope.char_to_byte(rope.byte_to_char(offset.saturating_sub(MAX_MATCHED)));
    let before = snapshot.slice(start, offset).replace("\r\n", "\n");
    let lines = if context.extent.has_lines() {
        BLOCK_LINES
    } else {
        1
    };
    let path = &*snapshot.path;
    let above = snapshot.slice(0, start_of_last_line(context));
    let below = snapshot.slice(offset, rope.len_bytes());
    let mut found = Vec::new();
    for text in [above, below] {
        let copies = copies_in(&text, &before, path, lines, MAX_COPIES);
        found.extend(
            copies
                .into_iter()
                .map(|copied| (copied, Proximity::SameFile)),
        );
    }
    for copied in snapshot.index.copies(&before, path, lines, MAX_COPIES) {
        let proximity = if folder(&copied.path) == folder(path) {
            Proximity::SameFolder
        } else {
            Proximity::Workspace
        };
        found.push((copied, proximity));
    }
    found
}

/// The folder of a path; empty at the root of the workspace.
fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// Where the last line begins that is not blank before the cursor.
fn start_of_last_line(context: &CompletionContext) -> usize {
    let rope = context.snapshot.rope();
    let here = rope.byte_to_line(context.offset);
    if !context.begins_line() {
        return rope.line_to_byte(here);
    }
    let is_blank = |line: usize| rope.line(line).chars().all(char::is_whitespace);
    (0..here)
        .rev()
        .find(|&line| !is_blank(line))
        .map_or(0, |line| rope.line_to_byte(line))
}
