//! Functions without a name, and lists that are made from another one: names that only they know.

use super::resolver::Resolver;
use std::ops::Range;

impl Resolver<'_> {
    /// Reads arguments of which one is a function without a name; whether one is.
    pub(super) fn lambdas(&mut self, inner: &Range<usize>, scope: usize) -> bool {
        // DuckDB: `lambda x, y: x + y`.
        let word = self.find(inner.clone(), |at| {
            self.is(at, "lambda") && self.name(at + 1).is_some()
        });
        if word < inner.end {
            let colon = self.find(word..inner.end, |at| self.mark(at, b':'));
            self.expression(inner.start..word, scope, false);
            let body = colon.saturating_add(1).min(inner.end)..inner.end;
            self.with_names(scope, word + 1..colon, |own| {
                own.expression(body, scope, false);
            });
            return true;
        }
        let has_arrow = |part: &Range<usize>| {
            (part.start..part.end).any(|at| self.mark(at, b'-') && self.is_lambda(at))
        };
        if !has_arrow(inner) {
            return false;
        }
        let parts = self.split(inner.clone()).into_iter();
        let others: Vec<Range<usize>> = parts.filter(|part| !has_arrow(part)).collect();
        for part in others {
            self.expression(part, scope, false);
        }
        true
    }

    /// Whether `->` with something other than a key follows.
    pub(super) fn is_lambda(&self, after: usize) -> bool {
        let is_arrow = self.mark(after, b'-') && self.mark(after + 1, b'>');
        is_arrow && self.name(after + 2).is_some()
    }

    /// Reads DuckDB's `[x + 1 for x in list if x > 2]`; the place after it, if it is one.
    pub(super) fn comprehension(&mut self, at: usize, end: usize, scope: usize) -> Option<usize> {
        let is_outside = |at: usize, from: usize| self.bracket_depth(from..at) == 0;
        let close = self.find(at + 1..end, |here| {
            self.mark(here, b']') && is_outside(here, at + 1)
        });
        let word = |from: usize, word: &str| {
            let found = self.find(from..close, |here| {
                self.is(here, word) && is_outside(here, from)
            });
            (found < close).then_some(found)
        };
        let each = word(at + 1, "for")?;
        let within = word(each + 1, "in")?;
        let condition = word(within + 1, "if").unwrap_or(close);
        self.expression(within + 1..condition, scope, false);
        self.with_names(scope, each + 1..within, |own| {
            own.expression(at + 1..each, scope, false);
            own.expression((condition + 1).min(close)..close, scope, true);
        });
        Some((close + 1).min(end))
    }

    /// Reads something in which names count that no table has.
    fn with_names(&mut self, scope: usize, names: Range<usize>, read: impl FnOnce(&mut Self)) {
        let names: Vec<String> = names.filter_map(|at| Some(self.name(at)?.text)).collect();
        let known = self.out.scopes[scope].outputs.len();
        self.out.scopes[scope].outputs.extend(names);
        read(self);
        self.out.scopes[scope].outputs.truncate(known);
    }
}
