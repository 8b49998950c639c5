//! Makes expressions of the tokens of a tag.

use super::ast::{Argument, BinaryOperator, Expression};
use super::lexer::Token;
use super::value::Value;
use std::collections::VecDeque;

/// The most levels of brackets and operators.
const MAX_DEPTH: usize = 40;

/// The tokens of one tag.
pub struct Tokens {
    /// Those that are not taken yet.
    pub rest: VecDeque<Token>,
    /// Its first word, where it ends a body.
    pub tag: String,
    depth: usize,
}

/// The operators by how tightly they bind, the loosest first.
const LEVELS: &[&[(&str, BinaryOperator)]] = &[
    &[("or", BinaryOperator::Or)],
    &[("and", BinaryOperator::And)],
    &[
        ("==", BinaryOperator::Equal),
        ("!=", BinaryOperator::NotEqual),
        ("<=", BinaryOperator::LessOrEqual),
        (">=", BinaryOperator::GreaterOrEqual),
        ("<", BinaryOperator::Less),
        (">", BinaryOperator::Greater),
        ("in", BinaryOperator::In),
        ("not", BinaryOperator::NotIn),
    ],
    &[("+", BinaryOperator::Add), ("-", BinaryOperator::Subtract)],
    &[("~", BinaryOperator::Join)],
    &[
        ("*", BinaryOperator::Multiply),
        ("//", BinaryOperator::DivideWhole),
        ("/", BinaryOperator::Divide),
        ("%", BinaryOperator::Remainder),
    ],
];
/// The level of comparisons, before which `not` comes.
const COMPARISONS: usize = 2;

impl Tokens {
    /// The tokens of a tag or an expression.
    pub fn new(tokens: Vec<Token>) -> Tokens {
        Tokens {
            rest: tokens.into(),
            tag: String::new(),
            depth: 0,
        }
    }

    /// An error if there are more.
    pub fn end(&self) -> Result<(), String> {
        match self.rest.is_empty() {
            true => Ok(()),
            false => Err("a tag has more than it should".into()),
        }
    }

    /// Takes a name.
    pub fn name(&mut self) -> Result<String, String> {
        match self.rest.pop_front() {
            Some(Token::Name(name)) => Ok(name),
            _ => Err("a name is missing".into()),
        }
    }

    /// Whether the next token is this sign or word.
    fn is_next(&self, wanted: &str) -> bool {
        self.is_at(0, wanted)
    }

    fn is_at(&self, at: usize, wanted: &str) -> bool {
        match self.rest.get(at) {
            Some(Token::Sign(sign)) => *sign == wanted,
            Some(Token::Name(name)) => name == wanted,
            _ => false,
        }
    }

