//! Places in the project, ordered and turned into quotes: the lines of a file as they are now.
//!
//! A place is only quoted if its line still holds what was asked for, so that answers are true
//! after edits that were not read yet.

use super::facts::DEPENDENCY;
use crate::{Answer, AnswerLevel, Quote};
use index::{Index, Symbol};
use std::collections::HashMap;
use std::ops::Range;

/// Most quotes of an answer.
pub(crate) const MAX_QUOTES: usize = 20;
/// Most lines of a quote.
const MAX_LINES: usize = 8;

/// A place, and what comes first in an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Lower ones come first.
    pub rank: u8,
    /// Tests come after what they test, other things after code.
    pub is_test: bool,
    pub path: String,
    /// Counted from 0.
    pub line: usize,
}

impl Place {
    pub(crate) fn new(path: &str, line: usize, rank: u8) -> Self {
        let (path, is_test) = (path.to_owned(), is_test(path));
        Self {
            rank,
            is_test,
            path,
            line,
        }
    }
}

/// Whether a path is one of a test, an example or a copy of other code.
pub(crate) fn is_test(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.split('/').any(|part| {
        let stem = part.split('.').next().unwrap_or(part);
        matches!(
            part,
            "test"
                | "tests"
                | "spec"
                | "specs"
                | "__tests__"
                | "testing"
                | "examples"
                | "example"
                | "fixtures"
                | "benches"
                | "bench"
                | "vendor"
                | "third_party"
        ) || stem.starts_with("test_")
            || stem.ends_with("_test")
            || part.contains(".test.")
            || part.contains(".spec.")
            || stem == "conftest"
    })
}

/// The lines of a file; an empty text for lines that do not exist.
pub(crate) fn lines_of(text: &str, lines: Range<usize>) -> Option<&str> {
    let mut starts =
        std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
    let start = starts
        .nth(lines.start)
        .filter(|start| *start < text.len())?;
    let rest = &text[start..];
    let count = lines.len().max(1);
    let end = memchr::memchr_iter(b'\n', rest.as_bytes())
        .nth(count - 1)
        .unwrap_or(rest.len());
    Some(rest[..end].strip_suffix('\r').unwrap_or(&rest[..end]))
}

/// Makes the quotes of an answer.
pub(crate) struct Quotes<'a> {
    index: &'a Index,
    files: HashMap<String, File<'a>>,
}

/// A file with its lines found.
struct File<'a> {
    text: &'a str,
    starts: Vec<usize>,
    outline: Vec<Symbol>,
}

impl<'a> File<'a> {
    /// Lines of the text, without the last break.
    fn lines(&self, lines: Range<usize>) -> Option<&'a str> {
        let start = *self.starts.get(lines.start)?;
        let end = self
            .starts
            .get(lines.end)
            .map_or(self.text.len(), |next| next - 1);
        let quoted = self.text.get(start..end.max(start))?;
        let quoted = if lines.end >= self.starts.len() {
            quoted.strip_suffix('\n').unwrap_or(quoted)
        } else {
            quoted
        };
        (start < self.text.len()).then(|| quoted.strip_suffix('\r').unwrap_or(quoted))
    }

    fn indent(&self, line: usize) -> usize {
        let line = self.lines(line..line + 1).unwrap_or_default();
        line.len() - line.trim_start().len()
    }
}

impl<'a> Quotes<'a> {
    pub(crate) fn new(index: &'a Index) -> Self {
        Self {
            index,
            files: HashMap::new(),
        }
    }

    /// The file at a path; none of a dependency, whose text is not known.
    fn file(&mut self, path: &str) -> Option<&File<'a>> {
        if !self.files.contains_key(path) {
            let text = self
                .index
                .text(path)
                .filter(|_| !path.starts_with(DEPENDENCY))?;
            let breaks = memchr::memchr_iter(b'\n', text.as_bytes());
            let starts = std::iter::once(0).chain(breaks.map(|at| at + 1)).collect();
            let outline = self.index.outline(path);
            self.files.insert(
                path.to_owned(),
                File {
                    text,
                    starts,
                    outline,
                },
            );
        }
        self.files.get(path)
    }

    /// One line, if it holds `needle`.
    pub(crate) fn line(&mut self, place: &Place, needle: &str, note: String) -> Option<Quote> {
        self.lines(place, place.line..place.line + 1, needle, note)
    }

    /// Some lines, if the first holds `needle`.
    fn lines(
        &mut self,
        place: &Place,
        lines: Range<usize>,
        needle: &str,
        note: String,
    ) -> Option<Quote> {
        let file = self.file(&place.path)?;
        let first = file.lines(lines.start..lines.start + 1)?;
        let text = file.lines(lines.clone())?.to_owned();
        let lines = lines.start..lines.start + text.matches('\n').count() + 1;
        first.contains(needle).then(|| Quote {
            path: place.path.clone(),
            lines,
            text,
            note,
        })
    }

    /// A line and those after it until its brackets are closed.
    pub(crate) fn statement(&mut self, place: &Place, needle: &str, note: String) -> Option<Quote> {
        let whole = self
            .file(&place.path)?
            .lines(place.line..place.line + MAX_LINES)?;
        let (mut depth, mut count) = (0_i32, 0);
        for line in whole.lines() {
            count += 1;
            depth +=
                line.matches(['(', '[']).count() as i32 - line.matches([')', ']']).count() as i32;
            if depth <= 0 {
                break;
            }
        }
        let count = if depth > 0 { 1 } else { count };
        self.lines(place, place.line..place.line + count, needle, note)
    }

    /// The definition around a line, as far as indentation shows it: its name.
    pub(crate) fn around(&mut self, place: &Place) -> Option<String> {
        let file = self.file(&place.path)?;
        let own = file.indent(place.line);
        let before = &file.outline[..file
            .outline
            .partition_point(|symbol| symbol.line < place.line)];
        let around = before.iter().rev().find(|symbol| {
            let holds = !matches!(
                symbol.kind.as_str(),
                "constant" | "variable" | "section" | "property"
            );
            holds && file.indent(symbol.line) < own
        })?;
        let name = &around.name;
        Some(if around.container.is_empty() {
            name.clone()
        } else {
            format!("{}.{name}", around.container)
        })
    }
}

/// The answer made of these places, in their order, each quoted by `quote`.
pub(crate) fn exact(
    summary: impl FnOnce(usize) -> String,
    mut places: Vec<Place>,
    mut quote: impl FnMut(&Place) -> Option<Quote>,
) -> Option<Answer> {
    places.sort();
    places.dedup_by(|a, b| a.path == b.path && a.line == b.line);
    let (mut quotes, mut left_out): (Vec<Quote>, usize) = (Vec::new(), 0);
    for place in &places {
        if quotes.len() == MAX_QUOTES {
            left_out += 1;
        } else if let Some(quote) = quote(place)
            && !quotes.contains(&quote)
        {
            quotes.push(quote);
        }
    }
    let level = AnswerLevel::Exact;
    (!quotes.is_empty()).then(|| Answer {
        level,
        summary: summary(quotes.len() + left_out),
        quotes,
        left_out,
    })
}

/// "3 places", "1 place".
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}
