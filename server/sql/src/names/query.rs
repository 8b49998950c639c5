//! SELECT: its clauses, and several joined by UNION and the like.

use super::problem::NameProblemKind;
use super::resolver::Resolver;
use super::scope::{Listed, Relation, ScopeSource};
use super::select_list::MAX_LISTED;
use super::words::{BEFORE_OPERAND, CLAUSES, SET_WORDS, is_in};
use data::SqlTokenKind;
use std::ops::Range;

/// The clauses of one SELECT, as places of tokens without the words that open them.
#[derive(Default)]
pub(super) struct Clauses {
    pub list: Range<usize>,
    pub from: Option<Range<usize>>,
    /// WHERE, HAVING and QUALIFY.
    pub conditions: Vec<Range<usize>>,
    pub group: Option<Range<usize>>,
    pub order: Option<Range<usize>>,
    /// What the rows are put into.
    pub into: Option<Range<usize>>,
    /// LIMIT, WINDOW and all that is left.
    pub rest: Vec<Range<usize>>,
}

impl Resolver<'_> {
    /// Reads a query; `own` is the place of the name that it defines, which it may use itself.
    pub(super) fn query(
        &mut self,
        part: Range<usize>,
        parent: Option<usize>,
        own: Option<usize>,
    ) -> Option<Listed> {
        let mut first = None;
        let mut all = Listed {
            names: Vec::new(),
            is_complete: true,
        };
        let mut start = part.start;
        let mut count = 0;
        while start < part.end {
            let end = self.find(start..part.end, |at| self.is_set_word(at, part.start));
            let order = match count > 0 && end >= part.end {
                true => self.find(start..end, |at| {
                    self.is(at, "order") && self.is(at + 1, "by")
                }),
                false => end,
            };
            let found = self.deeper(|resolver| resolver.term(start..order, parent));
            match &found {
                Some(found) if all.names.len() < MAX_LISTED => {
                    all.names.extend(found.names.iter().cloned());
                    all.is_complete &= found.is_complete;
                }
                _ => all.is_complete = false,
            }
            if order < end {
                self.order_of_all(order..end, std::mem::take(&mut all));
            }
            if count == 0 {
                if let (Some(own), Some(columns)) = (own, &found)
                    && end < part.end
                    && let Some(common) = self.common.get_mut(own)
                    && common.columns.is_none()
                {
                    common.columns = Some(columns.clone());
                }
                first = found;
            }
            count += 1;
            start = end + 1;
            while self.is_any(start, &["all", "distinct", "by", "name"]) && start < part.end {
                start += 1;
            }
        }
        first
    }

    /// Reads the ORDER BY after several queries: the names of their columns count.
    fn order_of_all(&mut self, part: Range<usize>, columns: Listed) {
        let scope = self.open_scope(&part, None);
        self.out.scopes[scope].sources.push(ScopeSource {
            name: String::new(),
            has_alias: false,
            relation: Relation::Columns(columns),
            needs_name: false,
        });
        self.expression((part.start + 2).min(part.end)..part.end, scope, false);
    }

    fn is_set_word(&self, at: usize, start: usize) -> bool {
        // `EXCEPT (a, b)` after a star is a list of columns in some dialects.
        let follows_star = at > start && self.mark(at - 1, b'*');
        at > start
            && self.is_any(at, SET_WORDS)
            && !(follows_star && self.mark(at + 1, b'('))
            && !self.mark(at - 1, b'.')
            && !self.is(at - 1, "as")
    }

    /// One operand of UNION: a SELECT, a query in brackets or VALUES.
    fn term(&mut self, part: Range<usize>, parent: Option<usize>) -> Option<Listed> {
        if let Some(inner) = self.group(part.start, part.end) {
            let found = self.statement(inner, parent);
            return found;
        }
        if self.is(part.start, "values") {
            let scope = self.open_scope(&part, parent);
            self.expression(part.start + 1..part.end, scope, false);
            return None;
        }
        if self.is(part.start, "with") {
            return self.statement(part, parent);
        }
        if !self.is(part.start, "select") {
            self.is_unsure = true;
            return None;
        }
        self.select(part, parent)
    }

    fn select(&mut self, part: Range<usize>, parent: Option<usize>) -> Option<Listed> {
        let clauses = self.clauses(part.start + 1..part.end);
        let scope = self.open_scope(&part, parent);
        let is_loose = self.has_loose_value(&clauses.list)
            || clauses
                .from
                .as_ref()
                .is_some_and(|from| self.has_loose_value(from));
        self.out.scopes[scope].is_open |= is_loose;
        if let Some(from) = clauses.from.clone() {
            self.from(from, scope);
        }
        let columns = self.select_list(clauses.list.clone(), scope);
        // HAVING prefers what is grouped.
        let group = clauses.group.clone().unwrap_or(0..0);
        for part in self.split(group) {
            if let Some(name) = self.chain(part.start, part.end).0.last() {
                let name = name.text.to_lowercase();
                self.out.scopes[scope].listed.push(name);
            }
        }
        for condition in &clauses.conditions {
            // A name may be that of an output here, so that several columns may have it.
            let is_after = self.is(condition.start.wrapping_sub(1), "having");
            self.out.scopes[scope].is_after_list = is_after;
            self.expression(condition.clone(), scope, true);
        }
        self.out.scopes[scope].is_after_list = true;
        let group = clauses
            .group
            .clone()
            .filter(|group| !self.is(group.start, "all"));
        if let Some(group) = &group {
            self.expression(group.clone(), scope, false);
        }
        if let Some(order) = &clauses.order {
            self.expression(order.clone(), scope, false);
        }
        for rest in &clauses.rest {
            self.expression(rest.clone(), scope, false);
        }
        self.check_groups(&clauses, scope);
        if let Some(made) = clauses.into.and_then(|into| self.made(into)) {
            self.remember(&made, columns.clone());
        }
        columns
    }

    /// Whether a placeholder follows an operand with no operator between, so that it is
    /// more than a value.
    fn has_loose_value(&self, part: &Range<usize>) -> bool {
        part.clone().skip(1).any(|at| {
            let is_value = self.mark(at, b'?') && self.mark(at + 1, b'?') && self.touch(at);
            let follows = match self.token_kind(at - 1) {
                Some(SqlTokenKind::Word) => !is_in(self.written(at - 1), BEFORE_OPERAND),
                Some(SqlTokenKind::Mark(mark)) => mark == b')',
                _ => true,
            };
            is_value && follows
        })
    }

    /// Where the clauses of a SELECT are.
    pub(super) fn clauses(&self, part: Range<usize>) -> Clauses {
        let mut clauses = Clauses::default();
        let start = self.after_select(part.clone());
        let mut from_seen = false;
        let mut at = start;
        let first = self.clause_end(start..part.end, false);
        clauses.list = start..first;
        at = at.max(first);
        while at < part.end {
            let word = self.written(at).to_lowercase();
            let mut begin = at + 1;
            if self.is_any(begin, &["by"]) {
                begin += 1;
            }
            from_seen |= word == "from";
            let end = self.clause_end(begin.min(part.end)..part.end, from_seen);
            let range = begin.min(end)..end;
            match word.as_str() {
                "from" if clauses.from.is_none() => clauses.from = Some(range),
                "where" | "having" | "qualify" => clauses.conditions.push(range),
                "group" => clauses.group = Some(range),
                "order" => clauses.order = Some(range),
                "into" => clauses.into = Some(range),
                "limit" | "offset" | "start" | "connect" => clauses.rest.push(range),
                _ => {}
            }
            at = end;
        }
        clauses
    }

    fn after_select(&self, part: Range<usize>) -> usize {
        let mut at = part.start;
        let words = [
            "distinct",
            "all",
            "distinctrow",
            "sql_calc_found_rows",
            "sql_no_cache",
            "straight_join",
            "high_priority",
            "sql_small_result",
            "sql_big_result",
        ];
        while at < part.end && self.is_any(at, &words) && !self.mark(at + 1, b',') {
            at += 1;
        }
        if self.is(at, "on") && self.mark(at + 1, b'(') {
            at = self.after(at + 1, part.end);
        }
        if self.is(at, "top")
            && (self.mark(at + 1, b'(') || self.token_kind(at + 1) == Some(SqlTokenKind::Number))
        {
            at = self.after(at + 1, part.end);
            while self.is_any(at, &["percent", "with", "ties"]) {
                at += 1;
            }
        }
        at.min(part.end)
    }

    /// The next word that opens a clause. After FROM some words count that are names before it.
    fn clause_end(&self, part: Range<usize>, after_from: bool) -> usize {
        self.find(part.clone(), |at| {
            let Some(word) = self.word(at).filter(|word| is_in(word, CLAUSES)) else {
                return false;
            };
            let is_name = at > part.start
                && (self.mark(at - 1, b'.') || self.mark(at - 1, b':') || self.is(at - 1, "as"));
            let lower = word.to_lowercase();
            let fits = match lower.as_str() {
                "group" | "order" => self.is(at + 1, "by") || self.is(at + 2, "by"),
                "from" => !(at > 0 && self.is(at - 1, "distinct") && at > part.start),
                "where" | "having" => true,
                "window" => after_from && self.is(at + 2, "as"),
                "into" => true,
                "connect" => self.is(at + 1, "by"),
                "start" => self.is(at + 1, "with"),
                "for" => {
                    after_from
                        && self.is_any(
                            at + 1,
                            &[
                                "update", "share", "no", "key", "xml", "json", "browse", "read",
                            ],
                        )
                }
                "option" => self.mark(at + 1, b'('),
                "lock" => self.is(at + 1, "in"),
                "limit" | "offset" | "fetch" | "qualify" | "returning" => {
                    let follows_operand = at > part.start && !self.mark(at - 1, b',');
                    let is_operand = self.mark(at + 1, b',')
                        || self.mark(at + 1, b'.')
                        || self.mark(at + 1, b'=')
                        || at + 1 >= part.end;
                    (after_from || follows_operand) && !is_operand
                }
                _ => after_from,
            };
            fits && !is_name
        })
    }

    /// `= NULL` at the place of an operator's first mark.
    pub(super) fn check_null(&mut self, at: usize, end: usize) {
        let is_mark = |at: usize, marks: &[u8]| marks.iter().any(|mark| self.mark(at, *mark));
        let is_not = is_mark(at, b"!<") && is_mark(at + 1, b"=>") && self.touch(at);
        let is_plain = self.mark(at, b'=')
            && !(at > 0 && is_mark(at - 1, b"=!<>:+-*/|&^%"))
            && !is_mark(at + 1, b"=>");
        let is_less = is_not && self.mark(at, b'<') && self.mark(at + 1, b'=');
        let null = if is_not { at + 2 } else { at + 1 };
        if !(is_not || is_plain)
            || is_less
            || null >= end
            || !self.is(null, "null")
            || self.mark(null + 1, b'(')
        {
            return;
        }
        let range = self.bytes(&(at..null + 1));
        let right = if is_not { "IS NOT NULL" } else { "IS NULL" };
        let message = format!("nothing is equal to NULL, so this is never true; `{right}` is");
        self.problem(
            range,
            NameProblemKind::EqualsNull,
            message,
            vec![right.to_owned()],
        );
    }

    fn touch(&self, at: usize) -> bool {
        let two = self.token(at).zip(self.token(at + 1));
        two.is_some_and(|(one, next)| one.end == next.start)
    }
}
