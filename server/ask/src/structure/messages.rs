//! Messages that a program writes: which words are in its texts, and whether a message that
//! someone saw can be made from a text with its values filled in.
//!
//! Texts that follow each other, as in `"a" "b"` or `"a" + "b"`, are one message. It is found by
//! the line where its first text begins.

use super::facts::{Fact, FactKind, key};
use super::lex::{Kind, Token};

/// Most words of a message that are noted.
const MAX_WORDS: usize = 24;
/// Longest text that can be a message.
const MAX_BYTES: usize = 2_000;

/// Adds the words of the messages of a file.
pub(crate) fn read(text: &str, all: &[Token], facts: &mut Vec<Fact>) {
    for group in groups(text, all) {
        let line = all[group[0]].line;
        let contents = group.iter().map(|at| all[*at].text(text));
        let words: Vec<String> = contents.flat_map(words).take(MAX_WORDS).collect();
        if words.len() < 2 {
            continue;
        }
        facts.extend(
            words
                .iter()
                .map(|word| (key(FactKind::MessageWord, word), line)),
        );
    }
}

/// The texts of each message, by their numbers.
fn groups(text: &str, all: &[Token]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut joined = false;
    for (at, token) in all.iter().enumerate() {
        match token.kind {
            Kind::Text if !is_document(all, at) && token.text(text).len() <= MAX_BYTES => {
                match groups.last_mut().filter(|_| joined) {
                    Some(group) => group.push(at),
                    None => groups.push(vec![at]),
                }
                joined = true;
            }
            Kind::Mark(b'+' | b'\\') => {}
            _ => joined = false,
        }
    }
    groups
}

/// Whether a string is documentation: in long quotes, where a statement begins.
fn is_document(all: &[Token], at: usize) -> bool {
    let token = all[at];
    let before = at.checked_sub(1).map(|at| all[at]);
    token.is_long_quoted()
        && before.is_none_or(|before| {
            before.line < token.line
                && !matches!(
                    before.kind,
                    Kind::Mark(b'(' | b',' | b'=' | b'[' | b'+' | b'{')
                )
        })
}

/// The words of a message in lower case.
pub(crate) fn words(content: &str) -> impl Iterator<Item = String> {
    let words = content.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| word.chars().count() > 1 && word.chars().any(char::is_alphabetic))
        .map(str::to_lowercase)
}

/// The messages that begin on these lines of a file, as patterns.
pub(crate) fn at_lines(text: &str, all: &[Token], lines: &[usize]) -> Vec<(usize, Pattern)> {
    let mut found = Vec::new();
    for group in groups(text, all) {
        let line = all[group[0]].line as usize;
        if lines.contains(&line) {
            let whole: String = group.iter().map(|at| all[*at].text(text)).collect();
            found.push((line, Pattern::new(&whole)));
        }
    }
    found
}

/// A message with gaps where values are filled in.
#[derive(Debug)]
pub(crate) struct Pattern {
    pieces: Vec<String>,
}

impl Pattern {
    /// Reads a text as it is written in code.
    pub(crate) fn new(content: &str) -> Self {
        let (mut pieces, mut open) = (Vec::new(), String::new());
        let mut rest = content;
        while let Some(first) = rest.chars().next() {
            if let Some(length) = gap(rest) {
                pieces.push(std::mem::take(&mut open));
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            let mut length = first.len_utf8();
            if first == '\\' {
                let escaped = rest[1..].chars().next().unwrap_or(' ');
                length += escaped.len_utf8();
                open.push(if escaped.is_alphanumeric() || escaped == '\n' {
                    ' '
                } else {
                    escaped
                });
            } else {
                let doubled =
                    rest.starts_with("{{") || rest.starts_with("}}") || rest.starts_with("%%");
                length += usize::from(doubled);
                open.push(first);
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        // The end of a sentence may be missing where it is quoted.
        pieces.push(open.trim_end_matches(['.', '!', '?', ':', ' ']).to_owned());
        let pieces = pieces
            .iter()
            .map(|piece| plain(piece))
            .filter(|piece| !piece.is_empty());
        Self {
            pieces: pieces.collect(),
        }
    }

    /// How many bytes of the message are written in this text; 0 if the message cannot be
    /// made from it. The message must be in lower case with single blanks, see [`plain`].
    pub(crate) fn agreement(&self, message: &str) -> usize {
        let (mut at, mut sum) = (0, 0);
        for piece in &self.pieces {
            match message[at..].find(piece.as_str()) {
                Some(found) => {
                    at += found + piece.len();
                    sum += piece.len();
                }
                // A message that was cut or quoted in part.
                None if self.pieces.iter().any(|piece| piece.contains(message)) => {
                    return message.len() - 1;
                }
                // A message whose end is missing must agree in most of what there is.
                None if sum * 100 > 60 * message.len() => return sum - 1,
                None => return 0,
            }
        }
        sum
    }
}

/// The words of a message that someone saw, without those that look like values: paths and numbers.
pub(crate) fn seen_words(message: &str) -> Vec<String> {
    let is_value =
        |word: &&str| word.contains(['/', '\\']) || word.contains(|c: char| c.is_ascii_digit());
    let plain: Vec<String> = message
        .split_whitespace()
        .filter(|word| !is_value(word))
        .flat_map(words)
        .collect();
    if plain.is_empty() {
        words(message).collect()
    } else {
        plain
    }
}

/// In lower case with single blanks: how messages are compared.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.push_str(&word.to_lowercase());
    }
    plain
}

/// The length of a place for a value at the start: `{…}`, `${…}`, `#{…}`, `%s`, `%(name)d`, `\(…)`.
fn gap(rest: &str) -> Option<usize> {
    let braces = ["${", "#{", "{"]
        .into_iter()
        .find(|open| rest.starts_with(open));
    if let Some(open) = braces {
        if open == "{" && rest.starts_with("{{") {
            return None;
        }
        let inside = &rest[open.len()..];
        let mut depth = 1;
        for (at, c) in inside.char_indices() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if depth == 0 {
                return Some(open.len() + at + 1);
            }
        }
        return None;
    }
    let after = rest.strip_prefix('%')?;
    let named = after
        .strip_prefix('(')
        .and_then(|inside| Some(inside.find(')')? + 2))
        .unwrap_or(0);
    let flags = after[named..].find(|c: char| !"-+#0123456789.*lhzjtq".contains(c))?;
    let letter = after[named + flags..].chars().next()?;
    let is_letter = "diouxXeEfFgGcrsabqvTtpU@".contains(letter);
    is_letter.then(|| 1 + named + flags + letter.len_utf8())
}
