//! The content of string literals: escapes resolved, values blanked, every byte with its place.

use std::ops::Range;
use syntax::{Code, Node, Role, Roles};

/// A run of text whose bytes are in the file as they are, or one that is written with other bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    /// In the content.
    at: usize,
    length: usize,
    /// In the file.
    file: Range<usize>,
}

/// The content of one or several literals that become one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub text: String,
    runs: Vec<Run>,
    /// Whether it has values that are not known.
    pub has_values: bool,
}

impl Content {
    fn push(&mut self, text: &str, file: Range<usize>) {
        let run = Run {
            at: self.text.len(),
            length: text.len(),
            file,
        };
        self.runs.push(run);
        self.text.push_str(text);
    }

    /// A value: question marks, as many as its bytes, but not more than needed to see it.
    fn push_value(&mut self, file: Range<usize>) {
        let length = file.len().clamp(2, 64);
        self.push(&"?".repeat(length), file);
        self.has_values = true;
    }

    /// The place in the file of a place in the text; that of its end is after the last byte.
    pub fn to_file(&self, at: usize) -> usize {
        let found = self.runs.partition_point(|run| run.at <= at);
        let Some(run) = found.checked_sub(1).map(|found| &self.runs[found]) else {
            return self.runs.first().map_or(0, |run| run.file.start);
        };
        let inside = at - run.at;
        if run.length == run.file.len() {
            return run.file.start + inside.min(run.length);
        }
        if inside == 0 {
            run.file.start
        } else {
            run.file.end
        }
    }

    /// The bytes of the file for bytes of the text; none where other code is between them.
    pub fn to_file_range(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let start = self.to_file(range.start);
        if range.is_empty() {
            return Some(start..start);
        }
        let place = |before: usize| before.checked_sub(1);
        let first = place(self.runs.partition_point(|run| run.at <= range.start))?;
        let last = place(self.runs.partition_point(|run| run.at < range.end))?;
        let runs = self.runs.get(first..=last)?;
        let is_one_piece = runs
            .windows(2)
            .all(|two| two[0].file.end == two[1].file.start);
        let run = runs.last()?;
        let end = match run.length == run.file.len() {
            true => run.file.start + (range.end - run.at).min(run.length),
            false => run.file.end,
        };
        is_one_piece.then_some(start..end)
    }

    /// The place in the text of a place in the file; none outside of its literals.
    pub fn to_text(&self, offset: usize) -> Option<usize> {
        // A place between two runs belongs to the earlier one.
        let run = self
            .runs
            .iter()
            .find(|run| run.file.start <= offset && offset <= run.file.end)?;
        let inside = offset - run.file.start;
        Some(run.at + inside.min(run.length))
    }

    /// The first and the last byte in the file.
    pub fn file_range(&self) -> Range<usize> {
        let start = self.runs.first().map_or(0, |run| run.file.start);
        start..self.runs.last().map_or(start, |run| run.file.end)
    }
}

/// Roles of texts.
pub(super) fn text_roles() -> Roles {
    Roles::of(&[Role::String, Role::RawString, Role::Template])
}

/// Reads an expression of literals that are put together; anything else in it is a value.
pub(super) fn read(code: &Code, node: Node<'_>, content: &mut Content, depth: usize) {
    if node.is(text_roles()) {
        literal(code, node, content);
        return;
    }
    let is_joined =
        node.is(Role::Concatenated) || node.is(Role::Binary) || node.is(Role::Parenthesized);
    if depth == 0 || !is_joined {
        content.push_value(node.range());
        return;
    }
    for child in node.children() {
        read(code, child, content, depth - 1);
    }
}

