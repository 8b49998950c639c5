//! WITH: queries that have a name in the statement, and the columns of their rows.

use super::resolver::{CommonTable, Resolver};
use super::scope::Listed;
use std::ops::Range;

impl Resolver<'_> {
    /// Reads the queries of WITH and the statement after them.
    pub(super) fn with(&mut self, part: Range<usize>, parent: Option<usize>) -> Option<Listed> {
        let known = self.common.len();
        let mut at = part.start + 1;
        // T-SQL knows recursion without the word.
        at += usize::from(self.is(at, "recursive"));
        loop {
            let Some(name) = self.name(at) else {
                self.is_unsure = true;
                break;
            };
            at += 1;
            let listed = self.group(at, part.end).map(|inner| self.listed(inner));
            if listed.is_some() {
                at = self.after(at, part.end);
            }
            while self.is_any(at, &["as", "not", "materialized"]) {
                at += 1;
            }
            let Some(inner) = self.group(at, part.end) else {
                self.is_unsure = true;
                break;
            };
            let place = self.common_table(name.text, listed, inner, parent);
            at = self.after(at, part.end);
            at = self.search_and_cycle(at, part.end, place);
            if !self.mark(at, b',') {
                break;
            }
            at += 1;
        }
        let found = self.statement(at.min(part.end)..part.end, parent);
        // Names of WITH in a subquery end with it.
        if parent.is_some() {
            let done: Vec<CommonTable> = self.common.drain(known..).collect();
            self.out.local.extend(
                done.into_iter()
                    .filter_map(|of| Some((of.name, of.columns?))),
            );
        }
        found
    }

    fn common_table(
        &mut self,
        name: String,
        listed: Option<Listed>,
        inner: Range<usize>,
        parent: Option<usize>,
    ) -> usize {
        let place = self.common.len();
        self.common.push(CommonTable {
            name: name.clone(),
            // Columns that are not renamed follow those that are.
            columns: listed.clone().map(|listed| Listed {
                is_complete: false,
                ..listed
            }),
        });
        let is_query =
            self.is_any(inner.start, &["select", "with", "values"]) || self.mark(inner.start, b'(');
        let found = if is_query && !self.is(inner.start, "with") {
            let own = listed.is_none().then_some(place);
            self.deeper(|resolver| resolver.query(inner, parent, own))
        } else {
            self.statement(inner, parent)
        };
        if let Some(own) = self.common.get_mut(place) {
            own.columns = renamed(listed, found);
        }
        place
    }

    /// PostgreSQL's SEARCH and CYCLE after a query, each of which adds columns to it; the place
    /// after them.
    fn search_and_cycle(&mut self, mut at: usize, end: usize, place: usize) -> usize {
        const ENDS: &[&str] = &[
            "search", "cycle", "select", "insert", "update", "delete", "merge", "values", "with",
        ];
        while at < end && self.is_any(at, &["search", "cycle"]) {
            let set = self.find(at..end, |at| self.is(at, "set"));
            let stop = self.find(set..end, |at| self.mark(at, b',') || self.is_any(at, ENDS));
            let is_before = |at: &usize| self.is_any(*at, &["set", "using"]);
            let added = (set..stop).filter(is_before);
            let added: Vec<String> = added
                .filter_map(|at| Some(self.name(at + 1)?.text))
                .collect();
            let own = self.common.get_mut(place);
            if let Some(columns) = own.and_then(|own| own.columns.as_mut()) {
                columns.names.extend(added);
            }
            at = stop.max(at + 1);
        }
        at
    }

    /// Names in a list: `(a, b)`.
    pub(super) fn listed(&self, inner: Range<usize>) -> Listed {
        let parts = self.split(inner);
        let names: Vec<String> = parts
            .iter()
            .filter_map(|part| Some(self.name(part.start)?.text))
            .collect();
        Listed {
            is_complete: names.len() == parts.len(),
            names,
        }
    }
}

/// The columns of a query of which the first are renamed.
fn renamed(listed: Option<Listed>, found: Option<Listed>) -> Option<Listed> {
    let Some(mut listed) = listed else {
        return found;
    };
    let found = found.unwrap_or_default();
    let known = listed.names.len();
    listed.is_complete &= found.names.len() <= known && !found.names.is_empty();
    listed.names.extend(found.names.into_iter().skip(known));
    Some(listed)
}
