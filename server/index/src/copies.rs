//! What followed the same words elsewhere: from places that match, longest first, to the texts that
//! are worth offering.
//!
//! `Index::copies` walks all segments' sorted places outwards from where the cursor's words would
//! stand ([`walk`]); [`copies_in`] scans one open text. Both hand their places to a [`Copies`],
//! which keeps each line once, counts how many places agree on it and fits the text to the cursor:
//! a half-typed word, the blank in front of it, the indentation of its line. No language is known
//! here.

use crate::Copied;
use crate::lexemes::{Lexemes, hash, is_word};
use crate::places::Context;
use std::cmp::Reverse;
use std::collections::HashMap;

/// So many places that match are counted; frequent words have more.
const MOST_PLACES: usize = 1_000;
/// So many places are looked at, whether they can be used or not.
pub(crate) const MOST_STEPS: usize = 5_000;
/// A longer rest of a line is not offered.
const LONGEST_LINE: usize = 400;

/// What is asked: the words in front of the cursor, taken apart.
pub(crate) struct Cursor<'a> {
    pub context: Context<'a>,
    typed: &'a str,
    /// Whether a blank that stands at the place is already there at the cursor.
    has_blank: bool,
    indent: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(before: &'a str) -> Self {
        let typed = before
            .bytes()
            .rev()
            .take_while(|byte| is_word(*byte))
            .count();
        let (head, typed) = before.split_at(before.len() - typed);
        let context = Context::new(head);
        let has_blank = !typed.is_empty() || head.ends_with([' ', '\t']);
        let line = before
            .rfind(['\n', '\r'])
            .map_or(before, |at| &before[at + 1..]);
        Self {
            context,
            typed,
            has_blank,
            indent: indent(line),
        }
    }

    /// Whether places with so many equal lexemes tell anything: a line break alone does not.
    fn suffices(&self, matched: usize) -> bool {
        matched > usize::from(self.typed.is_empty() && self.context.at_line_start())
    }

    /// Where the text to offer begins that stands at `place`; `None` where it does not continue
    /// what was typed.
    fn start(&self, file: &str, place: usize) -> Option<usize> {
        let rest = file.get(place..)?;
        let next = rest.trim_start_matches([' ', '\t']);
        if !self.has_blank {
            return (!next.is_empty()).then_some(place);
        }
        let behind = next.strip_prefix(self.typed)?;
        (!next.is_empty()).then(|| file.len() - behind.len())
    }
}

/// A place that matches.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub path: &'a str,
    /// The text of its file.
    pub file: &'a str,
    /// Behind the last equal lexeme.
    pub at: usize,
    pub matched: usize,
}

struct Line<'a> {
    place: Place<'a>,
    start: usize,
    agreeing: usize,
    near: usize,
}

/// The lines found so far. Places come in the order of their match, the longest first.
pub(crate) struct Copies<'a> {
    cursor: &'a Cursor<'a>,
    without: &'a str,
    most: usize,
    lines: Vec<Line<'a>>,
    known: HashMap<&'a str, usize>,
    /// How many places match as far as this and no further, for each length met.
    lengths: Vec<(usize, usize)>,
    places: usize,
}

impl<'a> Copies<'a> {
    /// `without` is the path of the cursor's file: nearer files come first.
    pub(crate) fn new(cursor: &'a Cursor<'a>, without: &'a str, most: usize) -> Self {
        let (lines, known, lengths) = (Vec::new(), HashMap::new(), Vec::new());
        Self {
            cursor,
            without,
            most,
            lines,
            known,
            lengths,
            places: 0,
        }
    }

    /// Whether no place that matches only so far can be of use any more.
    pub(crate) fn is_full(&self, matched: usize) -> bool {
        let shorter = self.lengths.last().is_some_and(|(last, _)| matched < *last);
        self.places >= MOST_PLACES
            || shorter && self.lines.len() >= self.most
            || !self.cursor.suffices(matched)
    }

