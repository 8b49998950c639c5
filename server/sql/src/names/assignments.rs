//! UPDATE, DELETE and MERGE.

use super::resolver::Resolver;
use super::scope::Listed;
use super::walk::Named;
use std::ops::Range;

impl Resolver<'_> {
    pub(super) fn update(&mut self, part: Range<usize>, parent: Option<usize>) -> Option<Listed> {
        let mut at = part.start + 1;
        let words = [
            "or",
            "rollback",
            "abort",
            "replace",
            "fail",
            "ignore",
            "low_priority",
            "only",
        ];
        while self.is_any(at, &words) {
            at += 1;
        }
        if self.is(at, "top") && self.mark(at + 1, b'(') {
            at = self.after(at + 1, part.end);
        }
        let scope = self.open_scope(&part, parent);
        let set = self.find(at..part.end, |at| self.is(at, "set"));
        let ends = [
            "from",
            "where",
            "returning",
            "order",
            "limit",
            "output",
            "option",
        ];
        let values_end = self.find(set..part.end, |at| {
            self.is_any(at, &ends) && !(self.is(at, "from") && self.is(at - 1, "distinct"))
        });
        let mut clauses = self.clauses_after(values_end..part.end);
        if let Some(from) = clauses.from.take() {
            self.from(from, scope);
        }
        let is_alias = set == at + 1
            && self
                .name(at)
                .is_some_and(|name| self.is_source(scope, &name.text));
        if !is_alias {
            // The target is the first source, and the others joined to it follow (MySQL).
            let known = std::mem::take(&mut self.out.scopes[scope].sources);
            self.from(at..set, scope);
            self.out.scopes[scope].sources.extend(known);
        }
        self.assignments(set.saturating_add(1).min(values_end)..values_end, scope);
        self.ending(clauses, scope)
    }

    fn is_source(&self, scope: usize, name: &str) -> bool {
        let sources = &self.out.scopes[scope].sources;
        sources.iter().any(|of| of.name.eq_ignore_ascii_case(name))
    }

    /// `a = 1, b.c = 2, (d, e) = (SELECT 1, 2)`.
    pub(super) fn assignments(&mut self, part: Range<usize>, scope: usize) {
        for one in self.split(part) {
            let equals = self.find(one.clone(), |at| self.mark(at, b'='));
            let (chain, after) = self.chain(one.start, equals);
            match &chain[..] {
                // The columns are those of the target, whatever the other tables have.
                [name] if after == equals => {
                    let own = self.open_scope(&(one.start..after), None);
                    let sources = self.out.scopes[scope].sources.clone();
                    self.out.scopes[own].sources = sources;
                    self.out.scopes[own].is_open = self.out.scopes[scope].is_open;
                    // No keyword may be here.
                    let name = Named {
                        is_quoted: !name.text.eq_ignore_ascii_case("row"),
                        ..name.clone()
                    };
                    self.column(own, &name, true);
                }
                _ => self.expression(one.start..equals, scope, false),
            }
            let value = equals.saturating_add(1).min(one.end)..one.end;
            self.expression(value, scope, false);
        }
    }

    pub(super) fn delete(&mut self, part: Range<usize>, parent: Option<usize>) -> Option<Listed> {
        let scope = self.open_scope(&part, parent);
        let from = self.find(part.start + 1..part.end, |at| self.is(at, "from"));
        if from >= part.end {
            // T-SQL and MySQL: FROM may be missing.
            self.is_unsure = true;
            return None;
        }
        let ends = [
            "using",
            "where",
            "returning",
            "order",
            "limit",
            "output",
            "option",
        ];
        // USING may also be that of a join.
        let end = self.find(from..part.end, |at| {
            let is_join = self.is(at, "using")
                && self.mark(at + 1, b'(')
                && !self.is_any(at + 2, &["select", "values", "with"]);
            self.is_any(at, &ends) && !is_join
        });
        let mut clauses_start = end;
        if self.is(end, "using") {
            let using_end = self.find(end + 1..part.end, |at| {
                self.is_any(at, &ends) && !self.is(at, "using")
            });
            self.from(end + 1..using_end, scope);
            clauses_start = using_end;
        }
        let is_alias = end == from + 2
            && self
                .name(from + 1)
                .is_some_and(|name| self.is_source(scope, &name.text));
        // `DELETE FROM a FROM b AS a`.
        let second = self.find(from + 1..end, |at| self.is(at, "from"));
        if second < end {
            self.from(second + 1..end, scope);
        }
        if !is_alias && second >= end {
            self.from(from + 1..end, scope);
        }
        let clauses = self.clauses_after(clauses_start..part.end);
        self.ending(clauses, scope)
    }

    /// MERGE: both tables, and the rest as one expression.
    pub(super) fn merge(&mut self, part: Range<usize>, parent: Option<usize>) -> Option<Listed> {
        let scope = self.open_scope(&part, parent);
        let start = part.start + 1 + usize::from(self.is(part.start + 1, "into"));
        let using = self.find(start..part.end, |at| self.is(at, "using"));
        let on = self.find(using..part.end, |at| self.is(at, "on"));
        self.from(start..using, scope);
        self.from(using.saturating_add(1).min(on)..on, scope);
        let when = self.find(on..part.end, |at| self.is(at, "when"));
        self.expression(on.saturating_add(1).min(when)..when, scope, true);
        // Both tables may have the columns that are written.
        let names = self.out.scopes[scope]
            .sources
            .iter()
            .map(|of| of.relation.clone());
        let names: Vec<_> = names.collect();
        let merged: Vec<String> = names
            .iter()
            .flat_map(|of| self.columns_of(of))
            .map(str::to_lowercase)
            .collect();
        self.out.scopes[scope].merged.extend(merged);
        self.expression(when..part.end, scope, false);
        None
    }

    /// Reads the clauses at the end of UPDATE and DELETE; the columns that are returned.
    fn ending(&mut self, clauses: Ending, scope: usize) -> Option<Listed> {
        for condition in clauses.conditions {
            self.expression(condition, scope, true);
        }
        for rest in clauses.rest {
            self.expression(rest, scope, false);
        }
        clauses
            .returning
            .and_then(|list| self.select_list(list, scope))
    }

    fn clauses_after(&self, part: Range<usize>) -> Ending {
        let mut ending = Ending::default();
        let words = [
            "from",
            "where",
            "returning",
            "order",
            "limit",
            "output",
            "option",
        ];
        let mut at = part.start;
        while at < part.end {
            let is_by = self.is(at + 1, "by");
            let begin = at + 1 + usize::from(is_by);
            let end = self.find(begin.min(part.end)..part.end, |at| {
                self.is_any(at, &words) && !(self.is(at, "from") && self.is(at - 1, "distinct"))
            });
            let range = begin.min(end)..end;
            match self.written(at).to_lowercase().as_str() {
                "from" => ending.from = Some(range),
                "where" => ending.conditions.push(range),
                "returning" => ending.returning = Some(range),
                "order" | "limit" => ending.rest.push(range),
                _ => {}
            }
            at = end.max(at + 1);
        }
        ending
    }
}

/// What follows the tables of UPDATE and DELETE.
#[derive(Default)]
struct Ending {
    from: Option<Range<usize>>,
    conditions: Vec<Range<usize>>,
    returning: Option<Range<usize>>,
    rest: Vec<Range<usize>>,
}
