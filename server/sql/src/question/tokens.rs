//! A question as tokens: words, numbers, quoted texts, periods of time and signs.
//!
//! Chinese is cut into words, and each word that the schema does not have itself is replaced by
//! the English words that it means; `chinese.rs` then puts these into the English order.

use super::cues::cues;
use super::index::QuestionSchema;
use crate::query::dates::DatePeriod;
use data::words::{is_han, segment, stem};

/// The longest question that is read, in bytes.
pub(crate) const MAX_QUESTION: usize = 2_000;
/// The most tokens that are looked at.
const MAX_TOKENS: usize = 200;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    Word,
    Number(String),
    Quoted,
    /// A period of time.
    Period(DatePeriod),
    Mark,
}

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// As it is written.
    pub text: String,
    pub lower: String,
    pub stem: String,
    pub kind: TokenKind,
    /// Whether it begins with a capital letter, or is a Chinese word that nothing explains.
    pub is_capital: bool,
}

impl Token {
    pub(crate) fn word(text: &str) -> Self {
        let lower = text.to_lowercase();
        Self {
            stem: stem(&lower),
            is_capital: text.chars().next().is_some_and(char::is_uppercase),
            text: text.to_owned(),
            lower,
            kind: TokenKind::Word,
        }
    }

    fn of(text: &str, kind: TokenKind) -> Self {
        Self {
            kind,
            ..Self::word(text)
        }
    }

    pub(crate) fn number(&self) -> Option<&str> {
        match &self.kind {
            TokenKind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The number, if it may be a year.
    pub(crate) fn year(&self) -> Option<i32> {
        let year: i32 = self.number()?.parse().ok()?;
        (self.text.len() == 4 && (1_700..=2_199).contains(&year)).then_some(year)
    }

    pub(crate) fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }
}

const NUMBERS: &[&str] = &[
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
];

/// The tokens of a question, and whether it is Chinese.
pub(crate) fn tokens(question: &str, schema: &QuestionSchema) -> (Vec<Token>, bool) {
    let mut end = question.len().min(MAX_QUESTION);
    while !question.is_char_boundary(end) {
        end -= 1;
    }
    let text = question[..end]
        .replace(['‘', '’', '`'], "'")
        .replace(['“', '”', '「', '」'], "\"")
        .replace("''", "\"")
        .replace(" w/o ", " without ");
    let is_chinese = text.chars().any(is_han);
    let mut tokens = Vec::new();
    let mut rest = text.as_str();
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        if tokens.len() >= MAX_TOKENS {
            break;
        }
        let length = next_token(rest, c, before, schema, &mut tokens);
        before = rest[..length].chars().last().unwrap_or(' ');
        rest = &rest[length..];
    }
    (joined(tokens, schema), is_chinese)
}

/// Words that the schema writes as one: `check-ins` for `checkin`, `test mode` for `testmode`; and
/// names that it writes with signs, as words.
fn joined(tokens: Vec<Token>, schema: &QuestionSchema) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let is_hyphen = out.last().is_some_and(|last| last.lower == "-");
        let before = out.len().checked_sub(1 + usize::from(is_hyphen));
        let pair = before
            .filter(|at| is_part(&out[*at]) && is_part(&token))
            .map(|at| {
                let joined = format!("{}{}", out[at].lower, token.lower);
                (at, Token::word(&joined))
            });
        let known = |stem: &str| schema.postings.contains_key(stem);
        let are_apart = |at: &usize| known(&out[*at].stem) && known(&token.stem);
        let pair = pair.filter(|(at, _)| !are_apart(at));
        match pair.filter(|(_, joined)| known(&joined.stem)) {
            Some((at, joined)) => {
                out.truncate(at);
                out.push(joined);
            }
            None if token.is_word() && schema.written.contains(&token.lower) => {
                out.extend(token.lower.split('_').map(Token::word));
            }
            None => out.push(token),
        }
    }
    out
}

/// Whether a word may be a part of a name.
fn is_part(token: &Token) -> bool {
    token.is_word()
        && token.lower.is_ascii()
        && token.text.len() > 2
        && !cues().is_stop(&token.lower)
}

/// Reads one token. How many bytes it has.
fn next_token(
    rest: &str,
    c: char,
    before: char,
    schema: &QuestionSchema,
    tokens: &mut Vec<Token>,
) -> usize {
    if let Some((inner, length)) = quoted(rest, c, before) {
        tokens.push(Token::of(inner.trim(), TokenKind::Quoted));
        return length;
    }
    let run = |is_in: &dyn Fn(char) -> bool| rest.find(|c| !is_in(c)).unwrap_or(rest.len());
    if is_han(c) {
        let length = run(&is_han);
        han_words(&rest[..length], schema, tokens);
        return length;
    }
    if c.is_ascii_digit() {
        let length = run(&|c| c.is_ascii_digit() || matches!(c, ',' | '.'));
        let written = rest[..length].trim_end_matches([',', '.']);
        let letters = rest[written.len()..]
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .count();
        if letters > 2 || (letters > 0 && before.is_alphanumeric()) {
            let length = run(&|c| c.is_alphanumeric());
            tokens.push(Token::word(&rest[..length]));
            return length;
        }
        return written_number(rest, written, tokens);
    }
    if c.is_alphabetic() || c == '_' {
        let length = run(&|c| (c.is_alphanumeric() && !is_han(c)) || c == '_');
        push_word(&rest[..length], &rest[length..], tokens);
        return length;
    }
    let signs = if matches!(rest.get(..2), Some(">=" | "<=" | "!=" | "<>")) {
        2
    } else {
        c.len_utf8()
    };
    if !c.is_whitespace() && c != '\'' {
        let sign = match c {
            '，' | '、' => ",",
            '？' => "?",
            '。' => ".",
            _ => &rest[..signs],
        };
        tokens.push(Token::of(sign, TokenKind::Mark));
    }
    signs
}

