//! Expressions: which words in them are columns.

use super::resolver::Resolver;
use super::words::{CASTS, is_in};
use data::SqlTokenKind;
use std::ops::Range;

/// Words after which a name is no column: a type, a collation, a window.
const BEFORE_OTHER: &[&str] = &["collate", "over", "as", "database", "sequence"];

impl Resolver<'_> {
    /// Reads an expression, or several. `is_condition`: `= NULL` in it is a comparison.
    pub(super) fn expression(&mut self, part: Range<usize>, scope: usize, is_condition: bool) {
        self.deeper(|resolver| {
            let mut at = part.start;
            while at < part.end {
                at = resolver.operand(at, &part, scope, is_condition).max(at + 1);
            }
        });
    }

    /// One token and what belongs to it; the place after.
    fn operand(
        &mut self,
        at: usize,
        part: &Range<usize>,
        scope: usize,
        is_condition: bool,
    ) -> usize {
        match self.token_kind(at) {
            Some(SqlTokenKind::Mark(b'(')) => {
                let inner = self.group(at, part.end).unwrap_or(at..at);
                self.in_brackets(inner, scope, is_condition);
                self.after(at, part.end)
            }
            Some(SqlTokenKind::Mark(b':')) if self.mark(at + 1, b':') => {
                self.after_type(at + 2, part.end)
            }
            // A parameter, or a piece of a list.
            Some(SqlTokenKind::Mark(b':' | b'@' | b'#')) if self.is_next(at) => at + 2,
            Some(SqlTokenKind::Mark(b'[')) => {
                self.comprehension(at, part.end, scope).unwrap_or(at + 1)
            }
            // A field: `(row).field`, `a[1].field`.
            Some(SqlTokenKind::Mark(b'.')) => self.chain(at + 1, part.end).1.max(at + 1),
            Some(SqlTokenKind::Mark(_)) => {
                if is_condition {
                    self.check_null(at, part.end);
                }
                at + 1
            }
            Some(SqlTokenKind::Word | SqlTokenKind::Name) => self.named(at, part, scope),
            _ => at + 1,
        }
    }

    /// Whether a word follows with nothing between.
    fn is_next(&self, at: usize) -> bool {
        let two = self.token(at).zip(self.token(at + 1));
        two.is_some_and(|(mark, word)| mark.end == word.start && word.kind == SqlTokenKind::Word)
    }

    fn in_brackets(&mut self, inner: Range<usize>, scope: usize, is_condition: bool) {
        let mut first = inner.start;
        while self.mark(first, b'(') {
            first += 1;
        }
        let is_query = self.is_any(inner.start, &["select", "with", "values"])
            || first > inner.start && self.is_query_in_brackets(&inner, first);
        if is_query {
            self.statement(inner, Some(scope));
        } else {
            self.expression(inner, scope, is_condition);
        }
    }

    /// `((SELECT ...) UNION ...)`, not `((SELECT ...) = 1)`.
    fn is_query_in_brackets(&self, inner: &Range<usize>, first: usize) -> bool {
        let after = self.after(inner.start, inner.end);
        let goes_on = after < inner.end
            && !self.is_any(after, &["union", "intersect", "except", "order", "limit"]);
        self.is_any(first, &["select", "with"]) && !goes_on
    }

    /// The place after the name of a type.
    fn after_type(&self, at: usize, end: usize) -> usize {
        let (_, mut at) = self.chain(at, end);
        const MORE: &[&str] = &[
            "precision",
            "varying",
            "with",
            "without",
            "time",
            "zone",
            "unsigned",
        ];
        loop {
            let is_list = self.mark(at, b'[');
            if at < end && self.mark(at, b'(') {
                at = self.after(at, end);
            } else if at < end && self.is_any(at, MORE) {
                at += 1;
            } else if at < end && is_list {
                at = self.find(at..end, |at| self.mark(at, b']')) + 1;
            } else {
                return at.min(end);
            }
        }
    }

    fn named(&mut self, at: usize, part: &Range<usize>, scope: usize) -> usize {
        let (chain, after) = self.chain(at, part.end);
        let Some(first) = chain.first().cloned() else {
            // A parameter, or a part of a name.
            let is_chain = self.mark(at + 1, b'.');
            return if is_chain {
                self.chain(at + 2, part.end).1.max(at + 2)
            } else {
                at + 1
            };
        };
        let follows_point = at > part.start && self.mark(at - 1, b'.');
        if follows_point {
            return after;
        }
        if after < part.end && self.mark(after, b'(') && !is_operator(&first.text) {
            return self.call(&chain[chain.len() - 1].text.clone(), after, part, scope);
        }
        // A star or a placeholder in the place of the last name.
        let goes_on = self.mark(after, b'.') && after < part.end;
        if goes_on {
            if self.mark(after + 1, b'*') && chain.len() == 1 {
                self.star_of(scope, &first);
            }
            return after + 2;
        }
        let before = at.checked_sub(1).filter(|before| *before >= part.start);
        let is_other = before.is_some_and(|before| self.is_any(before, BEFORE_OTHER));
        // `DATE '2020-01-01'`, `f(a => 1)`, `a := 1`, and what the walker may not know.
        let is_literal = self.token_kind(after) == Some(SqlTokenKind::Text) && chain.len() == 1;
        let is_argument = self.mark(after, b'=') && self.mark(after + 1, b'>')
            || self.mark(after, b':') && self.mark(after + 1, b'=');
        let is_key = self.mark(after, b':') && !self.mark(after + 1, b':');
        let is_lambda = chain.len() == 1 && self.is_lambda(after);
        if is_other || is_literal || is_argument || is_key || is_lambda {
            return after;
        }
        match chain.len() {
            1 => self.column(scope, &first, self.is_plain_order(at, part)),
            _ => self.qualified(scope, &chain),
        }
        after
    }

    fn is_plain_order(&self, at: usize, part: &Range<usize>) -> bool {
        at == part.start && self.is(at.wrapping_sub(1), "by")
    }

    fn star_of(&mut self, scope: usize, name: &super::walk::Named) {
        let chain = [
            name.clone(),
            super::walk::Named {
                text: "*".into(),
                range: name.range.clone(),
                may_be_text: true,
                is_quoted: false,
            },
        ];
        let mut at = Some(scope);
        while let Some(here) = at {
            let own = &self.out.scopes[here];
            if own
                .sources
                .iter()
                .any(|of| of.name.eq_ignore_ascii_case(&name.text))
            {
                return;
            }
            at = own.parent;
        }
        self.qualified(scope, &chain);
    }

    /// Reads the arguments of a function; the place after them and what belongs to the call.
    fn call(&mut self, name: &str, at: usize, part: &Range<usize>, scope: usize) -> usize {
        let inner = self.group(at, part.end).unwrap_or(at..at);
        let mut after = self.after(at, part.end);
        if is_in(name, CASTS) {
            self.cast(inner, scope);
        } else if is_in(
            name,
            &[
                "extract",
                "datediff",
                "dateadd",
                "datepart",
                "datename",
                "timestampdiff",
                "timestampadd",
                "date_trunc",
                "date_diff",
                "date_part",
                "date_add",
                "date_sub",
                "datetrunc",
                "trunc",
            ],
        ) {
            let first = usize::from(
                self.name(inner.start).is_some() && self.is_unit(inner.start + 1, inner.end),
            );
            self.in_brackets(inner.start + first..inner.end, scope, false);
        } else if !self.lambdas(&inner, scope) {
            self.arguments(inner, scope);
        }
        // A named window or one in brackets, read here so that its own names are no columns.
        if self.is(after, "over") && after < part.end && !self.mark(after + 1, b'(') {
            after += 2;
        }
        after.min(part.end)
    }

    /// Reads arguments. A word in capitals that is no column is a constant of the function:
    /// `DISTANCE(a, b, COSINE)`.
    fn arguments(&mut self, inner: Range<usize>, scope: usize) {
        let parts = self.split(inner.clone());
        let is_constant = |part: &Range<usize>| {
            let word = self.word(part.start).filter(|_| part.len() == 1);
            word.is_some_and(is_constant_word)
        };
        let constants: Vec<bool> = parts.iter().map(is_constant).collect();
        if parts.len() < 2 || !constants.contains(&true) {
            self.in_brackets(inner, scope, false);
            return;
        }
        for (part, is_constant) in parts.into_iter().zip(constants) {
            let before = self.out.problems.len();
            self.expression(part, scope, false);
            if is_constant {
                self.out.problems.truncate(before);
            }
        }
    }

    /// Whether what stood before is a unit: a comma or FROM follows.
    fn is_unit(&self, at: usize, end: usize) -> bool {
        at < end && (self.mark(at, b',') || self.is(at, "from"))
    }

    /// `CAST(a AS type)`, `CONVERT(type, a)`, `CONVERT(a USING charset)`.
    fn cast(&mut self, inner: Range<usize>, scope: usize) {
        let until = self.find(inner.clone(), |at| self.is_any(at, &["as", "using"]));
        let parts = self.split(inner.clone());
        match &parts[..] {
            [first, value, ..] if until >= inner.end => {
                let type_first = self
                    .name(first.start)
                    .is_some_and(|name| super::words::is_known(&name.text));
                let read = if type_first { value } else { first };
                self.in_brackets(read.clone(), scope, false);
            }
            _ => self.in_brackets(inner.start..until, scope, false),
        }
    }
}

fn is_constant_word(word: &str) -> bool {
    word.len() > 1 && !word.contains(|c: char| c.is_lowercase())
}

/// Words before brackets that call nothing.
fn is_operator(word: &str) -> bool {
    const OPERATORS: &[&str] = &[
        "and",
        "or",
        "not",
        "in",
        "like",
        "between",
        "exists",
        "any",
        "all",
        "some",
        "when",
        "then",
        "else",
        "case",
        "is",
        "on",
        "where",
        "select",
        "distinct",
        "by",
        "having",
        "set",
        "values",
        "using",
        "as",
        "over",
        "filter",
        "from",
        "ilike",
        "partition",
        "limit",
        "end",
        "except",
        "union",
        "intersect",
        "returning",
        "null",
        "row",
        "array",
        "group",
        "within",
        "rlike",
        "regexp",
        "xor",
        "div",
        "mod",
        "interval",
    ];
    is_in(word, OPERATORS)
}