    /// Takes a place in, if it continues what was typed.
    pub(crate) fn push(&mut self, place: Place<'a>) {
        let Some(start) = self.cursor.start(place.file, place.at) else {
            return;
        };
        let rest = &place.file[start..];
        let line =
            rest[..memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len())].trim_end();
        self.places += 1;
        match self.lengths.last_mut() {
            Some((matched, places)) if *matched == place.matched => *places += 1,
            _ => self.lengths.push((place.matched, 1)),
        }
        if line.len() > LONGEST_LINE {
            return;
        }
        let near = nearness(place.path, self.without);
        match self.known.get(line).map(|at| &mut self.lines[*at]) {
            Some(known) if known.place.matched == place.matched => {
                known.agreeing += 1;
                let order = |near: usize, place: Place<'a>| (Reverse(near), place.path, place.at);
                if order(near, place) < order(known.near, known.place) {
                    (known.place, known.start, known.near) = (place, start, near);
                }
            }
            Some(_) => {}
            None => {
                self.known.insert(line, self.lines.len());
                self.lines.push(Line {
                    place,
                    start,
                    agreeing: 1,
                    near,
                });
            }
        }
    }

    /// The best of them, each with `count` lines of text.
    pub(crate) fn finish(mut self, count: usize) -> Vec<Copied> {
        self.lines.sort_by_key(|line| {
            (
                Reverse(line.place.matched),
                Reverse(line.agreeing),
                Reverse(line.near),
                line.place.path,
                line.start,
            )
        });
        let copied = self.lines.iter().map(|line| self.copied(line, count));
        copied
            .filter(|copied| !copied.text.trim().is_empty())
            .take(self.most)
            .collect()
    }

    fn copied(&self, line: &Line, count: usize) -> Copied {
        let Place {
            path,
            file,
            at,
            matched,
        } = line.place;
        let places = self
            .lengths
            .iter()
            .filter(|(length, _)| *length >= matched)
            .map(|(_, places)| places)
            .sum();
        Copied {
            text: self.cursor.text(file, line.start, count),
            matched,
            matched_bytes: self.cursor.context.bytes(matched) + self.cursor.typed.len(),
            agreeing: line.agreeing,
            places,
            path: path.to_owned(),
            line: memchr::memchr_iter(b'\n', &file.as_bytes()[..line.start.max(at)]).count(),
        }
    }
}

impl Cursor<'_> {
    /// The lines from `start` on, indented as the cursor's line is.
    fn text(&self, file: &str, start: usize, count: usize) -> String {
        let line = file[..start].rfind('\n').map_or(0, |at| at + 1);
        let theirs = indent(&file[line..]);
        let ours = if self.takes_indent(file, start) {
            theirs
        } else {
            self.indent
        };
        let mut text = String::new();
        for (number, line) in file[start..].split('\n').take(count).enumerate() {
            if number == 0 {
                text.push_str(line.trim_end());
                continue;
            }
            text.push('\n');
            let (own, body) = line.split_at(indent(line).len());
            if body.trim_end().is_empty() {
                continue;
            }
            match (own.strip_prefix(theirs), theirs.strip_prefix(own)) {
                (Some(deeper), _) => text.extend([ours, deeper]),
                (None, Some(missing)) => {
                    text.push_str(&ours[..ours.len().saturating_sub(missing.len())])
                }
                (None, None) => text.push_str(own),
            }
            text.push_str(body.trim_end());
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// Whether the text at `start` brings the indentation of its line with it.
    fn takes_indent(&self, file: &str, start: usize) -> bool {
        !self.has_blank && self.context.at_line_start() && file[..start].ends_with(['\n', '\r'])
    }
}

/// The blanks at the beginning of a line.
fn indent(line: &str) -> &str {
    &line[..line
        .bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()]
}

/// How many folders two paths share.
fn nearness(one: &str, other: &str) -> usize {
    let folders = |path: &'_ str| path.matches('/').count();
    let same = one
        .split('/')
        .zip(other.split('/'))
        .take_while(|(a, b)| a == b)
        .count();
    same.min(folders(one)).min(folders(other))
}

/// Where the words right before a place stand in one text: as
/// [`Index::copies`](crate::Index::copies), for a file that is open. Where `text` begins with
/// `before`, the cursor itself is no such place.
pub fn copies_in(text: &str, before: &str, path: &str, lines: usize, most: usize) -> Vec<Copied> {
    let cursor = Cursor::new(before);
    let Some(last) = cursor.context.last_hash() else {
        return Vec::new();
    };
    let own = text
        .starts_with(before)
        .then(|| before.len() - cursor.typed.len());
    let own_end = own.map(|head| before[..head].trim_end_matches([' ', '\t']).len());
    let ends = Lexemes::new(text).filter(|lexeme| hash(&text.as_bytes()[lexeme.clone()]) == last);
    let ends = ends
        .map(|lexeme| lexeme.end)
        .filter(|end| Some(*end) != own && Some(*end) != own_end);
    let matches = ends.map(|at| (cursor.context.compare(text.as_bytes(), at).1, at));
    let mut matches: Vec<_> = matches
        .filter(|(matched, _)| cursor.suffices(*matched))
        .collect();
    matches.sort_by_key(|(matched, _)| Reverse(*matched));
    let mut copies = Copies::new(&cursor, path, most);
    for (matched, at) in matches {
        if copies.is_full(matched) {
            break;
        }
        copies.push(Place {
            path,
            file: text,
            at,
            matched,
        });
    }
    copies.finish(lines)
}
