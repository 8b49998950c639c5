//! Python as its readers see it: logical lines, classes with the lines of their bodies,
//! assignments and calls.

use super::SchemaFile;
use crate::tokens::{Cursor, Kind, Tokens, content};

/// A class.
#[derive(Clone)]
pub(crate) struct PythonClass<'a> {
    pub name: &'a str,
    /// What it inherits: the last name of each base, and the whole.
    pub bases: Vec<(&'a str, Cursor<'a>)>,
    /// The lines of its body, also those of what is defined in it.
    pub body: Vec<Cursor<'a>>,
    /// The line that opens it.
    pub head: Cursor<'a>,
}

/// `name: annotation = value`.
#[derive(Clone, Copy)]
pub(crate) struct Assignment<'a> {
    pub name: &'a str,
    pub annotation: Option<Cursor<'a>>,
    pub value: Option<Cursor<'a>>,
    pub whole: Cursor<'a>,
}

/// A call: `models.CharField("x", max_length=3)`.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    /// The last name before the bracket.
    pub name: &'a str,
    /// All names before the bracket, with dots.
    pub path: String,
    /// The arguments in order, those with names too.
    arguments: Vec<(Option<&'a str>, Cursor<'a>)>,
}

fn column(line: &Cursor<'_>) -> u32 {
    line.peek().map_or(0, |token| token.column)
}

/// The logical lines of a text: one may reach over several if brackets are open.
pub(crate) fn lines<'a>(tokens: &'a Tokens<'a>) -> Vec<Cursor<'a>> {
    let (mut rest, mut lines) = (tokens.cursor(), Vec::new());
    while !rest.is_empty() {
        let start = rest;
        rest.skip();
        while rest.peek().is_some_and(|token| !token.is_first) || follows_backslash(&start, &rest) {
            rest.skip();
        }
        lines.push(start.until(&rest));
    }
    lines
}

fn follows_backslash(start: &Cursor<'_>, rest: &Cursor<'_>) -> bool {
    let before = start.until(rest);
    let is_backslash = |token: &crate::tokens::Token| token.kind == Kind::Mark(b'\\');
    !rest.is_empty() && before.tokens.last().is_some_and(is_backslash)
}

/// The classes among these lines, those in classes and functions too.
pub(crate) fn classes<'a>(lines: &[Cursor<'a>]) -> Vec<PythonClass<'a>> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut rest = *line;
        if rest.word() != Some("class") {
            continue;
        }
        let Some(name) = rest.word() else { continue };
        // Type parameters: `class A[T](Base)`.
        rest.group(b'[');
        let bases = rest
            .group(b'(')
            .map_or_else(Vec::new, |inner| inner.split(b','));
        let bases = bases
            .into_iter()
            .filter_map(|base| Some((last_name(&base)?, base)));
        let own = column(line);
        let body = lines[at + 1..].iter().take_while(|line| column(line) > own);
        found.push(PythonClass {
            name,
            bases: bases.collect(),
            body: body.copied().collect(),
            head: *line,
        });
    }
    found
}

/// The last name of `a.b.C`, of `C[T]` and of `make(C)`; none for `metaclass=X`.
fn last_name<'a>(base: &Cursor<'a>) -> Option<&'a str> {
    let mut rest = *base;
    let mut name = rest.word()?;
    if rest.is_mark(b'=') {
        return None;
    }
    while rest.mark(b'.') {
        name = rest.word()?;
    }
    Some(name)
}