/// A number, with `k`, `million` or `万` after it.
fn written_number(rest: &str, written: &str, tokens: &mut Vec<Token>) -> usize {
    let plain = written.replace(',', "");
    let plain = match plain.matches('.').count() {
        0 | 1 => plain,
        _ => plain.replace('.', ""),
    };
    let after = &rest[written.len()..];
    let factors = [
        ("k", 3),
        ("K", 3),
        ("万", 4),
        ("亿", 8),
        (" million", 6),
        (" thousand", 3),
    ];
    let factor = factors.iter().find(|(word, _)| {
        let follows = after
            .strip_prefix(word)
            .and_then(|after| after.chars().next());
        after.starts_with(word) && follows.is_none_or(|c| !c.is_ascii_alphanumeric())
    });
    let (number, length) = match factor {
        Some((word, zeros)) => (scaled(&plain, *zeros), written.len() + word.len()),
        None => (plain, written.len()),
    };
    tokens.push(Token {
        text: written.to_owned(),
        ..Token::of(written, TokenKind::Number(number))
    });
    length
}

/// A decimal number times a power of ten, without rounding.
fn scaled(number: &str, zeros: usize) -> String {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let mut digits = format!("{whole}{part}");
    let missing = zeros.saturating_sub(part.len());
    digits.push_str(&"0".repeat(missing));
    if part.len() > zeros {
        digits.insert(whole.len() + zeros, '.');
    }
    digits
}

fn quoted(rest: &str, c: char, before: char) -> Option<(&str, usize)> {
    if !(c == '"' || c == '\'' && !before.is_alphanumeric()) {
        return None;
    }
    let inner = &rest[1..];
    let mut from = 0;
    loop {
        let at = from + inner[from..].find(c)?;
        let after = inner[at + 1..].chars().next();
        let is_end = c == '"' || after.is_none_or(|after| !after.is_alphanumeric());
        if is_end {
            return (at > 0 && at <= 200).then(|| (&inner[..at], at + 2));
        }
        from = at + 1;
    }
}

fn push_word(word: &str, after: &str, tokens: &mut Vec<Token>) {
    let lower = word.to_lowercase();
    // `don't` is read as `don` and `t`.
    if lower == "t" && tokens.last().is_some_and(|last| last.lower.ends_with('n')) {
        if let Some(last) = tokens.last_mut() {
            let stemmed = last.lower.trim_end_matches('n').to_owned();
            *last = Token::word(&stemmed);
        }
        tokens.push(Token::word("not"));
        return;
    }
    let is_possessive = lower == "s" && !tokens.is_empty() && !after.starts_with('_');
    if is_possessive && tokens.last().is_some_and(Token::is_word) {
        tokens.push(Token::of("'s", TokenKind::Mark));
        return;
    }
    let lower = if lower == "single" {
        "one".to_owned()
    } else {
        lower
    };
    if let Some(number) = NUMBERS.iter().position(|known| *known == lower) {
        tokens.push(Token::of(word, TokenKind::Number(number.to_string())));
        return;
    }
    tokens.push(Token::word(word));
}

/// Chinese words, and the English ones that they mean.
fn han_words(text: &str, schema: &QuestionSchema, tokens: &mut Vec<Token>) {
    let cues = cues();
    let is_word = |word: &str| schema.han.contains(word) || cues.english(word).is_some();
    let longest = cues.longest_chinese().max(12);
    let mut unknown = String::new();
    for word in segment(text, longest, &is_word) {
        if !is_word(word) {
            unknown.push_str(word);
            continue;
        }
        push_unknown(&mut unknown, tokens);
        match cues.english(word).filter(|_| !schema.han.contains(word)) {
            Some(english) => {
                for part in english.split_whitespace() {
                    tokens.push(match part.parse::<u32>() {
                        Ok(_) => Token::of(part, TokenKind::Number(part.to_owned())),
                        Err(_) if !part.starts_with(char::is_alphanumeric) => {
                            Token::of(part, TokenKind::Mark)
                        }
                        Err(_) => Token::word(part),
                    });
                }
            }
            None => tokens.push(Token::word(word)),
        }
    }
    push_unknown(&mut unknown, tokens);
}

fn push_unknown(unknown: &mut String, tokens: &mut Vec<Token>) {
    if !unknown.is_empty() {
        let mut token = Token::word(unknown);
        token.is_capital = true;
        tokens.push(token);
        unknown.clear();
    }
}
