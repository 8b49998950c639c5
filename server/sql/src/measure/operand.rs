//! Reads what a query selects, groups and orders by: columns, functions over rows, and
//! calculations with two terms. Names are looked up in the scopes of the query and of those around
//! it. What is more than that is outside of what can be compared.

use super::cursor::{OutsideSubset, Parsed, Parser};
use super::lex::{SqlToken, TokenKind};
use super::scope;
use super::tree::{Aggregate, ColumnPlace, Operand, Term};

/// The text of a literal, as it is compared.
pub(super) fn literal(token: &SqlToken) -> Option<String> {
    match token.kind {
        TokenKind::Text | TokenKind::Quoted => Some(format!("'{}'", token.text)),
        TokenKind::Number => Some(token.text.clone()),
        TokenKind::Word if token.is_any(&["null", "true", "false"]) => {
            Some(token.text.to_ascii_lowercase())
        }
        _ => None,
    }
}

fn aggregate(token: &SqlToken) -> Option<Aggregate> {
    let known = [
        ("max", Aggregate::Max),
        ("min", Aggregate::Min),
        ("count", Aggregate::Count),
        ("sum", Aggregate::Sum),
        ("avg", Aggregate::Average),
    ];
    let found = known.iter().find(|(name, _)| token.is(name));
    found.map(|(_, aggregate)| *aggregate)
}

/// A term without a calculation.
fn single(left: Term) -> Operand {
    Operand { left, right: None }
}

impl Parser<'_> {
    /// What is selected; the names given there are noted in the scope.
    pub(super) fn select(&mut self) -> Parsed<Vec<(Aggregate, Operand)>> {
        let mut found = Vec::new();
        loop {
            let function = self.function();
            self.at += usize::from(function.is_some());
            let item = (function.unwrap_or(Aggregate::Plain), self.operand()?);
            found.push(item);
            if let Some(name) = self.alias()?
                && let Some(scope) = self.scopes.last_mut()
            {
                scope.selected.push((name, item));
            }
            if !self.take_sign(",") {
                return self.is_at("from").then_some(found).ok_or(OutsideSubset);
            }
        }
    }

    /// The function over rows that is called here.
    fn function(&self) -> Option<Aggregate> {
        let is_call = self.peek(1).is_some_and(|token| token.is_sign("("));
        self.peek(0).filter(|_| is_call).and_then(aggregate)
    }

    pub(super) fn group(&mut self) -> Parsed<Vec<Term>> {
        let mut found = Vec::new();
        if !self.take("group") {
            return Ok(found);
        }
        if !self.take("by") {
            return Err(OutsideSubset);
        }
        loop {
            let term = match self.selected() {
                Some(Operand { left, right: None }) => left,
                Some(_) => return Err(OutsideSubset),
                None => self.term()?,
            };
            found.push(term);
            if !self.take_sign(",") {
                return Ok(found);
            }
        }
    }

    /// The operands of ORDER BY, and whether its last direction is downward.
    pub(super) fn order(&mut self) -> Parsed<(Vec<Operand>, bool)> {
        let mut found = Vec::new();
        let mut is_descending = false;
        if !self.take("order") {
            return Ok((found, false));
        }
        if !self.take("by") {
            return Err(OutsideSubset);
        }
        loop {
            let operand = match self.selected() {
                Some(operand) => operand,
                None => self.operand()?,
            };
            found.push(operand);
            if self.take("desc") {
                is_descending = true;
            } else if self.take("asc") {
                is_descending = false;
            }
            if !self.take_sign(",") {
                return Ok((found, is_descending));
            }
        }
    }

    /// What a name of the SELECT means, if one is here that is no column.
    fn selected(&mut self) -> Option<Operand> {
        let token = self.peek(0).filter(|token| token.is_name())?;
        let is_whole = |token: &SqlToken| !token.is_sign(".") && !token.is_sign("(");
        if !self.peek(1).is_none_or(is_whole) {
            return None;
        }
        let (function, operand) = self.scopes.last()?.selected(&token.text)?;
        let found = match (function, operand.right) {
            (Aggregate::Plain, _) => operand,
            (_, None) => single(Term {
                aggregate: function,
                ..operand.left
            }),
            (_, Some(_)) => return None,
        };
        self.at += 1;
        Some(found)
    }

    /// One or two terms, in brackets or not.
    pub(super) fn operand(&mut self) -> Parsed<Operand> {
        let is_block = self.take_sign("(");
        let left = self.term()?;
        let sign = self.calculation();
        self.at += usize::from(sign.is_some());
        let right = match sign {
            Some(sign) => Some((sign, self.term()?)),
            None => None,
        };
        if is_block {
            self.expect_sign(")")?;
        }
        Ok(Operand { left, right })
    }

    /// The sign of a calculation that is here.
    fn calculation(&self) -> Option<char> {
        let token = self.peek(0).filter(|token| token.kind == TokenKind::Sign)?;
        let found = token.text.chars().next()?;
        (token.text.len() == 1 && "+-*/".contains(found)).then_some(found)
    }

    /// A column, with or without a function over rows.
    pub(super) fn term(&mut self) -> Parsed<Term> {
        let is_block = self.take_sign("(");
        let function = self.function();
        if function.is_some() {
            self.at += 2;
        }
        let is_distinct = self.take("distinct");
        let column = self.column()?;
        if function.is_some() {
            self.expect_sign(")")?;
        }
        if is_block {
            self.expect_sign(")")?;
        }
        Ok(Term {
            aggregate: function.unwrap_or(Aggregate::Plain),
            column,
            is_distinct,
        })
    }

    fn column(&mut self) -> Parsed<ColumnPlace> {
        if self.take_sign("*") {
            return Ok(ColumnPlace::All);
        }
        let token = self.peek(0).filter(|token| token.is_name());
        let first = token.ok_or(OutsideSubset)?.text.clone();
        self.at += 1;
        if self.peek(0).is_some_and(|token| token.is_sign("(")) {
            return Err(OutsideSubset);
        }
        let (qualifier, name) = match self.take_sign(".") {
            true if self.take_sign("*") => return Ok(ColumnPlace::All),
            true => {
                let token = self.peek(0).filter(|token| token.is_name());
                let name = token.ok_or(OutsideSubset)?.text.clone();
                self.at += 1;
                (Some(first), name)
            }
            false => (None, first),
        };
        let found = scope::column(self.tables, &self.scopes, qualifier.as_deref(), &name);
        found.ok_or(OutsideSubset)
    }
}
