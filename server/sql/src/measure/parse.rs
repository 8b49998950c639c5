//! Reads a statement into a [`Query`], if it is one that exact set match can compare.
//!
//! What is accepted beyond the official reader: aliases without AS and of columns, quoted names,
//! INNER JOIN, joins by comma, USING, `<>`, lists after IN, IS NULL, and places in ORDER BY. Any
//! other statement is refused, and then only results decide.

use super::cursor::{OutsideSubset, Parsed, Parser};
use super::lex::{MAX_TOKENS, SqlToken, TokenKind, tokens};
use super::operand::literal;
use super::scope::Scope;
use super::tables::Tables;
use super::tree::{
    Compared, Comparison, Condition, Conditions, Connective, Query, SetOperation, Source,
};

/// How deep queries may be nested.
const MAX_DEPTH: usize = 24;

/// Reads a statement.
///
/// # Errors
/// If it is outside of what can be compared, or names what the tables do not have.
pub(super) fn parse(tables: &Tables, sql: &str) -> Parsed<Query> {
    let mut tokens = tokens(sql);
    while tokens.last().is_some_and(|token| token.is_sign(";")) {
        tokens.pop();
    }
    if tokens.len() > MAX_TOKENS {
        return Err(OutsideSubset);
    }
    let mut parser = Parser {
        tables,
        tokens: &tokens,
        at: 0,
        scopes: Vec::new(),
    };
    let query = parser.query()?;
    match parser.at == tokens.len() {
        true => Ok(query),
        false => Err(OutsideSubset),
    }
}

