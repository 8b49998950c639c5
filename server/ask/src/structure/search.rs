//! Finds a word in the texts of the project, for what no table has: few questions need it, and
//! looking through tens of megabytes takes milliseconds.

use super::facts::{DEPENDENCY, language};
use super::lex::{Kind, is_word, tokens};
use index::Index;
use std::ops::Range;

/// Most files that are read token by token for one question.
const MAX_FILES: usize = 2_000;

/// The files of the workspace with this word in them, and where it is first.
pub(crate) fn files_with<'a>(index: &'a Index, word: &str) -> Vec<(&'a str, &'a str)> {
    let finder = memchr::memmem::Finder::new(word);
    let files = index
        .files()
        .filter(|(path, _)| !path.starts_with(DEPENDENCY));
    let texts = files.filter_map(|(path, _)| Some((path, index.text(path)?)));
    let has = |text: &str| {
        let mut found = finder.find_iter(text.as_bytes());
        found.any(|at| is_whole(text, at..at + word.len()))
    };
    texts
        .filter(|(_, text)| has(text))
        .take(MAX_FILES)
        .collect()
}

/// Whether a range of a text is a whole word.
fn is_whole(text: &str, range: Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_none_or(|byte| !is_word(*byte));
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    edge(before) && edge(bytes.get(range.end))
}

/// The lines where a text occurs as a whole word.
pub(crate) fn lines_with(text: &str, word: &str) -> Vec<usize> {
    let (mut lines, mut line, mut from) = (Vec::new(), 0, 0);
    for at in memchr::memmem::find_iter(text.as_bytes(), word) {
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[from..at]).count();
        from = at;
        if is_whole(text, at..at + word.len()) && lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    lines
}

/// The lines of code where a name is written, outside of comments and texts, and whether it is
/// given a value there: before `=` or `:` at the start of a statement.
pub(crate) fn names_in_code(path: &str, text: &str, name: &str) -> Vec<(usize, bool)> {
    let Some(grammar) = language(path, text) else {
        return Vec::new();
    };
    let found = tokens(grammar, text, 0..text.len(), 0);
    let mut lines: Vec<(usize, bool)> = Vec::new();
    let mut open = vec![found];
    while let Some(found) = open.pop() {
        let all = &found.all;
        for (at, token) in all.iter().enumerate() {
            if token.kind != Kind::Word || token.text(text) != name {
                continue;
            }
            lines.push((token.line as usize, declares(text, all, at)));
        }
        let inner = found.code_in_texts.into_iter();
        open.extend(
            inner
                .filter(|(part, _)| part.len() < 4_000)
                .map(|(part, line)| tokens(grammar, text, part, line)),
        );
    }
    lines.sort_unstable_by_key(|(line, declares)| (*line, !declares));
    lines.dedup_by_key(|(line, _)| *line);
    lines
}

/// Words before a name that is defined; in macros no tree shows them.
const DEFINING: &[&str] = &[
    "fn",
    "def",
    "func",
    "fun",
    "function",
    "class",
    "struct",
    "enum",
    "trait",
    "mod",
    "module",
    "type",
    "interface",
    "macro_rules",
    "union",
    "static",
    "const",
];

/// Whether a name begins a declaration: `name =`, `let name:`, `self.name =`.
fn declares(text: &str, all: &[super::lex::Token], at: usize) -> bool {
    let next = |ahead: usize| all.get(at + ahead).map(|token| token.kind);
    let assigns = next(1) == Some(Kind::Mark(b'='))
        && !matches!(next(2), Some(Kind::Mark(b'=' | b'>' | b'~')));
    let typed = next(1) == Some(Kind::Mark(b':')) && next(2) != Some(Kind::Mark(b':'));
    let line = all[at].line;
    let word_before = at.checked_sub(1).map_or("", |at| all[at].text(text));
    let word_before = if word_before == "!" && at > 1 {
        all[at - 2].text(text)
    } else {
        word_before
    };
    if DEFINING.contains(&word_before) {
        return true;
    }
    let mut before = all[..at]
        .iter()
        .rev()
        .take_while(|token| token.line == line);
    let plain = before.all(|token| {
        let word = token.text(text);
        let words = [
            "self",
            "this",
            "let",
            "const",
            "var",
            "mut",
            "static",
            "pub",
            "public",
            "private",
            "readonly",
            "final",
            "protected",
            "export",
            "type",
            "val",
            "global",
            "crate",
        ];
        words.contains(&word) || token.is(b'.') || token.is(b'(') || token.is(b')')
    });
    (assigns || typed) && plain
}
