//! Operands of a masked query: columns with their qualifiers, functions, texts and numbers.

use super::scope::{Fits, has_column};
use super::words::{BEFORE_OPERAND, Clause, FUNCTIONS};
use super::{Expects, Frame, MAX_DEPTH, MAX_QUOTED, Reader, begins_with, is_plain, is_short_alias};
use data::{SqlToken, SqlTokenKind};

impl Reader<'_> {
    pub(super) fn operand_word(&mut self, at: usize) -> Option<usize> {
        let is_open = self.is_open(at);
        let written = self.name(at);
        let is_quoted = self.tokens[at].kind == SqlTokenKind::Name;
        if is_open && !is_quoted {
            let fits = |name: &str| begins_with(name, &written);
            let may_be = self.is_one_of(at, BEFORE_OPERAND)
                || self.may_be_query(at) && self.is_one_of(at, &["SELECT"])
                || self.may_be_distinct(at) && self.is_one_of(at, &["DISTINCT"])
                || self.functions().any(fits)
                || self.has_column(None, &|name| is_plain(name) && fits(name))
                || self.is_qualifier(&fits, &written);
            self.expects = Expects::Operator;
            return may_be.then_some(1);
        }
        if self.is_mark(at + 1, b'.') {
            return self.member(at, &written);
        }
        if !is_quoted
            && self.is_mark(at + 1, b'(')
            && self
                .functions()
                .any(|name| name.eq_ignore_ascii_case(&written))
        {
            self.frames.push(Frame::Call(self.clause));
            self.expects = Expects::Operand;
            return (self.frames.len() <= MAX_DEPTH).then_some(2);
        }
        if !is_quoted && self.may_be_distinct(at) && written.eq_ignore_ascii_case("DISTINCT") {
            return Some(1);
        }
        if !is_quoted && self.is_one_of(at, BEFORE_OPERAND) {
            if self.is_one_of(at, &["NOT"]) {
                return Some(1);
            }
            return self.keyword(at);
        }
        let is_usable = is_quoted || is_plain(&written);
        let is_column =
            is_usable && self.has_column(None, &|name| name.eq_ignore_ascii_case(&written));
        self.column(None, &written, is_column)
    }

    /// Whether a query in brackets may begin here.
    pub(super) fn may_be_query(&self, at: usize) -> bool {
        let is_group = matches!(self.frames.last(), Some(Frame::Group(_)));
        is_group && self.is_mark(at.wrapping_sub(1), b'(')
    }

    pub(super) fn may_be_distinct(&self, at: usize) -> bool {
        let is_call = matches!(self.frames.last(), Some(Frame::Call(_)));
        is_call && self.is_mark(at.wrapping_sub(1), b'(')
            || self.is_word(at.wrapping_sub(1), "SELECT")
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = &'static str> {
        let is_portable = self.mask.is_portable;
        let usable = FUNCTIONS
            .iter()
            .filter(move |(_, everywhere)| *everywhere || !is_portable);
        usable.map(|(name, _)| *name)
    }

    pub(super) fn has_column(&self, qualifier: Option<&str>, fits: Fits) -> bool {
        has_column(
            self.mask.schema,
            &self.mask.tables,
            &self.scopes,
            qualifier,
            fits,
        )
    }

    /// Whether a word may stand before a point.
    pub(super) fn is_qualifier(&self, fits: Fits, written: &str) -> bool {
        let declared = self.scopes.iter().flat_map(|scope| &scope.sources);
        let is_declared = declared.into_iter().any(|source| fits(&source.name));
        let has_from = self.scopes.last().is_some_and(|scope| scope.has_from);
        is_declared || !has_from && (self.tables().any(fits) || is_short_alias(written))
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        let schema = self.mask.schema;
        self.mask
            .tables
            .iter()
            .map(|table| schema.tables[*table].name.name.as_str())
    }

    /// The begin of a name in quotes.
    pub(super) fn open_name(&mut self, at: usize) -> Option<usize> {
        let begins = |name: &str| begins_with(name, self.rest(at));
        let is_name = match self.expects {
            Expects::Operand => self.has_column(None, &begins),
            Expects::Table => self.tables().any(begins),
            _ => false,
        };
        is_name.then(|| self.tokens.len() - at)
    }

    /// What comes after a quote that is not closed.
    pub(super) fn rest(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.text[token.end..])
    }

    /// What follows a qualifier and its point.
    pub(super) fn member(&mut self, at: usize, qualifier: &str) -> Option<usize> {
        if self.is_mark(at + 2, b'"') {
            let is_column = self.has_column(Some(qualifier), &|name| {
                begins_with(name, self.rest(at + 2))
            });
            return is_column.then(|| self.tokens.len() - at);
        }
        if !self.is_qualifier(&|name| name.eq_ignore_ascii_case(qualifier), qualifier) {
            return None;
        }
        if self.tokens.len() == at + 2 {
            return self.is_open(at + 1).then_some(2);
        }
        if self.is_mark(at + 2, b'*') {
            self.expects = Expects::Operator;
            return Some(3);
        }
        let (name, is_open) = (self.name(at + 2), self.is_open(at + 2));
        let is_quoted = self.tokens[at + 2].kind == SqlTokenKind::Name;
        let is_column = self.has_column(Some(qualifier), &|column| match is_open && !is_quoted {
            true => begins_with(column, &name),
            false => column.eq_ignore_ascii_case(&name),
        });
        if is_open {
            self.expects = Expects::Operator;
            return is_column.then_some(3);
        }
        self.column(Some(qualifier), &name, is_column).map(|_| 3)
    }

    pub(super) fn column(
        &mut self,
        qualifier: Option<&str>,
        name: &str,
        is_column: bool,
    ) -> Option<usize> {
        if !is_column {
            return None;
        }
        let is_output = self.clause == Clause::Select && !self.is_inside();
        let scope = self.scopes.last_mut()?;
        scope.note(qualifier, name);
        if is_output {
            scope.outputs.push(name.to_owned());
        }
        self.expects = Expects::Operator;
        Some(1)
    }

    pub(super) fn operand_mark(&mut self, at: usize) -> Option<usize> {
        let token = self.tokens[at];
        match token.kind {
            SqlTokenKind::Number if self.written(at).bytes().all(|byte| byte.is_ascii_digit()) => {
                self.expects = Expects::Operator;
                let rest = &self.tokens[at + 1..];
                let is_fraction = |of: &SqlToken| of.kind == SqlTokenKind::Number;
                let has_point = self.is_mark(at + 1, b'.') && rest[0].start == token.end;
                match (has_point, rest.get(1)) {
                    (false, _) => Some(1),
                    (true, None) => Some(2),
                    (true, Some(next)) => is_fraction(next).then_some(3),
                }
            }
            SqlTokenKind::Text => self.text(at),
            SqlTokenKind::Mark(b'(') => self.open(at, Frame::Group(self.clause)),
            SqlTokenKind::Mark(b')') if self.is_mark(at.wrapping_sub(1), b'(') => {
                matches!(self.frames.last(), Some(Frame::Call(_))).then(|| self.close())?
            }
            SqlTokenKind::Mark(b'*') => {
                let is_first = self.is_mark(at.wrapping_sub(1), b'(')
                    && matches!(self.frames.last(), Some(Frame::Call(_)))
                    || self.is_word(at.wrapping_sub(1), "SELECT");
                self.expects = Expects::Operator;
                is_first.then_some(1)
            }
            SqlTokenKind::Mark(b'-') if !self.is_mark(at.wrapping_sub(1), b'-') => Some(1),
            SqlTokenKind::Mark(b'\'') => self.text(at),
            _ => None,
        }
    }

    /// A text in quotes, which may lack its second one.
    pub(super) fn text(&mut self, at: usize) -> Option<usize> {
        let start = self.tokens[at].start;
        let end = match self.tokens[at].kind {
            SqlTokenKind::Text => self.tokens[at].end,
            _ => self.text.len(),
        };
        let written = &self.text[start..end];
        let is_short = written.len() <= MAX_QUOTED && !written.contains('\n');
        self.expects = Expects::Operator;
        let rest = self.tokens[at..]
            .iter()
            .filter(|token| token.start < end)
            .count();
        is_short.then_some(rest)
    }
}
