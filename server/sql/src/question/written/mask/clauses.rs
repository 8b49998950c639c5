//! What follows operands and tables in a masked query: operators, clauses, joins and aliases.

use super::scope::MaskSource;
use super::words::{
    AFTER_OPERAND, CLAUSES, Clause, IN_CASE, JOINS, NO_ALIAS, ORDERS, UNIONS, may_follow,
};
use super::{Expects, Frame, MAX_ALIAS, Reader, begins_with, is_plain, is_short_alias};
use data::SqlTokenKind;

impl Reader<'_> {
    pub(super) fn operator_word(&mut self, at: usize) -> Option<usize> {
        let is_first = self.is_one_of(at, AFTER_OPERAND)
            || self.cases > 0 && self.is_one_of(at, IN_CASE)
            || self.is_mark(at.wrapping_sub(1), b')') && self.is_one_of(at, &["OVER"]);
        let is_window = matches!(self.frames.last(), Some(Frame::Window(_)));
        let orders = is_window || self.clause == Clause::Order && !self.is_inside();
        let is_own = is_first
            || orders && self.is_one_of(at, ORDERS)
            || is_window && self.is_one_of(at, &["ORDER"])
            || self.clause == Clause::Select && !self.is_inside() && self.is_one_of(at, &["AS"]);
        if is_own {
            return self.keyword(at);
        }
        self.clause_word(at)
    }

    /// A word that begins the next clause, joins a table, or another SELECT.
    pub(super) fn clause_word(&mut self, at: usize) -> Option<usize> {
        if self.is_inside() || self.cases > 0 {
            return None;
        }
        if self.clause == Clause::From && self.is_one_of(at, JOINS) {
            return self.keyword(at);
        }
        let next = CLAUSES.iter().find(|(word, clause)| {
            let is_settled = *clause == Clause::From || self.is_settled();
            self.is_one_of(at, &[word]) && may_follow(*clause, self.clause) && is_settled
        });
        if let Some((_, clause)) = next {
            self.clause = *clause;
            if *clause == Clause::From {
                self.scopes.last_mut()?.has_from = true;
            }
            return self.keyword(at);
        }
        if self.is_one_of(at, UNIONS) && self.is_settled() && self.clause < Clause::Order {
            self.scopes.last_mut()?.begin_again();
            self.clause = Clause::Select;
            return self.keyword(at);
        }
        None
    }

    pub(super) fn operator_mark(&mut self, at: usize) -> Option<usize> {
        let SqlTokenKind::Mark(mark) = self.tokens[at].kind else {
            return None;
        };
        let next = |mark: u8| {
            self.is_mark(at + 1, mark) && self.tokens[at + 1].start == self.tokens[at].end
        };
        let length = match mark {
            b')' => return self.close(),
            b',' => {
                let is_list = self.is_inside()
                    || matches!(self.clause, Clause::Select | Clause::Group | Clause::Order);
                self.expects = Expects::Operand;
                return is_list.then_some(1);
            }
            b'=' | b'+' | b'-' | b'*' | b'/' | b'%' => 1,
            b'<' => 1 + usize::from(next(b'=') || next(b'>')),
            b'>' => 1 + usize::from(next(b'=')),
            b'!' if next(b'=') => 2,
            b'|' if next(b'|') => 2,
            b'!' | b'|' if self.is_open(at) => 1,
            _ => return None,
        };
        self.expects = Expects::Operand;
        Some(length)
    }

    pub(super) fn table(&mut self, at: usize) -> Option<usize> {
        let (written, is_open) = (self.name(at), self.is_open(at));
        let is_quoted = self.tokens[at].kind == SqlTokenKind::Name;
        let fits = |name: &str| match is_open && !is_quoted {
            true => is_plain(name) && begins_with(name, &written),
            false => name.eq_ignore_ascii_case(&written) && (is_quoted || is_plain(name)),
        };
        let schema = self.mask.schema;
        let found = self
            .mask
            .tables
            .iter()
            .find(|table| fits(&schema.tables[**table].name.name))?;
        if !is_open {
            self.scopes.last_mut()?.sources.push(MaskSource {
                name: written,
                table: Some(*found),
                columns: Vec::new(),
            });
        }
        self.expects = Expects::AfterTable;
        Some(1)
    }

    pub(super) fn after_table(&mut self, at: usize) -> Option<usize> {
        if self.is_one_of(at, &["AS"]) {
            return self.keyword(at);
        }
        let joins = self.sources() > 1 && self.is_one_of(at, &["ON"]);
        if joins {
            return self.keyword(at);
        }
        let scope = self.scopes.last()?;
        let agrees = scope
            .sources
            .last()
            .is_some_and(|source| scope.agrees(self.mask.schema, source));
        if agrees && self.clause_word(at).is_some() {
            return Some(1);
        }
        if is_short_alias(self.written(at)) {
            return self.alias(at);
        }
        None
    }

    pub(super) fn sources(&self) -> usize {
        self.scopes.last().map_or(0, |scope| scope.sources.len())
    }

    pub(super) fn alias(&mut self, at: usize) -> Option<usize> {
        let (written, is_open) = (self.written(at).to_owned(), self.is_open(at));
        let is_word = NO_ALIAS
            .iter()
            .any(|word| word.eq_ignore_ascii_case(&written));
        if written.len() > MAX_ALIAS || is_word && !is_open {
            return None;
        }
        let schema = self.mask.schema;
        let scope = self.scopes.last_mut()?;
        if self.clause == Clause::Select {
            self.expects = Expects::AfterAlias;
            if !is_open {
                scope.outputs.push(written.clone());
                scope.aliases.push(written);
            }
            return Some(1);
        }
        self.expects = Expects::AfterTable;
        let awaited = scope.awaited();
        let fits = |name: &String| match is_open {
            true => begins_with(name, &written),
            false => name.eq_ignore_ascii_case(&written),
        };
        if !awaited.is_empty() && !awaited.iter().any(fits) {
            return None;
        }
        if is_open {
            return Some(1);
        }
        let source = scope.sources.pop()?;
        let source = MaskSource {
            name: written,
            ..source
        };
        let agrees = scope.agrees(schema, &source);
        scope.sources.push(source);
        agrees.then_some(1)
    }
}