impl Parser<'_> {
    /// A query, up to what cannot belong to it.
    fn query(&mut self) -> Parsed<Query> {
        if self.scopes.len() >= MAX_DEPTH {
            return Err(OutsideSubset);
        }
        self.scopes.push(Scope::default());
        let query = self.clauses();
        self.scopes.pop();
        let mut query = query?;
        query.combined = self.combined()?;
        Ok(query)
    }

    fn combined(&mut self) -> Parsed<Option<(SetOperation, Box<Query>)>> {
        let operation = match self.peek(0) {
            Some(token) if token.is("intersect") => SetOperation::Intersect,
            Some(token) if token.is("union") => SetOperation::Union,
            Some(token) if token.is("except") => SetOperation::Except,
            _ => return Ok(None),
        };
        self.at += 1;
        // A query after another is as deep as one inside it: chains are bounded too.
        self.scopes.push(Scope::default());
        let query = self.query();
        self.scopes.pop();
        Ok(Some((operation, Box::new(query?))))
    }

    /// SELECT to LIMIT. FROM is read first: it says what the names mean.
    fn clauses(&mut self) -> Parsed<Query> {
        self.expect("select")?;
        let start = self.at;
        self.skip_to_from()?;
        let (sources, joins) = self.sources()?;
        let after = std::mem::replace(&mut self.at, start);
        let is_distinct = self.take("distinct");
        let select = self.select()?;
        self.at = after;
        let filter = match self.take("where") {
            true => self.conditions()?,
            false => Conditions::default(),
        };
        let group = self.group()?;
        let having = match self.take("having") {
            true => self.conditions()?,
            false => Conditions::default(),
        };
        let (order, is_descending) = self.order()?;
        Ok(Query {
            is_distinct,
            select,
            sources,
            joins,
            filter,
            group,
            having,
            order,
            is_descending,
            has_limit: self.limit()?,
            combined: None,
        })
    }

    /// Goes past the FROM of this query.
    fn skip_to_from(&mut self) -> Parsed<()> {
        let mut depth = 0_usize;
        while let Some(token) = self.peek(0) {
            if depth == 0 && token.is("from") {
                self.at += 1;
                return Ok(());
            }
            if token.is_sign("(") {
                depth += 1;
            } else if token.is_sign(")") {
                depth = depth.checked_sub(1).ok_or(OutsideSubset)?;
            }
            self.at += 1;
        }
        Err(OutsideSubset)
    }

    fn sources(&mut self) -> Parsed<(Vec<Source>, Conditions)> {
        let mut sources = vec![self.source()?];
        let mut joins = Conditions::default();
        loop {
            if self.take_sign(",") {
                sources.push(self.source()?);
                continue;
            }
            let has_kind = self.take("inner") || self.take("cross");
            if !self.take("join") {
                let is_end = !has_kind;
                return is_end.then_some((sources, joins)).ok_or(OutsideSubset);
            }
            sources.push(self.source()?);
            if self.take("on") {
                self.join_conditions(&mut joins)?;
            } else if self.take("using") {
                self.names_in_brackets()?;
            }
        }
    }

    fn join_conditions(&mut self, joins: &mut Conditions) -> Parsed<()> {
        let more = self.conditions()?;
        if !joins.list.is_empty() {
            joins.between.push(Connective::And);
        }
        joins.list.extend(more.list);
        joins.between.extend(more.between);
        Ok(())
    }

    fn names_in_brackets(&mut self) -> Parsed<()> {
        self.expect_sign("(")?;
        while self.peek(0).is_some_and(SqlToken::is_name) {
            self.at += 1;
            self.take_sign(",");
        }
        self.expect_sign(")")
    }

    fn source(&mut self) -> Parsed<Source> {
        if self.take_sign("(") {
            let query = self.query()?;
            self.expect_sign(")")?;
            self.alias()?;
            return Ok(Source::Query(Box::new(query)));
        }
        let token = self.peek(0).filter(|token| token.is_name());
        let name = token.ok_or(OutsideSubset)?.text.clone();
        let table = self.tables.table(&name).ok_or(OutsideSubset)?;
        self.at += 1;
        let alias = self.alias()?.unwrap_or(name);
        if let Some(scope) = self.scopes.last_mut() {
            scope.tables.push((alias, table));
        }
        Ok(Source::Table(table))
    }

    fn conditions(&mut self) -> Parsed<Conditions> {
        let mut found = Conditions::default();
        loop {
            found.list.push(self.condition()?);
            if self.take("and") {
                found.between.push(Connective::And);
            } else if self.take("or") {
                found.between.push(Connective::Or);
            } else {
                return Ok(found);
            }
        }
    }

    fn condition(&mut self) -> Parsed<Condition> {
        let operand = self.operand()?;
        let mut is_negated = self.take("not");
        let comparison = self.comparison()?;
        if comparison == Comparison::Is {
            is_negated |= self.take("not");
        }
        let mut compared = self.compared()?;
        if comparison == Comparison::Between {
            self.expect("and")?;
            compared.extend(self.compared()?);
        }
        Ok(Condition {
            is_negated,
            comparison,
            operand,
            compared,
        })
    }

    fn comparison(&mut self) -> Parsed<Comparison> {
        let token = self.peek(0).ok_or(OutsideSubset)?;
        let is_word = token.kind == TokenKind::Word;
        let found = match (is_word, token.text.to_ascii_lowercase().as_str()) {
            (true, "between") => Comparison::Between,
            (true, "in") => Comparison::In,
            (true, "like") => Comparison::Like,
            (true, "is") => Comparison::Is,
            (false, "=" | "==") => Comparison::Equal,
            (false, ">") => Comparison::Greater,
            (false, "<") => Comparison::Less,
            (false, ">=") => Comparison::GreaterOrEqual,
            (false, "<=") => Comparison::LessOrEqual,
            (false, "!=" | "<>") => Comparison::Unequal,
            _ => return Err(OutsideSubset),
        };
        self.at += 1;
        Ok(found)
    }

    /// What an operand is compared with: values, a column, or a query.
    fn compared(&mut self) -> Parsed<Vec<Compared>> {
        let next = self.peek(usize::from(
            self.peek(0).is_some_and(|token| token.is_sign("(")),
        ));
        if next.is_some_and(|token| token.is("select")) {
            let is_block = self.take_sign("(");
            let query = self.query()?;
            if is_block {
                self.expect_sign(")")?;
            }
            return Ok(vec![Compared::Query(Box::new(query))]);
        }
        let is_block = self.take_sign("(");
        let mut found = vec![self.value()?];
        while is_block && self.take_sign(",") {
            found.push(self.value()?);
        }
        if is_block {
            self.expect_sign(")")?;
        }
        Ok(found)
    }

    fn value(&mut self) -> Parsed<Compared> {
        let is_negative = self.take_sign("-");
        let token = self.peek(0).ok_or(OutsideSubset)?;
        if let Some(text) = literal(token) {
            let sign = if is_negative { "-" } else { "" };
            let found = Compared::Literal(format!("{sign}{text}"));
            self.at += 1;
            return Ok(found);
        }
        match is_negative {
            true => Err(OutsideSubset),
            false => Ok(Compared::Term(self.term()?)),
        }
    }

    fn limit(&mut self) -> Parsed<bool> {
        if !self.take("limit") {
            return Ok(false);
        }
        let is_number = |token: &SqlToken| token.kind == TokenKind::Number;
        if !self.peek(0).is_some_and(is_number) {
            return Err(OutsideSubset);
        }
        self.at += 1;
        Ok(true)
    }
}