impl<'a> PythonClass<'a> {
    /// The lines of its own, without those of what is defined in it.
    pub fn own_lines(&self) -> impl Iterator<Item = &Cursor<'a>> {
        let own = self.body.first().map_or(0, column);
        self.body.iter().filter(move |line| column(line) == own)
    }

    /// Its assignments.
    pub fn assignments(&self) -> impl Iterator<Item = Assignment<'a>> {
        self.own_lines().filter_map(|line| assignment(*line))
    }

    /// What a name is set to.
    pub fn value(&self, name: &str) -> Option<Cursor<'a>> {
        let mut all = self.assignments();
        all.find(|found| found.name == name)
            .and_then(|found| found.value)
    }

    /// The class of this name in it.
    pub fn inner(&self, name: &str) -> Option<Self> {
        classes(&self.body)
            .into_iter()
            .find(|class| class.name == name)
    }

    /// What its text at the start says, up to the first empty line.
    pub fn description(&self) -> Option<String> {
        let line = self.body.first()?;
        let token = line.peek().filter(|token| token.kind == Kind::Text)?;
        let text = content(line.of(token));
        let first = text.trim().split("\n\n").next().unwrap_or_default();
        let text = first.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty() && text.len() < 1_000).then_some(text)
    }
}

/// Reads `name = value` and `name: annotation = value`.
pub(crate) fn assignment(line: Cursor<'_>) -> Option<Assignment<'_>> {
    let mut rest = line;
    let name = rest.word()?;
    let mut annotation = None;
    if rest.mark(b':') {
        let start = rest;
        while !rest.is_empty() && !rest.is_mark(b'=') {
            rest.skip();
        }
        annotation = Some(start.until(&rest)).filter(|found| !found.is_empty());
        annotation?;
    }
    let value = if rest.mark(b'=') {
        Some(rest).filter(|found| !found.is_empty())
    } else {
        None
    };
    let is_comparison = value.is_some_and(|value| value.is_mark(b'='));
    (!is_comparison && (value.is_some() || annotation.is_some())).then_some(Assignment {
        name,
        annotation,
        value,
        whole: line,
    })
}

/// Reads a call.
pub(crate) fn call(cursor: Cursor<'_>) -> Option<Call<'_>> {
    let mut rest = cursor;
    let mut name = rest.word()?;
    let mut path = name.to_owned();
    loop {
        if rest.mark(b'.') {
            name = rest.word()?;
            path = format!("{path}.{name}");
        } else if rest.is_mark(b'[') {
            rest.group(b'[')?;
        } else {
            break;
        }
    }
    let inner = rest.group(b'(')?;
    let arguments = inner.split(b',').into_iter().map(|argument| {
        let mut value = argument;
        let named = value
            .word()
            .filter(|_| value.mark(b'=') && !value.is_mark(b'='));
        (named, if named.is_some() { value } else { argument })
    });
    Some(Call {
        name,
        path,
        arguments: arguments.collect(),
    })
}

impl<'a> Call<'a> {
    /// The argument of a name.
    pub fn named(&self, name: &str) -> Option<Cursor<'a>> {
        let found = self
            .arguments
            .iter()
            .find(|(known, _)| *known == Some(name));
        found.map(|(_, value)| *value)
    }

    /// The arguments without names.
    pub fn plain(&self) -> impl Iterator<Item = Cursor<'a>> {
        let plain = self.arguments.iter().filter(|(name, _)| name.is_none());
        plain.map(|(_, value)| *value)
    }

    /// The argument of a name, or that at a place among those without.
    pub fn argument(&self, name: &str, at: usize) -> Option<Cursor<'a>> {
        self.named(name).or_else(|| self.plain().nth(at))
    }

    /// The text that the argument of a name is.
    pub fn named_text(&self, name: &str) -> Option<String> {
        text(&self.named(name)?)
    }

    /// The text that such an argument is.
    pub fn argument_text(&self, name: &str, at: usize) -> Option<String> {
        text(&self.argument(name, at)?)
    }

    /// Whether an argument is `True`.
    pub fn is_true(&self, name: &str) -> bool {
        self.named(name)
            .is_some_and(|value| value.peek_text() == "True")
    }

    /// Whether an argument is `False`.
    pub fn is_false(&self, name: &str) -> bool {
        self.named(name)
            .is_some_and(|value| value.peek_text() == "False")
    }
}

