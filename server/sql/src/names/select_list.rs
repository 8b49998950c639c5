//! What is selected: expressions, their aliases, and stars.

use super::resolver::Resolver;
use super::scope::{Listed, Relation};
use super::walk::Named;
use super::words::{BEFORE_OPERAND, is_in, is_known};
use data::SqlTokenKind;
use std::ops::Range;

/// How many columns a star may add to before no more are known.
pub(super) const MAX_LISTED: usize = 2_000;

impl Resolver<'_> {
    /// Reads the list of a SELECT or RETURNING. What it returns are the columns of the rows.
    pub(super) fn select_list(&mut self, list: Range<usize>, scope: usize) -> Option<Listed> {
        if list.is_empty() {
            return None;
        }
        let mut listed = Listed {
            names: Vec::new(),
            is_complete: true,
        };
        let mut read = Vec::new();
        for item in self.split(list) {
            let (expression, alias) = self.aliased(item.clone());
            if let Some(alias) = &alias {
                self.out.scopes[scope].outputs.push(alias.text.clone());
            }
            match alias {
                Some(alias) => listed.names.push(alias.text),
                None => self.unnamed(&expression, scope, &mut listed),
            }
            read.push(expression);
        }
        for expression in read {
            self.expression(expression, scope, false);
        }
        Some(listed)
    }

    /// An expression and its alias.
    pub(super) fn aliased(&self, item: Range<usize>) -> (Range<usize>, Option<Named>) {
        // T-SQL: `alias = expression`.
        if item.len() > 2 && self.mark(item.start + 1, b'=') {
            let is_variable = self.written(item.start).starts_with('@');
            let tsql = self.dialect == Some(data::SqlDialect::TSql);
            if let Some(name) = self.name(item.start).filter(|_| tsql && !is_variable) {
                return (item.start + 2..item.end, Some(name));
            }
        }
        let Some(last) = item.end.checked_sub(1).filter(|last| *last > item.start) else {
            return (item, None);
        };
        if self.is(last - 1, "as") {
            let text = self
                .token(last)
                .filter(|token| token.kind == SqlTokenKind::Text);
            let as_text = text.map(|token| Named {
                text: self.text[token.start..token.end]
                    .trim_matches('\'')
                    .to_owned(),
                range: token.start..token.end,
                may_be_text: false,
                is_quoted: true,
            });
            return (item.start..last - 1, self.name(last).or(as_text));
        }
        let alias = self
            .name(last)
            .filter(|name| name.is_quoted || !is_known(&name.text) || is_soft(&name.text));
        let ends_operand = match self.token_kind(last - 1) {
            Some(SqlTokenKind::Word) => {
                let word = self.written(last - 1);
                !is_in(word, BEFORE_OPERAND)
            }
            Some(SqlTokenKind::Name | SqlTokenKind::Number | SqlTokenKind::Text) => true,
            Some(SqlTokenKind::Mark(mark)) => matches!(mark, b')' | b']' | b'?' | b'}'),
            None => false,
        };
        match alias.filter(|_| ends_operand) {
            Some(alias) => (item.start..last, Some(alias)),
            None => (item, None),
        }
    }

    /// What an expression without an alias adds to the columns.
    fn unnamed(&mut self, item: &Range<usize>, scope: usize, listed: &mut Listed) {
        let last = item.end.saturating_sub(1);
        if self.mark(last, b'*') && !self.mark(item.start, b'(') {
            let (chain, _) = self.chain(item.start, item.end);
            let is_star = item.len() == 1 || self.mark(last.wrapping_sub(1), b'.');
            if is_star && item.len() < 6 {
                self.star(chain.last(), scope, listed);
            } else {
                listed.is_complete = false;
            }
            return;
        }
        let (chain, after) = self.chain(item.start, item.end);
        if let Some(name) = chain.last().filter(|_| after == item.end) {
            self.out.scopes[scope].listed.push(name.text.to_lowercase());
            listed.names.push(name.text.clone());
            return;
        }
        // The name of an expression differs between databases.
        let names = (item.start..item.end).filter_map(|at| self.name(at));
        listed.names.extend(names.take(1).map(|name| name.text));
        let is_literal = item.len() == 1 && !self.mark(item.start, b'?');
        listed.is_complete &= is_literal;
    }

    fn star(&self, of: Option<&Named>, scope: usize, listed: &mut Listed) {
        let own = &self.out.scopes[scope];
        let mut count = 0;
        listed.is_complete &= !own.is_open;
        for source in &own.sources {
            // A star of stars may double the columns with every query.
            if listed.names.len() >= MAX_LISTED {
                listed.is_complete = false;
                return;
            }
            if source.needs_name || of.is_some_and(|of| !of.text.eq_ignore_ascii_case(&source.name))
            {
                continue;
            }
            count += 1;
            let columns = self.columns_of(&source.relation);
            let columns = columns.into_iter().map(str::to_owned);
            listed.names.extend(columns.take(MAX_LISTED));
            listed.is_complete &= match &source.relation {
                Relation::Table(table) => self.names.is_trusted(*table),
                Relation::Columns(inner) => inner.is_complete,
                Relation::Unknown => false,
            };
        }
        listed.is_complete &= count > 0;
    }
}

/// Words of SQL that people use as aliases.
fn is_soft(word: &str) -> bool {
    const HARD: &[&str] = &[
        "end",
        "null",
        "true",
        "false",
        "asc",
        "desc",
        "current_date",
        "current_timestamp",
        "current_user",
        "unbounded",
        "preceding",
        "following",
        "row",
        "rows",
        "ties",
        "others",
        "current_time",
        "localtime",
        "user",
        "sysdate",
        "local",
        "else",
        "then",
        "when",
        "not",
        "and",
        "or",
        "is",
        "in",
        "like",
        "day",
        "hour",
        "minute",
        "second",
        "month",
        "year",
        "days",
        "hours",
        "minutes",
        "seconds",
        "months",
        "years",
        "last",
        "first",
        "unknown",
    ];
    !is_in(word, HARD)
}
