//! What followed the same lexemes elsewhere: from matches, the longest first, to candidate texts.
//!
//! `Index::copies` walks the suffix arrays of all segments ([`crate::match_walk`]); [`copies_in`]
//! scans one open text. Both give their matches to a [`Copies`], which keeps each line once, counts
//! how many matches agree on it and adapts the text to the cursor: an incomplete word, the space
//! before it, the indentation of its line. This module knows no language.

use crate::Copied;
use crate::lexemes::{Lexemes, hash, is_word};
use crate::suffix_array::PrecedingLexemes;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Most matches that are counted; frequent words have more.
const MAX_MATCHES: usize = 1_000;
/// Most matches that are examined, whether they are usable or not.
pub(crate) const MAX_STEPS: usize = 5_000;
/// The longest rest of a line that is a candidate.
const MAX_LINE_BYTES: usize = 400;

/// The text before the cursor as a query.
pub(crate) struct CopyQuery<'a> {
    /// The complete lexemes before the cursor.
    pub preceding: PrecedingLexemes<'a>,
    /// The incomplete word at the cursor.
    typed: &'a str,
    /// Whether spaces at a match are already there at the cursor.
    has_space: bool,
    /// The indentation of the cursor's line.
    indent: &'a str,
}

impl<'a> CopyQuery<'a> {
    pub(crate) fn new(before: &'a str) -> Self {
        let typed = before
            .bytes()
            .rev()
            .take_while(|byte| is_word(*byte))
            .count();
        let (head, typed) = before.split_at(before.len() - typed);
        let preceding = PrecedingLexemes::new(head);
        let has_space = !typed.is_empty() || head.ends_with([' ', '\t']);
        let line = before
            .rfind(['\n', '\r'])
            .map_or(before, |at| &before[at + 1..]);
        Self {
            preceding,
            typed,
            has_space,
            indent: indent(line),
        }
    }

    /// Whether so many equal lexemes are a useful match: a line break only is not.
    fn is_useful(&self, matched: usize) -> bool {
        matched > usize::from(self.typed.is_empty() && self.preceding.at_line_start())
    }

    /// Where the candidate text of a match at `position` begins; `None` if it does not continue the
    /// incomplete word.
    fn start(&self, file: &str, position: usize) -> Option<usize> {
        let rest = file.get(position..)?;
        let next = rest.trim_start_matches([' ', '\t']);
        if !self.has_space {
            return (!next.is_empty()).then_some(position);
        }
        let rest = next.strip_prefix(self.typed)?;
        (!next.is_empty()).then(|| file.len() - rest.len())
    }
}

/// A match in a file.
#[derive(Clone, Copy)]
pub(crate) struct CopySite<'a> {
    pub path: &'a str,
    /// The text of its file.
    pub file: &'a str,
    /// The position after the last equal lexeme.
    pub at: usize,
    /// How many lexemes before it are equal.
    pub matched: usize,
}

/// A line that followed, from its best match.
struct CandidateLine<'a> {
    site: CopySite<'a>,
    /// Where its text begins in the file.
    start: usize,
    /// How many matches of the same length have it.
    agreeing: usize,
    /// How many folders its path shares with the cursor's.
    shared_folders: usize,
}

impl<'a> CandidateLine<'a> {
    /// The order among matches of the same length: nearer files first.
    fn rank(&self) -> (Reverse<usize>, &'a str, usize) {
        (Reverse(self.shared_folders), self.site.path, self.site.at)
    }

    /// Counts another match of the same length with the same line.
    fn merge(&mut self, other: CandidateLine<'a>) {
        let agreeing = self.agreeing + 1;
        if other.rank() < self.rank() {
            *self = other;
        }
        self.agreeing = agreeing;
    }
}

/// The lines found so far. Matches are added in the order of their length, the longest first.
pub(crate) struct Copies<'a> {
    query: &'a CopyQuery<'a>,
    without: &'a str,
    most: usize,
    lines: Vec<CandidateLine<'a>>,
    /// The numbers of the lines in `lines`.
    known: HashMap<&'a str, usize>,
    /// Each match length with its number of matches.
    lengths: Vec<(usize, usize)>,
    /// The number of matches.
    matches: usize,
}

impl<'a> Copies<'a> {
    /// `without` is the path of the cursor's file: nearer files come first.
    pub(crate) fn new(query: &'a CopyQuery<'a>, without: &'a str, most: usize) -> Self {
        let (lines, known, lengths) = (Vec::new(), HashMap::new(), Vec::new());
        Self {
            query,
            without,
            most,
            lines,
            known,
            lengths,
            matches: 0,
        }
    }

