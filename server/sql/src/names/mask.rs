//! Placeholders of template languages and of host languages, blanked before SQL is read.
//!
//! `{{ a }}`, `{% if %}`, `<%= a %>`, `${a}`, `#{a}`, `{a}`, `%(a)s` and `%s` become question marks
//! of the same length, so that all offsets stay. The value of a placeholder is never known.

use std::borrow::Cow;

/// Brackets of placeholders, the longer ones first.
const BRACKETS: &[(&str, &str)] = &[
    ("{{", "}}"),
    ("{%", "%}"),
    ("<%", "%>"),
    ("<?", "?>"),
    ("${", "}"),
    ("#{", "}"),
    ("@{", "}"),
    ("$(", ")"),
];
/// The longest placeholder, in bytes.
const MAX_PLACEHOLDER: usize = 2_000;

/// The text with each placeholder as question marks, its length unchanged.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    if !text.contains(['{', '%', '<', '$']) && !text.contains(":\"") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = placeholder(rest, text[..at].chars().next_back());
        match length {
            Some(length) => {
                out.extend(std::iter::repeat_n('?', length));
                at += length;
            }
            None => {
                let Some(next) = rest.chars().next() else {
                    break;
                };
                out.push(next);
                at += next.len_utf8();
            }
        }
    }
    Cow::Owned(out)
}

/// How long the placeholder is that begins here, if one does.
fn placeholder(rest: &str, before: Option<char>) -> Option<usize> {
    match rest.as_bytes().first()? {
        b'<' if is_tag(rest) => tag(rest),
        b'{' | b'$' | b'#' | b'<' | b'@' => bracketed(rest).or_else(|| plain_braces(rest)),
        b':' if before != Some(':') => variable(rest),
        b'%' if before.is_none_or(|c| !c.is_alphanumeric() && c != '%') => percent(rest),
        _ => None,
    }
}

fn bracketed(rest: &str) -> Option<usize> {
    let (open, close) = BRACKETS.iter().find(|(open, _)| rest.starts_with(open))?;
    let looked_at = rest.as_bytes();
    let looked_at = &looked_at[..looked_at.len().min(MAX_PLACEHOLDER)];
    if *close != "}" {
        let inner = &looked_at[open.len()..];
        let at = inner
            .windows(close.len())
            .position(|two| two == close.as_bytes())?;
        return Some(open.len() + at + close.len());
    }
    let mut depth = 0_usize;
    for (at, byte) in looked_at.iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// `{name}`, `{0}`, `{}`, `{a.b[0]}`.
fn plain_braces(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('{')?;
    let is_part = |c: char| c.is_alphanumeric() || "_.$[]->!:() ".contains(c);
    let end = inner.find(|c| !is_part(c))?;
    (inner[end..].starts_with('}') && end < 200).then_some(end + 2)
}

/// Whether an element begins that MyBatis has in SQL: `<if test="a != null">`, `</where>`.
fn is_tag(rest: &str) -> bool {
    const TAGS: &[&str] = &[
        "if",
        "where",
        "set",
        "foreach",
        "choose",
        "when",
        "otherwise",
        "trim",
        "include",
        "bind",
    ];
    let inner = rest[1..].strip_prefix('/').unwrap_or(&rest[1..]);
    let end = inner.find(|c: char| !c.is_ascii_alphabetic());
    end.is_some_and(|end| {
        let ends = inner[end..].starts_with([' ', '>', '/', '\n']);
        ends && TAGS.contains(&&inner[..end])
    })
}

/// How long an element is, up to the bracket that closes it outside of quotes.
fn tag(rest: &str) -> Option<usize> {
    let mut is_text = false;
    let mut bytes = rest.bytes().enumerate().take(MAX_PLACEHOLDER);
    let close = bytes.find(|(_, byte)| {
        is_text ^= *byte == b'"';
        *byte == b'>' && !is_text
    });
    close.map(|(at, _)| at + 1)
}

/// A variable of psql in the place of a name: `:"a"`.
fn variable(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix(":\"")?;
    let end = inner.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    (end > 0 && inner[end..].starts_with('"')).then_some(end + 3)
}

/// `%s`, `%d`, `%1$s`, `%(name)s`, and `%%s` where a text is formatted twice.
fn percent(rest: &str) -> Option<usize> {
    let inner = &rest[1..];
    if inner.starts_with('%') && !inner[1..].starts_with('%') {
        return percent(inner).map(|length| length + 1);
    }
    let skipped = match inner.strip_prefix('(') {
        Some(named) => {
            let end = named.find(|c: char| !c.is_alphanumeric() && c != '_')?;
            named[end..].starts_with(')').then_some(end + 2)?
        }
        None => {
            let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if inner[digits..].starts_with('$') {
                digits + 1
            } else {
                0
            }
        }
    };
    let mut after = inner[skipped..].chars();
    let is_kind = after.next().is_some_and(|c| "sdiuqQw".contains(c));
    let ends = after.next().is_none_or(|c| !c.is_alphanumeric());
    (is_kind && ends).then_some(skipped + 2)
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn placeholders_become_question_marks_of_their_length() {
        for (text, expected) in [
            ("a {{ b }} c", "a ??????? c"),
            ("a ${b.c({})} d", "a ?????????? d"),
            ("a %(b)s, %s, %1$s", "a ?????, ??, ????"),
            (
                "a = %%s AND b = %%(c)s AND d %% s",
                "a = ??? AND b = ?????? AND d %% s",
            ),
            ("a {b} '{\"c\": 1}'", "a ??? '{\"c\": 1}'"),
            ("a LIKE '%x%' AND b % c", "a LIKE '%x%' AND b % c"),
            ("a#{b}c", "a????c"),
            ("a <if test=\"b > 1\">c</if>", "a ?????????????????c?????"),
            ("a <b AND c> d", "a <b AND c> d"),
            ("a :\"b\" c::\"d\"", "a ???? c::\"d\""),
            ("\u{e4} {% if x %} y", "\u{e4} ?????????? y"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