/// Reads one literal.
fn literal(code: &Code, node: Node<'_>, content: &mut Content) {
    let inner = inside(node);
    let prefix = &code.text[node.start()..inner.start.max(node.start())];
    let is_raw = node.is(Role::RawString) || prefix.contains(['r', 'R', '@']);
    let doubles = prefix.contains('@');
    let mut at = inner.start;
    for part in node.inside() {
        let is_inside = at <= part.start() && part.end() <= inner.end;
        if is_inside && is_value(part) {
            // The braces around a value belong to it: `{$a}`.
            let text = &code.text;
            let has_braces = text[at..part.start()].ends_with('{')
                && part.end() < inner.end
                && text[part.end()..].starts_with('}');
            let braces = usize::from(has_braces);
            let value = part.start() - braces..part.end() + braces;
            plain(code, at..value.start, is_raw, doubles, content);
            at = value.end;
            content.push_value(value);
        }
    }
    plain(code, at..inner.end, is_raw, doubles, content);
}

/// Whether a part of a text is code: it has parts of its own that are no text.
fn is_value(part: Node<'_>) -> bool {
    let is_text = |part: Node<'_>| part.is(Role::StringContent) || part.text().starts_with('\\');
    if part.is(Role::Interpolation) {
        return true;
    }
    let has_code = part.children().next().is_some_and(|first| !is_text(first));
    part.is_named() && !is_text(part) && has_code && !part.children().any(is_text)
}

/// What is between the quotes of a literal.
fn inside(node: Node<'_>) -> Range<usize> {
    let text = node.text();
    let first = text.find(['"', '\'', '`']).filter(|at| *at <= 4);
    let Some(first) = first else {
        return between_words(node);
    };
    let quote = &text[first..=first];
    let hashes = text[..first].matches('#').count();
    let triple = quote.repeat(3);
    let is_triple = text[first..].starts_with(&triple) && text.len() >= first + 6;
    let open = first + if is_triple { 3 } else { 1 };
    let close = if is_triple { triple } else { quote.to_owned() };
    let body = text.trim_end_matches(|c| c == '#' && hashes > 0);
    let end = if body.len() > open && body.ends_with(&close) {
        body.len() - close.len()
    } else {
        body.len()
    };
    node.start() + open..node.start() + end.max(open)
}

/// What is between the words that open and close a text: `<<~SQL`, `SQL`.
fn between_words(node: Node<'_>) -> Range<usize> {
    let text = node.text();
    let opens = text.starts_with("<<");
    let start = if opens {
        text.find('\n').unwrap_or(text.len())
    } else {
        0
    };
    let body = text.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
    // The closing word is the only one on the last line.
    let is_last_line = body.trim_end_matches([' ', '\t']).ends_with('\n');
    let end = if is_last_line && body.len() > start {
        body.len()
    } else {
        text.len()
    };
    node.start() + start..node.start() + end.max(start)
}

/// Text of a literal, with its escapes.
fn plain(code: &Code, range: Range<usize>, is_raw: bool, doubles: bool, content: &mut Content) {
    let text = code.text.get(range.clone()).unwrap_or_default();
    let mut start = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let escape = match rest.as_bytes() {
            [b'\\', ..] if !is_raw => Some(escaped(rest)),
            [b'"', b'"', ..] if doubles => Some((2, "\"")),
            _ => None,
        };
        let Some((length, meaning)) = escape else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if start < at {
            content.push(&text[start..at], range.start + start..range.start + at);
        }
        content.push(meaning, range.start + at..range.start + at + length);
        at += length;
        start = at;
    }
    if start < text.len() || text.is_empty() {
        content.push(&text[start..], range.start + start..range.end);
    }
}

/// How long an escape is, and what it means.
fn escaped(rest: &str) -> (usize, &'static str) {
    let Some(next) = rest[1..].chars().next() else {
        return (1, "\\");
    };
    let meaning = match next {
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        '"' => "\"",
        '\'' => "'",
        '`' => "`",
        '\\' => "\\",
        '$' => "$",
        '\n' => "",
        _ => "?",
    };
    let is_code = |c: char| c.is_ascii_hexdigit() || c == '{' || c == '}';
    let more = match next {
        'u' | 'x' | 'U' => rest[2..]
            .chars()
            .take_while(|c| is_code(*c))
            .take(10)
            .count(),
        _ => 0,
    };
    (1 + next.len_utf8() + more, meaning)
}