    /// Whether matches of this length or shorter are not needed any more.
    pub(crate) fn is_full(&self, matched: usize) -> bool {
        let shorter = self.lengths.last().is_some_and(|(last, _)| matched < *last);
        self.matches >= MAX_MATCHES
            || shorter && self.lines.len() >= self.most
            || !self.query.is_useful(matched)
    }

    /// Adds a match, if it continues the incomplete word.
    pub(crate) fn push(&mut self, site: CopySite<'a>) {
        let Some(start) = self.query.start(site.file, site.at) else {
            return;
        };
        let rest = &site.file[start..];
        let line =
            rest[..memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len())].trim_end();
        self.matches += 1;
        match self.lengths.last_mut() {
            Some((matched, matches)) if *matched == site.matched => *matches += 1,
            _ => self.lengths.push((site.matched, 1)),
        }
        if line.len() > MAX_LINE_BYTES {
            return;
        }
        let candidate = CandidateLine {
            site,
            start,
            agreeing: 1,
            shared_folders: shared_folders(site.path, self.without),
        };
        match self.known.get(line).map(|at| &mut self.lines[*at]) {
            Some(known) if known.site.matched == site.matched => known.merge(candidate),
            Some(_) => {}
            None => {
                self.known.insert(line, self.lines.len());
                self.lines.push(candidate);
            }
        }
    }

    /// The best candidates, each with `count` lines of text.
    pub(crate) fn finish(mut self, count: usize) -> Vec<Copied> {
        self.lines.sort_by_key(|line| {
            (
                Reverse(line.site.matched),
                Reverse(line.agreeing),
                Reverse(line.shared_folders),
                line.site.path,
                line.start,
            )
        });
        let copied = self.lines.iter().map(|line| self.copied(line, count));
        copied
            .filter(|copied| !copied.text.trim().is_empty())
            .take(self.most)
            .collect()
    }

    fn copied(&self, line: &CandidateLine, count: usize) -> Copied {
        let CopySite {
            path,
            file,
            at,
            matched,
        } = line.site;
        let longer = self.lengths.iter().filter(|(length, _)| *length >= matched);
        Copied {
            text: self.query.text(file, line.start, count),
            matched,
            matched_bytes: self.query.preceding.bytes(matched) + self.query.typed.len(),
            agreeing: line.agreeing,
            places: longer.map(|(_, matches)| matches).sum(),
            path: path.to_owned(),
            line: memchr::memchr_iter(b'\n', &file.as_bytes()[..line.start.max(at)]).count(),
        }
    }
}

impl CopyQuery<'_> {
    /// The lines from `start` on, indented like the cursor's line.
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

    /// Whether the text at `start` includes the indentation of its line.
    fn takes_indent(&self, file: &str, start: usize) -> bool {
        !self.has_space && self.preceding.at_line_start() && file[..start].ends_with(['\n', '\r'])
    }
}

/// The indentation of a line.
fn indent(line: &str) -> &str {
    &line[..line
        .bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()]
}

/// How many folders two paths share.
fn shared_folders(one: &str, other: &str) -> usize {
    let folders = |path: &'_ str| path.matches('/').count();
    let same = one
        .split('/')
        .zip(other.split('/'))
        .take_while(|(a, b)| a == b)
        .count();
    same.min(folders(one)).min(folders(other))
}

/// [`Index::copies`](crate::Index::copies) for the text of one open file. If `text` begins with
/// `before`, the cursor itself is not a match.
pub fn copies_in(text: &str, before: &str, path: &str, lines: usize, most: usize) -> Vec<Copied> {
    let query = CopyQuery::new(before);
    let Some(last) = query.preceding.last_hash() else {
        return Vec::new();
    };
    let own = text
        .starts_with(before)
        .then(|| before.len() - query.typed.len());
    let own_end = own.map(|head| before[..head].trim_end_matches([' ', '\t']).len());
    let ends = Lexemes::new(text).filter(|lexeme| hash(&text.as_bytes()[lexeme.clone()]) == last);
    let ends = ends
        .map(|lexeme| lexeme.end)
        .filter(|end| Some(*end) != own && Some(*end) != own_end);
    let matches = ends.map(|at| (query.preceding.compare(text.as_bytes(), at).1, at));
    let mut matches: Vec<_> = matches
        .filter(|(matched, _)| query.is_useful(*matched))
        .collect();
    matches.sort_by_key(|(matched, _)| Reverse(*matched));
    let mut copies = Copies::new(&query, path, most);
    for (matched, at) in matches {
        if copies.is_full(matched) {
            break;
        }
        copies.push(CopySite {
            path,
            file: text,
            at,
            matched,
        });
    }
    copies.finish(lines)
}
