//! Delimiter, number of columns and header of a delimited text, from its first records.
//!
//! The delimiter is the one that cuts most records into the same number of fields. Whether there is
//! a header is decided by types: names do not fit columns of numbers. It is decided again when all
//! rows are known, by the same rule.

use super::super::column::decide::Decision;
use super::super::column::state::ColumnState;
use super::super::parse::text::decode;
use super::super::parse::word;
use super::super::sketch::limits::SketchLimits;
use super::split::{self, Fields, Step};

const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// The records that are looked at.
const RECORDS: usize = 200;

/// How a delimited text is cut.
#[derive(Clone, Debug)]
pub(crate) struct CsvLayout {
    pub delimiter: u8,
    pub width: usize,
    pub has_header: bool,
    /// Whether types decide that, or only that nothing speaks against it.
    pub is_header_sure: bool,
    /// The first record with as many fields as there are columns.
    pub first: Vec<Vec<u8>>,
    /// Where the first row is: bytes and lines before it.
    pub start: u64,
    pub lines: u64,
    /// Where the first record is, in the same way.
    pub first_start: u64,
    pub first_lines: u64,
}

/// A record of the head.
struct HeadRecord {
    start: usize,
    next: usize,
    lines_before: u64,
    lines: u64,
    fields: Vec<Vec<u8>>,
}

/// The records that a delimiter gives.
struct Candidate {
    rank: (bool, usize, usize),
    delimiter: u8,
    records: Vec<HeadRecord>,
}

fn records(head: &[u8], delimiter: u8, is_end: bool) -> Vec<HeadRecord> {
    let (mut at, mut lines_before, mut found) = (0, 0, Vec::new());
    let mut fields = Fields::default();
    while at < head.len() && found.len() < RECORDS {
        let data = &head[at..];
        let mut step = split::record(data, delimiter, is_end, &mut fields);
        if matches!(step, Step::Unfinished { .. }) {
            if !is_end && memchr::memchr(b'\n', data).is_none() {
                break;
            }
            step = split::unquoted(data, delimiter, &mut fields);
        }
        let Step::Record { next, lines } = step else {
            break;
        };
        found.push(HeadRecord {
            start: at,
            next: at + next,
            lines_before,
            lines,
            fields: (0..fields.len())
                .map(|field| fields.get(data, field).to_vec())
                .collect(),
        });
        at += next;
        lines_before += lines;
    }
    found
}

/// The most frequent number of fields, and how many records have it; empty lines do not count.
fn width(records: &[HeadRecord]) -> (usize, usize) {
    let filled = |record: &&HeadRecord| record.fields.len() > 1 || !record.fields[0].is_empty();
    let mut counts = std::collections::BTreeMap::new();
    for record in records.iter().filter(filled) {
        *counts.entry(record.fields.len()).or_insert(0) += 1;
    }
    let most = counts
        .into_iter()
        .max_by_key(|(width, count)| (*count, *width));
    most.unwrap_or((1, 0))
}

/// Whether all records of this width end with an empty field that a header of names does not have.
fn has_empty_end(records: &[HeadRecord], width: usize) -> bool {
    let of = |width: usize| records.iter().filter(move |r| r.fields.len() == width);
    let is_empty = |record: &HeadRecord| record.fields.last().is_some_and(Vec::is_empty);
    width > 1 && of(width - 1).next().is_some() && of(width).all(is_empty)
}

/// Finds out how a text is cut whose first bytes are `head`, after a mark of `mark` bytes.
pub(crate) fn detect(
    head: &[u8],
    mark: usize,
    is_end: bool,
    delimiter: Option<u8>,
    has_header: Option<bool>,
) -> Option<CsvLayout> {
    let body = &head[mark..];
    let tried: Vec<u8> = delimiter.map_or(DELIMITERS.to_vec(), |one| vec![one]);
    let mut best: Option<Candidate> = None;
    for delimiter in tried {
        let found = records(body, delimiter, is_end);
        let (width, count) = width(&found);
        // Most records of one width, then the most fields; one field is no cut at all.
        let share = count * 20 / found.len().max(1);
        let rank = (width > 1, share, width);
        if best.as_ref().is_none_or(|known| rank > known.rank) {
            best = Some(Candidate {
                rank,
                delimiter,
                records: found,
            });
        }
    }
    let Candidate {
        delimiter,
        records: found,
        ..
    } = best?;
    let (mut width, count) = width(&found);
    if count == 0 {
        return None;
    }
    if has_empty_end(&found, width) {
        width -= 1;
    }
    let at = found
        .iter()
        .position(|record| record.fields.len() == width)?;
    let first = &found[at];
    let rest = &found[at + 1..];
    let (is_header, is_sure) = guess(&first.fields, rest);
    let has_header = has_header.unwrap_or(is_header);
    let layout = CsvLayout {
        delimiter,
        width,
        has_header,
        is_header_sure: is_sure,
        first: first.fields.clone(),
        start: 0,
        lines: 0,
        first_start: (first.start + mark) as u64,
        first_lines: first.lines_before,
    };
    let after = ((first.next + mark) as u64, first.lines_before + first.lines);
    Some(layout.starting(after))
}

