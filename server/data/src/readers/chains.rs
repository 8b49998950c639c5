//! Chains of calls, as JavaScript, TypeScript and Kotlin write them:
//! `t.string("name", 20).notNullable()`. What the calls mean is not known here.

use crate::tokens::{Cursor, Kind, content};

/// The longest list of type arguments, in tokens.
const MAX_TYPE: usize = 64;

/// One call of a chain.
#[derive(Clone, Copy)]
pub(crate) struct Link<'a> {
    pub name: &'a str,
    pub arguments: Cursor<'a>,
}

impl<'a> Link<'a> {
    /// The arguments in order.
    pub fn plain(&self) -> Vec<Cursor<'a>> {
        self.arguments.split(b',')
    }

    /// The argument at a place, if it is a text.
    pub fn text(&self, at: usize) -> Option<String> {
        whole_text(self.plain().get(at)?)
    }

    /// The names that the argument at a place is: a text or a list of texts.
    pub fn names(&self, at: usize) -> Vec<String> {
        self.plain().get(at).map(names_of).unwrap_or_default()
    }
}

/// Takes the calls that follow: `a(...).b(...)`, from `a` on.
pub(crate) fn links<'a>(rest: &mut Cursor<'a>) -> Vec<Link<'a>> {
    let mut found = Vec::new();
    loop {
        let mut ahead = *rest;
        let Some(name) = ahead.word() else {
            return found;
        };
        // Type arguments: `text<string>()` and `$type<"a" | "b">()`.
        if ahead.is_mark(b'<') {
            for _ in 0..MAX_TYPE {
                if ahead.is_mark(b'(') {
                    break;
                }
                ahead.next();
            }
        }
        let Some(arguments) = ahead.group(b'(') else {
            return found;
        };
        found.push(Link { name, arguments });
        *rest = ahead;
        rest.mark(b'?');
        if !rest.mark(b'.') {
            return found;
        }
    }
}

/// The text that an expression is, if it is one and no more.
pub(crate) fn whole_text(value: &Cursor<'_>) -> Option<String> {
    match value.tokens {
        [token] if token.kind == Kind::Text => {
            let text = content(value.of(*token));
            let is_filled = value.of(*token).starts_with('`') && text.contains("${");
            (!is_filled).then_some(text)
        }
        _ => None,
    }
}

/// A text, or all texts of a list.
pub(crate) fn names_of(value: &Cursor<'_>) -> Vec<String> {
    let mut rest = *value;
    match rest.group(b'[') {
        Some(inner) => inner.split(b',').iter().filter_map(whole_text).collect(),
        None => whole_text(value).into_iter().collect(),
    }
}

/// A literal as SQL; none for what a program computes.
pub(crate) fn sql_literal(value: &Cursor<'_>) -> Option<String> {
    let token = value.peek()?;
    match token.kind {
        Kind::Text => whole_text(value).map(|text| format!("'{}'", text.replace('\'', "''"))),
        Kind::Number => Some(value.written()).filter(|written| written.parse::<f64>().is_ok()),
        Kind::Word if value.is_any(&["true", "false"]) => Some(value.written()),
        _ => None,
    }
}
