//! SQL that Python hands to a database: texts, lists of texts, `text("...")`, and names that one of
//! these was given to. What a program puts together as it runs is not known here.

use super::embedded::SqlText;
use super::python::{PythonFile, assignment, call, dotted, items, text};
use crate::schema::Origin;
use crate::tokens::{Cursor, Kind, content};
use std::collections::HashMap;

/// How deep lists and names may lie in each other.
const MAX_DEPTH: usize = 4;
/// Calls around a text that leave it as it is.
const WRAPPERS: &[&str] = &["text", "sa_text", "dedent", "DDL", "f"];

/// What names of a file are given, as far as its lines say: the last value of each.
pub(crate) struct NamedValues<'a> {
    by_name: HashMap<&'a str, Cursor<'a>>,
}

impl<'a> NamedValues<'a> {
    /// Those of all lines.
    pub fn of(lines: &[Cursor<'a>]) -> Self {
        let found = lines.iter().filter_map(|line| assignment(*line));
        Self {
            by_name: found
                .filter_map(|found| Some((found.name, found.value?)))
                .collect(),
        }
    }

    /// The text that an expression is, also by a name.
    pub fn text(&self, value: &Cursor<'a>) -> Option<String> {
        text(value).or_else(|| {
            let named = self.by_name.get(dotted(value)?)?;
            text(named)
        })
    }

    /// The texts of SQL that an expression is; none if parts are not known.
    pub fn sql(
        &self,
        value: Cursor<'a>,
        file: &PythonFile<'a>,
        at: &Origin,
    ) -> Option<Vec<SqlText>> {
        let mut found = Vec::new();
        self.add_sql(value, file, at, 0, &mut found).map(|()| found)
    }

    fn add_sql(
        &self,
        value: Cursor<'a>,
        file: &PythonFile<'a>,
        at: &Origin,
        depth: usize,
        found: &mut Vec<SqlText>,
    ) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let ([token], Some(whole)) = (value.tokens, text(&value))
            && token.kind == Kind::Text
        {
            found.push(SqlText::of(file.file, *token, whole, at));
        } else if let Some(whole) = text(&value).or_else(|| sum(value)) {
            found.push(SqlText::made(whole, at));
        } else if let Some(call) = call(value) {
            let inner = call.plain().next();
            let inner = inner.filter(|_| WRAPPERS.contains(&call.name))?;
            return self.add_sql(inner, file, at, depth + 1, found);
        } else if let Some(name) = dotted(&value) {
            if name == "noop" {
                return Some(());
            }
            let named = *self.by_name.get(name)?;
            return self.add_sql(named, file, at, depth + 1, found);
        } else {
            for item in items(value)? {
                // A pair of a text and its parameters.
                let first = items(item).and_then(|pair| pair.first().copied());
                self.add_sql(first.unwrap_or(item), file, at, depth + 1, found)?;
            }
        }
        Some(())
    }
}

/// The text that texts with `+` between them are.
fn sum(value: Cursor<'_>) -> Option<String> {
    let mut whole = String::new();
    for part in value.split(b'+') {
        for token in part.tokens {
            let written = part.of(*token);
            if token.kind != Kind::Text || written.starts_with(['f', 'F']) {
                return None;
            }
            whole.push_str(&content(written));
        }
    }
    (!whole.is_empty()).then_some(whole)
}