impl CsvLayout {
    fn starting(mut self, after: (u64, u64)) -> Self {
        (self.start, self.lines) = if self.has_header {
            after
        } else {
            (self.first_start, self.first_lines)
        };
        self
    }

    /// The names of the columns: those of the header, made different, or numbers.
    pub(crate) fn names(&self, most: usize) -> (Vec<String>, Vec<String>) {
        let mut taken = std::collections::HashSet::new();
        let (mut names, mut repeated) = (Vec::new(), Vec::new());
        for (at, field) in self.first.iter().take(most).enumerate() {
            let text = decode(word::trimmed(field));
            let base = if self.has_header && !text.is_empty() {
                text.into_owned()
            } else {
                format!("column {}", at + 1)
            };
            let mut name = base.clone();
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("{base} {number}");
                number += 1;
            }
            if name != base {
                repeated.push(base);
            }
            names.push(name);
        }
        (names, repeated)
    }
}

/// Whether the first record is a header, and whether types say so.
fn guess(first: &[Vec<u8>], rest: &[HeadRecord]) -> (bool, bool) {
    let limits = SketchLimits::new(first.len(), 8);
    let mut states = vec![ColumnState::new(limits); first.len()];
    let is_row = |record: &&HeadRecord| record.fields.len() == first.len();
    // A row that is the same as the first says nothing.
    let rows = rest
        .iter()
        .filter(is_row)
        .filter(|record| record.fields != first);
    for (row, record) in rows.enumerate() {
        for (state, field) in states.iter_mut().zip(&record.fields) {
            state.add(row as u64, field);
        }
    }
    let decisions = states.iter().map(|state| state.decide(""));
    let decisions: Vec<Decision> = decisions.collect();
    is_header(first, &decisions, &states)
}

/// Whether a record has at least three years in a row, and nothing else that begins with a digit:
/// the names of columns that hold one year each.
fn has_years(first: &[Vec<u8>]) -> bool {
    let values = first.iter().map(|field| word::trimmed(field));
    let numbers = values.filter(|value| value.first().is_some_and(u8::is_ascii_digit));
    let year = |value: &[u8]| {
        let text = std::str::from_utf8(value).ok()?;
        let year = text.parse::<i32>().ok().filter(|_| text.len() == 4)?;
        (1800..=2100).contains(&year).then_some(year)
    };
    let years: Option<Vec<i32>> = numbers.map(year).collect();
    years.is_some_and(|years| {
        let is_next = |pair: &[i32]| (pair[1] - pair[0]).abs() == 1;
        (3..first.len()).contains(&years.len()) && years.windows(2).all(is_next)
    })
}

/// Whether a first record is a header over columns that were decided so, and whether types say it.
pub(crate) fn is_header(
    first: &[Vec<u8>],
    decisions: &[Decision],
    states: &[ColumnState],
) -> (bool, bool) {
    if has_years(first) {
        return (true, true);
    }
    let (mut against, mut typed) = (0, 0);
    for (field, decision) in first.iter().zip(decisions) {
        let value = word::trimmed(field);
        let kind = decision.reading.kind;
        if value.is_empty() || !(kind.is_number() || kind.is_time()) {
            continue;
        }
        typed += 1;
        // A marker is a value too.
        against += usize::from(decision.reading.typed(value).is_some());
    }
    if typed > 0 {
        return (against * 2 < typed, true);
    }
    let mut seen = std::collections::HashSet::new();
    let is_name = |field: &Vec<u8>| {
        let value = word::trimmed(field);
        value.len() <= 100 && !value.first().is_some_and(u8::is_ascii_digit)
    };
    let differ = first.iter().all(|field| seen.insert(word::trimmed(field)));
    let repeats = first.iter().zip(states).filter(|(field, state)| {
        let value = word::trimmed(field);
        !value.is_empty() && state.has_value(value)
    });
    let repeats = repeats.count();
    (
        differ && first.iter().all(is_name) && repeats * 2 <= first.len().saturating_sub(1),
        false,
    )
}