/// The text that an expression is, also one in several pieces.
pub(crate) fn text(cursor: &Cursor<'_>) -> Option<String> {
    let mut whole = String::new();
    let mut rest = *cursor;
    // `_("text")` and parentheses around the pieces.
    let mut ahead = rest;
    if ahead
        .word()
        .is_some_and(|word| matches!(word, "_" | "gettext_lazy" | "_l"))
        && let Some(inner) = ahead.group(b'(')
    {
        rest = inner;
    } else if let Some(inner) = rest.group(b'(') {
        rest = inner;
    }
    while let Some(token) = rest.next() {
        if token.kind != Kind::Text || rest.of(token).starts_with(['f', 'F']) {
            return None;
        }
        whole.push_str(&content(rest.of(token)));
    }
    (!cursor.is_empty()).then_some(whole)
}

/// The items of a list, tuple or set.
pub(crate) fn items(cursor: Cursor<'_>) -> Option<Vec<Cursor<'_>>> {
    let mut rest = cursor;
    let open = match rest.peek()?.kind {
        Kind::Mark(open @ (b'[' | b'(' | b'{')) => open,
        _ => return None,
    };
    rest.group(open).map(|inner| inner.split(b','))
}

/// The texts in a list; none if something else is in it.
pub(crate) fn texts(cursor: Cursor<'_>) -> Option<Vec<String>> {
    items(cursor)?.iter().map(text).collect()
}

/// The last name in `a.b.c`, if the expression is that and no more.
pub(crate) fn dotted<'a>(cursor: &Cursor<'a>) -> Option<&'a str> {
    let mut rest = *cursor;
    let mut name = rest.word()?;
    while rest.mark(b'.') {
        name = rest.word()?;
    }
    rest.is_empty().then_some(name)
}

/// A literal as SQL; none for an expression that runs in Python.
pub(crate) fn literal(cursor: &Cursor<'_>) -> Option<String> {
    if let Some(text) = text(cursor) {
        return Some(format!("'{}'", text.replace('\'', "''")));
    }
    let written = cursor.written();
    match written.as_str() {
        "True" => Some("true".into()),
        "False" => Some("false".into()),
        "None" => None,
        _ => written.parse::<f64>().is_ok().then_some(written),
    }
}

/// A file with its tokens; the lines borrow these.
pub(crate) struct PythonFile<'a> {
    pub file: &'a SchemaFile,
    pub tokens: Tokens<'a>,
}

impl<'a> PythonFile<'a> {
    pub fn of(file: &'a SchemaFile) -> Self {
        Self {
            file,
            tokens: file.tokens("python"),
        }
    }

    /// The comment after an item on its last line.
    pub fn comment_after(&self, item: &Cursor<'_>) -> Option<String> {
        let last = item.tokens.last()?;
        let mut comments = self.tokens.comments.iter();
        let after = comments.find(|c| c.line == last.line && c.range.start >= last.end)?;
        let text = &self.tokens.text[after.range.clone()];
        let is_for_tools = [
            "noqa",
            "type:",
            "pragma",
            "pylint",
            "nosec",
            "NOQA",
            "noinspection",
        ]
        .iter()
        .any(|word| text.trim_start_matches(['#', ' ']).starts_with(word));
        if is_for_tools {
            None
        } else {
            crate::sql::plain_comment(text)
        }
    }
}

/// Whether a base comes from a file of the project that is no source: it has no columns then.
pub(crate) fn is_of_project(
    files: &[PythonFile<'_>],
    base: &str,
    whole: &Cursor<'_>,
    file: usize,
) -> bool {
    let first = whole.peek_word().unwrap_or(base);
    let inside = |module: &str| {
        let folder = format!("/{module}/");
        files
            .iter()
            .any(|file| format!("/{}", file.file.path).contains(&folder))
    };
    for line in lines(&files[file].tokens) {
        let mut rest = line;
        if rest.word() != Some("from") {
            continue;
        }
        let is_relative = rest.is_mark(b'.');
        let module = rest.peek_word().unwrap_or_default();
        let names = rest.tokens.iter().filter(|token| token.kind == Kind::Word);
        let is_named = names.skip(1).any(|token| line.of(*token) == first);
        if is_named && (is_relative || inside(module)) {
            return true;
        }
    }
    false
}