    /// Takes this sign, if it is next.
    pub fn takes(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.rest.front(), Some(Token::Sign(next)) if *next == sign);
        if is_next {
            self.rest.pop_front();
        }
        is_next
    }

    /// Takes this word, if it is next.
    pub fn takes_word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.rest.front(), Some(Token::Name(next)) if next == word);
        if is_next {
            self.rest.pop_front();
        }
        is_next
    }

    /// Takes this sign, which must be next.
    pub fn sign(&mut self, sign: &str) -> Result<(), String> {
        match self.takes(sign) {
            true => Ok(()),
            false => Err(format!("`{sign}` is missing")),
        }
    }

    /// Takes this word, which must be next.
    pub fn word(&mut self, word: &str) -> Result<(), String> {
        match self.takes_word(word) {
            true => Ok(()),
            false => Err(format!("`{word}` is missing")),
        }
    }

    /// An expression, `a if b else c` included.
    pub fn expression(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("an expression is nested too deeply".into());
        }
        let mut value = self.binary(0)?;
        if self.takes_word("if") {
            let condition = Box::new(self.binary(0)?);
            let otherwise = match self.takes_word("else") {
                true => Some(Box::new(self.expression()?)),
                false => None,
            };
            value = Expression::Conditional(Box::new(value), condition, otherwise);
        }
        self.depth -= 1;
        Ok(value)
    }

    /// Operands with operators of this level and those that bind more tightly.
    pub fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        if level == COMPARISONS && self.takes_word("not") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err("an expression is nested too deeply".into());
            }
            let operand = self.binary(level)?;
            self.depth -= 1;
            return Ok(Expression::Not(Box::new(operand)));
        }
        let mut value = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            let right = self.binary(level + 1)?;
            value = Expression::Binary(operator, Box::new(value), Box::new(right));
        }
        Ok(value)
    }

    /// Takes one of these operators, if one is next.
    fn operator(&mut self, operators: &[(&str, BinaryOperator)]) -> Option<BinaryOperator> {
        let (word, operator) = operators.iter().find(|(word, _)| self.is_next(word))?;
        if *word == "not" {
            if !self.is_at(1, "in") {
                return None;
            }
            self.rest.pop_front();
        }
        self.rest.pop_front();
        Some(*operator)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        if !self.takes("-") {
            self.takes("+");
            return self.filtered();
        }
        self.filtered()
            .map(|value| Expression::Negative(Box::new(value)))
    }

    /// A value with what follows it: attributes, items, calls, filters and tests.
    fn filtered(&mut self) -> Result<Expression, String> {
        let mut value = self.primary()?;
        loop {
            value = if self.takes(".") {
                let name = match self.rest.pop_front() {
                    Some(Token::Name(name)) => name,
                    _ => return Err("the name of an attribute is missing".into()),
                };
                Expression::Attribute(Box::new(value), name)
            } else if self.takes("[") {
                self.subscript(value)?
            } else if self.takes("(") {
                Expression::Call(Box::new(value), self.arguments()?)
            } else if self.takes("|") {
                let name = self.name()?;
                let arguments = match self.takes("(") {
                    true => self.arguments()?,
                    false => Vec::new(),
                };
                Expression::Filter(Box::new(value), name, arguments)
            } else if self.takes_word("is") {
                self.test(value)?
            } else {
                return Ok(value);
            };
        }
    }

    fn test(&mut self, value: Expression) -> Result<Expression, String> {
        let is_negated = self.takes_word("not");
        let name = match self.rest.pop_front() {
            Some(Token::Name(name)) => name,
            Some(Token::Sign("==")) => "eq".into(),
            _ => return Err("the name of a test is missing".into()),
        };
        let takes_value = ["eq", "equalto", "sameas", "divisibleby", "ne", "in"];
        let arguments = if self.takes("(") {
            self.arguments()?
        } else if takes_value.contains(&name.as_str()) {
            vec![(None, self.primary()?)]
        } else {
            Vec::new()
        };
        Ok(Expression::Test(
            Box::new(value),
            name,
            arguments,
            is_negated,
        ))
    }

    /// What is between `[` and `]`.
    fn subscript(&mut self, value: Expression) -> Result<Expression, String> {
        let mut parts = [None, None, None];
        let mut at = 0;
        let mut is_slice = false;
        while !self.takes("]") {
            if self.takes(":") {
                is_slice = true;
                at += 1;
                if at > 2 {
                    return Err("a slice has too many parts".into());
                }
            } else if parts[at].is_none() {
                parts[at] = Some(Box::new(self.expression()?));
            } else {
                return Err("`]` is missing".into());
            }
        }
        match (is_slice, parts) {
            (true, parts) => Ok(Expression::Slice(Box::new(value), parts)),
            (false, [Some(item), ..]) => Ok(Expression::Item(Box::new(value), item)),
            (false, _) => Err("there is nothing between `[` and `]`".into()),
        }
    }

    /// Arguments up to the closing bracket.
    fn arguments(&mut self) -> Result<Vec<Argument>, String> {
        let mut arguments = Vec::new();
        while !self.takes(")") {
            let is_named = matches!(self.rest.front(), Some(Token::Name(_))) && self.is_at(1, "=");
            let name = match is_named {
                true => {
                    let name = self.name()?;
                    self.sign("=")?;
                    Some(name)
                }
                false => None,
            };
            arguments.push((name, self.expression()?));
            if !self.takes(",") {
                self.sign(")")?;
                break;
            }
        }
        Ok(arguments)
    }

    /// Expressions up to a closing bracket, and whether there was a comma.
    fn list(&mut self, close: &str) -> Result<(Vec<Expression>, bool), String> {
        let mut items = Vec::new();
        let mut has_comma = false;
        while !self.takes(close) {
            items.push(self.expression()?);
            if !self.takes(",") {
                self.sign(close)?;
                break;
            }
            has_comma = true;
        }
        Ok((items, has_comma))
    }

    fn map(&mut self) -> Result<Expression, String> {
        let mut entries = Vec::new();
        while !self.takes("}") {
            let name = self.expression()?;
            self.sign(":")?;
            entries.push((name, self.expression()?));
            if !self.takes(",") {
                self.sign("}")?;
                break;
            }
        }
        Ok(Expression::Map(entries))
    }

    fn primary(&mut self) -> Result<Expression, String> {
        let token = self.rest.pop_front().ok_or("an expression is missing")?;
        Ok(match token {
            Token::Text(mut text) => {
                // Texts that follow each other are one.
                while let Some(Token::Text(more)) = self.rest.front() {
                    text.push_str(more);
                    self.rest.pop_front();
                }
                Expression::Literal(Value::text(&text))
            }
            Token::Int(value) => Expression::Literal(Value::Int(value)),
            Token::Float(value) => Expression::Literal(Value::Float(value)),
            Token::Name(name) => match name.as_str() {
                "true" | "True" => Expression::Literal(Value::Bool(true)),
                "false" | "False" => Expression::Literal(Value::Bool(false)),
                "none" | "None" => Expression::Literal(Value::None),
                _ => Expression::Name(name),
            },
            Token::Sign("[") => Expression::List(self.list("]")?.0),
            Token::Sign("{") => self.map()?,
            Token::Sign("(") => match self.list(")")? {
                (mut items, false) if items.len() == 1 => items.remove(0),
                (items, _) => Expression::List(items),
            },
            Token::Sign(sign) => return Err(format!("`{sign}` is not expected")),
        })
    }
}
