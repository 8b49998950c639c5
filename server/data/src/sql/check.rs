//! The values that a CHECK constraint allows: `a IN ('x', 'y')` and the other ways to write it.

use super::names::{self, name};
use crate::tokens::{Cursor, Kind};

/// The column and its values, if the condition lists these and says nothing else.
pub(crate) fn listed_values(condition: &Cursor<'_>) -> Option<(String, Vec<String>)> {
    let mut inner = *condition;
    // Parentheses around all of it.
    for _ in 0..8 {
        let mut ahead = inner;
        match ahead.group(b'(') {
            Some(group) if ahead.is_empty() => inner = group,
            _ => break,
        }
    }
    alternatives(inner).or_else(|| in_list(inner))
}

/// `a = 'x' OR a = 'y'`, and `a IS NULL OR a IN ('x')`.
fn alternatives(condition: Cursor<'_>) -> Option<(String, Vec<String>)> {
    let parts = split_or(condition);
    if parts.len() < 2 {
        return None;
    }
    let mut found: Option<(String, Vec<String>)> = None;
    for part in parts {
        let mut part = part;
        let mut ahead = part;
        if let Some(group) = ahead.group(b'(').filter(|_| ahead.is_empty()) {
            part = group;
        }
        if is_null_test(part) {
            continue;
        }
        let (column, values) = equality(part).or_else(|| in_list(part))?;
        match &mut found {
            Some((known, all)) if known.eq_ignore_ascii_case(&column) => all.extend(values),
            Some(_) => return None,
            None => found = Some((column, values)),
        }
    }
    found
}

fn split_or(condition: Cursor<'_>) -> Vec<Cursor<'_>> {
    let (mut parts, mut rest, mut start) = (Vec::new(), condition, condition);
    loop {
        if rest.is_empty() || rest.is("or") {
            parts.push(start.until(&rest));
            if rest.next().is_none() {
                return parts;
            }
            start = rest;
        } else {
            rest.skip();
        }
    }
}

fn is_null_test(mut part: Cursor<'_>) -> bool {
    name(&mut part).is_some() && part.eat_all(&["is", "null"]) && part.is_empty()
}

/// The column that begins here, perhaps in parentheses and with a cast.
fn column(part: &mut Cursor<'_>) -> Option<String> {
    let column = match part.group(b'(') {
        Some(mut inner) => name(&mut inner)?,
        None => name(part)?,
    };
    skip_cast(part);
    Some(column)
}

fn skip_cast(part: &mut Cursor<'_>) {
    while part.marks("::") {
        while !part.is("in") && part.word().is_some() {}
        part.group(b'(');
        part.group(b'[');
    }
}

fn equality(mut part: Cursor<'_>) -> Option<(String, Vec<String>)> {
    let column = column(&mut part)?;
    part.mark(b'=').then_some(())?;
    let token = part.next().filter(|token| token.kind == Kind::Text)?;
    skip_cast(&mut part);
    part.is_empty()
        .then(|| (column, vec![names::text(part.of(token))]))
}

/// `a IN (...)` and `a = ANY (ARRAY[...])`.
fn in_list(mut part: Cursor<'_>) -> Option<(String, Vec<String>)> {
    let column = column(&mut part)?;
    let list = if part.eat("in") {
        part.group(b'(')?
    } else {
        part.mark(b'=').then_some(())?;
        part.eat("any").then_some(())?;
        let mut inner = part.group(b'(')?;
        while let Some(group) = inner.group(b'(') {
            inner = group;
        }
        inner.eat("array").then_some(())?;
        inner.group(b'[')?
    };
    skip_cast(&mut part);
    if !part.is_empty() {
        return None;
    }
    let value = |item: Cursor<'_>| {
        let token = item
            .tokens
            .iter()
            .find(|token| token.kind != Kind::Mark(b'('))?;
        let written = item.of(*token);
        match token.kind {
            Kind::Text => Some(names::text(written)),
            Kind::Number if item.tokens.len() == 1 => Some(written.to_owned()),
            _ => None,
        }
    };
    let values: Option<Vec<String>> = list.split(b',').into_iter().map(value).collect();
    values
        .filter(|values| !values.is_empty())
        .map(|values| (column, values))
}
