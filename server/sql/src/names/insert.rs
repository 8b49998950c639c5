//! INSERT and REPLACE: the target, its columns, the rows, and what happens on a conflict.

use super::resolver::Resolver;
use super::scope::{Listed, Relation, ScopeSource};
use super::walk::Named;
use std::ops::Range;

impl Resolver<'_> {
    pub(super) fn insert(&mut self, part: Range<usize>, parent: Option<usize>) -> Option<Listed> {
        let mut at = part.start + 1;
        let words = [
            "or",
            "replace",
            "rollback",
            "abort",
            "fail",
            "ignore",
            "into",
            "overwrite",
            "table",
            "low_priority",
            "delayed",
            "high_priority",
        ];
        while self.is_any(at, &words) {
            at += 1;
        }
        let scope = self.open_scope(&part, parent);
        let (relation, after) = self.target(at, part.end, scope);
        at = after;
        if self.is(at, "partition") && self.mark(at + 1, b'(') {
            self.out.scopes[scope].is_open = true;
            at = self.after(at + 1, part.end);
        }
        let first = self.group(at, part.end).map(|inner| inner.start);
        let is_query = first.is_some_and(|first| {
            self.is_any(first, &["select", "with", "values"]) || self.mark(first, b'(')
        });
        let mut columns = None;
        if let Some(inner) = self.group(at, part.end).filter(|_| !is_query) {
            columns = Some(self.target_columns(inner, scope, &relation));
            at = self.after(at, part.end);
        }
        if self.is(at, "overriding") {
            at += 3;
        }
        if self.is(at, "output") {
            let end = self.find(at..part.end, |at| {
                self.is_any(at, &["values", "select", "default", "with"])
            });
            self.expression(at + 1..end, scope, false);
            at = end;
        }
        if self.is(at, "set") {
            self.assignments(at + 1..part.end, scope);
            return None;
        }
        let end = self.find(at..part.end, |at| self.ends_rows(at));
        if self.is(at, "values") || self.is(at, "value") {
            self.rows(at + 1..end, scope, columns.as_deref(), &relation);
        } else if at < end && !self.is(at, "default") {
            let found = self.statement(at..end, parent);
            self.check_query_count(at..end, columns.as_deref(), found.as_ref());
        }
        self.conflict(end..part.end, scope)
    }

    fn ends_rows(&self, at: usize) -> bool {
        self.is(at, "returning")
            || self.is(at, "on") && self.is_any(at + 1, &["conflict", "duplicate"])
            || self.is(at, "as")
                && self.name(at + 1).is_some()
                && at > 0
                && self.mark(at - 1, b')')
                && self.is(at + 2, "on")
    }

    /// The table that is written to; its place in the scope is the first.
    pub(super) fn target(&mut self, at: usize, end: usize, scope: usize) -> (Relation, usize) {
        let (chain, mut after) = self.chain(at, end);
        let is_whole = !self.is_partial(at)
            && !self.is_partial(after.saturating_sub(1))
            && !self.mark(after, b'.');
        let Some(name) = chain.last().filter(|_| is_whole).cloned() else {
            self.out.scopes[scope].is_open = true;
            while after < end
                && !self.mark(after, b'(')
                && !self.is_any(after, &["values", "select", "set", "default"])
            {
                after += 1;
            }
            return (Relation::Unknown, after);
        };
        let namespace = chain.len().checked_sub(2).map(|at| chain[at].text.clone());
        let relation = self.table(&name, namespace.as_deref(), chain.len());
        let mut shown = name;
        let mut has_alias = false;
        if self.is(after, "as")
            && let Some(alias) = self.name(after + 1)
        {
            (shown, has_alias) = (alias, true);
            after += 2;
        }
        self.out.scopes[scope].sources.push(ScopeSource {
            name: shown.text,
            has_alias,
            relation: relation.clone(),
            needs_name: false,
        });
        (relation, after)
    }

    /// The columns that are written; none where some are a placeholder.
    fn target_columns(
        &mut self,
        inner: Range<usize>,
        scope: usize,
        relation: &Relation,
    ) -> Vec<Option<Named>> {
        let mut columns = Vec::new();
        let own = self.open_scope(&inner, None);
        let source = self.out.scopes[scope].sources.first().cloned();
        self.out.scopes[own].sources.extend(source);
        self.out.scopes[own].is_open = matches!(relation, Relation::Unknown);
        for part in self.split(inner) {
            let (chain, after) = self.chain(part.start, part.end);
            let name = chain
                .last()
                .filter(|_| after == part.end && !self.is_partial(part.start))
                .cloned();
            if let Some(name) = &name {
                // No keyword may be here.
                let name = Named {
                    is_quoted: true,
                    ..name.clone()
                };
                self.column(own, &name, true);
            }
            columns.push(name);
        }
        columns
    }

    fn rows(
        &mut self,
        part: Range<usize>,
        scope: usize,
        columns: Option<&[Option<Named>]>,
        relation: &Relation,
    ) {
        let own = self.open_scope(&part, None);
        for row in self.split(part.clone()) {
            if let Some(inner) = self
                .group(row.start, row.end)
                .filter(|_| row.len() < 10_000)
            {
                self.check_row(&inner, columns, relation);
                let has_names = inner.clone().any(|at| self.is(at, "select"));
                if has_names {
                    self.expression(inner, own, false);
                }
            }
        }
        let _ = scope;
    }

    /// ON CONFLICT, ON DUPLICATE KEY and RETURNING.
    fn conflict(&mut self, part: Range<usize>, scope: usize) -> Option<Listed> {
        if part.is_empty() {
            return None;
        }
        let first = self.out.scopes[scope].sources.first();
        let relation = first.map_or(Relation::Unknown, |of| of.relation.clone());
        let pseudo = |name: &str| ScopeSource {
            name: name.to_owned(),
            has_alias: true,
            relation: relation.clone(),
            needs_name: true,
        };
        let added = ["excluded", "new", "values"].map(pseudo);
        self.out.scopes[scope].sources.extend(added);
        let returning = self.find(part.clone(), |at| self.is(at, "returning"));
        let set = self.find(part.start..returning, |at| {
            self.is(at, "set") || self.is(at, "update") && !self.is(at + 1, "set")
        });
        // What comes from the query of INSERT ... SELECT may be named after ON DUPLICATE KEY.
        let is_mysql = self.is(part.start + 1, "duplicate") || self.is(part.start, "as");
        self.out.scopes[scope].is_open |= is_mysql;
        let target = self.find(part.start..set, |at| self.mark(at, b'('));
        let by_name = self.is(part.start + 2, "on");
        if !by_name {
            self.expression(target..set, scope, false);
        }
        if set < returning {
            let condition = self.find(set..returning, |at| self.is(at, "where"));
            self.assignments(set + 1..condition, scope);
            self.expression(
                condition.saturating_add(1).min(returning)..returning,
                scope,
                true,
            );
        }
        let list = returning + 1..part.end;
        if list.start < list.end {
            self.select_list(list, scope)
        } else {
            None
        }
    }
}
