//! Splits a template into text, tags and expressions, and these into tokens.
//!
//! Blanks are left out as Jinja does with `trim_blocks` and `lstrip_blocks`, which is how templates
//! are written: the line break after a tag, and the blanks before a tag that begins its line. A `-`
//! in a tag leaves out all blanks on its side, a `+` keeps them.

/// Tokens of one tag or expression at most.
const MAX_TOKENS: usize = 1000;

/// A part of a template.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// Text.
    Text(String),
    /// `{{ .. }}`
    Expression(Vec<Token>),
    /// `{% .. %}`
    Tag(Vec<Token>),
}

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A name or a word of the language.
    Name(String),
    /// A text between quotes.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// Operators and brackets, the longer first.
const SIGNS: &[&str] = &[
    "**", "//", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|", "+", "-",
    "*", "/", "%", "~", "<", ">", "=",
];

/// What is between text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Expression,
    Tag,
    Comment,
}

impl Kind {
    fn end(self) -> &'static str {
        match self {
            Kind::Expression => "}}",
            Kind::Tag => "%}",
            Kind::Comment => "#}",
        }
    }
}

/// The parts of a template.
pub fn pieces(source: &str) -> Result<Vec<Piece>, String> {
    let mut rest = source.strip_suffix('\n').unwrap_or(source);
    let mut pieces = Vec::new();
    while let Some((at, kind)) = next_opening(rest) {
        let text = &rest[..at];
        let inside = &rest[at + 2..];
        let (sign, inside) = match inside.chars().next() {
            Some(sign @ ('-' | '+')) => (sign, &inside[1..]),
            _ => (' ', inside),
        };
        let text = match sign {
            '-' => text.trim_end(),
            ' ' if kind != Kind::Expression => without_indentation(text),
            _ => text,
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        let (tokens, inside) = inside_of(inside, kind)?;
        match kind {
            Kind::Expression => pieces.push(Piece::Expression(tokens)),
            Kind::Tag => pieces.push(Piece::Tag(tokens)),
            Kind::Comment => {}
        }
        rest = after_end(inside, kind);
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// Where the next tag, expression or comment begins.
fn next_opening(text: &str) -> Option<(usize, Kind)> {
    text.match_indices('{').find_map(|(at, _)| {
        let kind = match text.as_bytes().get(at + 1)? {
            b'{' => Kind::Expression,
            b'%' => Kind::Tag,
            b'#' => Kind::Comment,
            _ => return None,
        };
        Some((at, kind))
    })
}

/// The text without the blanks of its last line, if that has only blanks.
fn without_indentation(text: &str) -> &str {
    let without = text.trim_end_matches([' ', '\t']);
    let begins_line = without.is_empty() || without.ends_with('\n');
    if begins_line { without } else { text }
}

/// The tokens up to the end of a tag or expression, and what comes from that end on.
fn inside_of(text: &str, kind: Kind) -> Result<(Vec<Token>, &str), String> {
    if kind == Kind::Comment {
        let end = text.find(kind.end()).ok_or("a comment has no end")?;
        let end = end - usize::from(text[..end].ends_with(['-', '+']));
        return Ok((Vec::new(), &text[end..]));
    }
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    let mut depth = 0usize;
    loop {
        let unsigned = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        if depth == 0 && unsigned.starts_with(kind.end()) {
            return Ok((tokens, rest));
        }
        let (token, after) = token(rest)?;
        match token {
            Token::Sign("(" | "[" | "{") => depth += 1,
            Token::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens.push(token);
        if tokens.len() > MAX_TOKENS {
            return Err("a tag is too long".into());
        }
        rest = after.trim_start();
    }
}

/// What comes after the end of a tag or expression, which `text` begins with.
fn after_end(text: &str, kind: Kind) -> &str {
    let trims = text.starts_with('-');
    let keeps = text.starts_with('+');
    let rest = &text[usize::from(trims || keeps) + 2..];
    match kind {
        _ if trims => rest.trim_start(),
        Kind::Tag | Kind::Comment if !keeps => rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix('\n'))
            .unwrap_or(rest),
        _ => rest,
    }
}

/// The first token of a text, and the rest.
fn token(text: &str) -> Result<(Token, &str), String> {
    let first = text.chars().next().ok_or("a tag has no end")?;
    if first == '"' || first == '\'' {
        return quoted(&text[1..], first);
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if first.is_ascii_digit() {
        return number(text);
    }
    if is_word(first) {
        let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
        return Ok((Token::Name(text[..end].to_owned()), &text[end..]));
    }
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign));
    let sign = sign.ok_or_else(|| format!("a tag has an unknown character {first:?}"))?;
    Ok((Token::Sign(sign), &text[sign.len()..]))
}

fn number(text: &str) -> Result<(Token, &str), String> {
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let whole = digits(text);
    let fraction = match text[whole..].strip_prefix('.') {
        Some(rest) => digits(rest),
        None => 0,
    };
    let end = whole + if fraction > 0 { fraction + 1 } else { 0 };
    let (number, rest) = text.split_at(end);
    let token = match fraction {
        0 => number.parse().map(Token::Int).ok(),
        _ => number.parse().map(Token::Float).ok(),
    };
    token
        .map(|token| (token, rest))
        .ok_or_else(|| "a number is too large".into())
}

/// A text up to its closing quote, and the rest.
fn quoted(text: &str, quote: char) -> Result<(Token, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Ok((Token::Text(value), &text[at + c.len_utf8()..]));
        }
        if c != '\\' {
            value.push(c);
            continue;
        }
        let Some((at, escaped)) = chars.next() else {
            break;
        };
        match escaped {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            '\\' | '\'' | '"' => value.push(escaped),
            'u' | 'x' => {
                let length = if escaped == 'u' { 4 } else { 2 };
                let code = text.get(at + 1..at + 1 + length);
                let code = code.and_then(|code| u32::from_str_radix(code, 16).ok());
                let code = code.and_then(char::from_u32);
                value.push(code.ok_or("a text has a wrong escape")?);
                chars.nth(length - 1);
            }
            other => value.extend(['\\', other]),
        }
    }
    Err("a text has no end".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        let pieces = pieces(source).unwrap().into_iter();
        let text = |piece| match piece {
            Piece::Text(text) => Some(text),
            _ => None,
        };
        pieces.filter_map(text).collect()
    }

    #[test]
    fn blanks_around_tags_are_left_out() {
        assert_eq!(texts("a\n  {% x %}\nb\n"), ["a\n", "b"]);
        assert_eq!(texts("a\n  {%- x -%}\n  b"), ["a", "b"]);
        assert_eq!(texts("a\n  {{ x }}\nb"), ["a\n  ", "\nb"]);
        assert_eq!(texts("a {{- x -}} b"), ["a", "b"]);
        assert_eq!(texts("a\n  {#- it's -#}\n b"), ["a", "b"]);
        assert_eq!(texts("a\n  {%+ x +%}\nb"), ["a\n  ", "\nb"]);
        assert_eq!(texts("{\"a\": {{ x }}}"), ["{\"a\": ", "}"]);
    }

    #[test]
    fn tokens_are_texts_numbers_names_and_signs() {
        let tokens = |source: &str| match pieces(source).unwrap().remove(0) {
            Piece::Expression(tokens) => tokens,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            tokens("{{ {'a}}': 1.5}[\"\\n\\u00e9%}\"] }}"),
            [
                Token::Sign("{"),
                Token::Text("a}}".into()),
                Token::Sign(":"),
                Token::Float(1.5),
                Token::Sign("}"),
                Token::Sign("["),
                Token::Text("\n\u{e9}%}".into()),
                Token::Sign("]"),
            ]
        );
        assert_eq!(
            tokens("{{ a[-1]-}}"),
            [
                Token::Name("a".into()),
                Token::Sign("["),
                Token::Sign("-"),
                Token::Int(1),
                Token::Sign("]"),
            ]
        );
        for broken in ["{{ 'a", "{% a", "{# a", "{{ a ? }}", "{{ '\\u12' }}"] {
            assert!(pieces(broken).is_err(), "{broken}");
        }
    }
}
