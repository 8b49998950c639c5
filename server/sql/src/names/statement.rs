//! Which kind of statement it is, and what the statements create that have a query.

use super::resolver::Resolver;
use super::scope::{Listed, NameScope};
use super::words::BEFORE_STATEMENT;
use std::ops::Range;

impl Resolver<'_> {
    /// Reads a statement. What it returns are the columns of its rows.
    pub(super) fn statement(
        &mut self,
        part: Range<usize>,
        parent: Option<usize>,
    ) -> Option<Listed> {
        self.deeper(|resolver| resolver.statement_here(part, parent))
    }

    fn statement_here(&mut self, mut part: Range<usize>, parent: Option<usize>) -> Option<Listed> {
        while self.is_any(part.start, BEFORE_STATEMENT) {
            part.start += 1;
        }
        match self.word(part.start).map(str::to_lowercase).as_deref() {
            Some("with") => self.with(part, parent),
            Some("insert" | "replace") => self.insert(part, parent),
            Some("update") => self.update(part, parent),
            Some("delete") => self.delete(part, parent),
            Some("merge") => self.merge(part, parent),
            Some("create") => self.create_as(part),
            Some("select" | "values") => self.query(part, parent, None),
            None if self.mark(part.start, b'(') => self.query(part, parent, None),
            _ => {
                self.is_unsure = true;
                None
            }
        }
    }

    /// CREATE VIEW or TABLE with a query.
    fn create_as(&mut self, part: Range<usize>) -> Option<Listed> {
        let kind = self.find(part.clone(), |at| self.is_any(at, &["table", "view"]));
        let is_query = |at: usize| self.is_any(at, &["select", "with"]);
        let query = self.find(kind..part.end, is_query);
        let others = [
            "index",
            "function",
            "trigger",
            "procedure",
            "rule",
            "policy",
            "schema",
            "type",
        ];
        let is_other = (part.start..kind).any(|at| self.is_any(at, &others));
        if is_other || query >= part.end || self.is(query.wrapping_sub(1), "with") {
            self.is_unsure = true;
            return None;
        }
        let name = (kind + 1..query).find_map(|at| {
            self.name(at)
                .filter(|name| !["if", "not", "exists"].contains(&&*name.text.to_lowercase()))
        });
        let (chain, after) = name.map_or((Vec::new(), query), |name| {
            let at = (kind + 1..query).find(|at| {
                self.token(*at)
                    .is_some_and(|token| token.start == name.range.start)
            });
            self.chain(at.unwrap_or(query), query)
        });
        let mut end = part.end;
        if self.is(end.saturating_sub(1), "data") || self.is(end.saturating_sub(1), "option") {
            end = self.find(query + 1..end, |at| self.is(at, "with") && at > query);
        }
        let found = self.statement(query..end, None);
        let inner = self.group(after, query);
        let columns = match (inner, found) {
            // MySQL: columns and keys, and those of the query too.
            (Some(inner), Some(mut found)) if self.is(kind, "table") => {
                found.names.extend(self.columns_in(inner).names);
                Some(found)
            }
            (Some(inner), found) => {
                let listed = self.listed(inner);
                Some(listed).filter(|listed| listed.is_complete).or(found)
            }
            (None, found) => found,
        };
        if let Some(name) = chain.last() {
            self.remember(&name.text, columns);
        }
        None
    }

    /// A new query around a part.
    pub(super) fn open_scope(&mut self, part: &Range<usize>, parent: Option<usize>) -> usize {
        let range = self.bytes(part);
        self.out.scopes.push(NameScope {
            range,
            parent,
            ..NameScope::default()
        });
        self.out.scopes.len() - 1
    }
}
