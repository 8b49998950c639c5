//! What expressions of a template give.

use super::ast::{Argument, BinaryOperator, Expression};
use super::statements::Interpreter;
use super::value::{Arguments, Value};
use super::{filters, functions, methods};
use std::rc::Rc;

impl<'t> Interpreter<'t> {
    /// The value of an expression.
    pub fn value(&mut self, expression: &'t Expression) -> Result<Value, String> {
        self.enter()?;
        let value = self.value_of(expression)?;
        self.leave();
        Ok(value)
    }

    fn value_of(&mut self, expression: &'t Expression) -> Result<Value, String> {
        match expression {
            Expression::Literal(value) => Ok(value.clone()),
            Expression::Name(name) => Ok(self.variable(name)),
            Expression::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.value(item)).collect();
                Value::list(items?)
            }
            Expression::Map(entries) => {
                let mut all = Vec::new();
                for (name, value) in entries {
                    let name = self.value(name)?;
                    let name: Rc<str> = name.as_text().ok_or("a key is no text")?.into();
                    all.push((name, self.value(value)?));
                }
                Value::map(all)
            }
            Expression::Attribute(of, name) => {
                let of = self.value(of)?;
                self.attribute(&of, name)
            }
            Expression::Item(of, item) => {
                let of = self.value(of)?;
                let item = self.value(item)?;
                self.item(&of, &item)
            }
            Expression::Slice(of, parts) => self.slice(of, parts),
            Expression::Call(of, arguments) => self.call(of, arguments),
            Expression::Filter(of, name, arguments) => {
                let of = self.value(of)?;
                let arguments = self.arguments(arguments)?;
                filters::filtered(self, &of, name, &arguments)
            }
            Expression::Test(of, name, arguments, is_negated) => {
                let of = self.value(of)?;
                let arguments = self.arguments(arguments)?;
                let holds = filters::holds(self, &of, name, &arguments)?;
                Ok(Value::Bool(holds != *is_negated))
            }
            Expression::Not(of) => Ok(Value::Bool(!self.value(of)?.is_true())),
            Expression::Negative(of) => match self.value(of)? {
                Value::Int(value) => Ok(Value::Int(value.wrapping_neg())),
                Value::Float(value) => Ok(Value::Float(-value)),
                _ => Err("only a number can be negative".into()),
            },
            Expression::Binary(operator, left, right) => self.binary(*operator, left, right),
            Expression::Conditional(value, condition, otherwise) => {
                if self.value(condition)?.is_true() {
                    return self.value(value);
                }
                match otherwise {
                    Some(otherwise) => self.value(otherwise),
                    None => Ok(Value::Undefined),
                }
            }
        }
    }

    /// The values of arguments.
    fn arguments(&mut self, arguments: &'t [Argument]) -> Result<Arguments, String> {
        let value =
            |(name, value): &'t Argument| Ok::<_, String>((name.clone(), self.value(value)?));
        arguments.iter().map(value).collect()
    }

    fn attribute(&self, of: &Value, name: &str) -> Result<Value, String> {
        match of {
            Value::Undefined => Err(format!("`{name}` of what is not there")),
            Value::Namespace(number) => Ok(self.in_namespace(*number, name)),
            _ => Ok(of.entry(name)),
        }
    }

    fn item(&mut self, of: &Value, item: &Value) -> Result<Value, String> {
        if let Some(name) = item.as_text() {
            return self.attribute(of, name);
        }
        let at = item.as_int().ok_or("an index is no number")?;
        let place = |count: usize| {
            let at = if at < 0 { at + count as i64 } else { at };
            usize::try_from(at).ok()
        };
        match of {
            Value::List(_) => {
                let items = of.as_list().unwrap_or_default();
                let found = place(items.len()).and_then(|at| items.get(at));
                Ok(found.cloned().unwrap_or(Value::Undefined))
            }
            Value::Text(text) => {
                self.budget.text(text.len())?;
                let found = place(text.chars().count()).and_then(|at| text.chars().nth(at));
                Ok(found.map_or(Value::Undefined, |c| {
                    Value::text(c.encode_utf8(&mut [0; 4]))
                }))
            }
            Value::Undefined => Err("an item of what is not there".into()),
            _ => Ok(Value::Undefined),
        }
    }

    fn slice(
        &mut self,
        of: &'t Expression,
        parts: &'t [Option<Box<Expression>>; 3],
    ) -> Result<Value, String> {
        let of = self.value(of)?;
        let mut numbers = [None; 3];
        for (number, part) in numbers.iter_mut().zip(parts) {
            let Some(part) = part else { continue };
            *number = match self.value(part)? {
                Value::None => None,
                value => Some(value.as_int().ok_or("an index is no number")?),
            };
        }
        let items = self.items(&of)?;
        let taken: Vec<Value> = sliced(items.len(), numbers)?
            .into_iter()
            .filter_map(|at| items.get(at).cloned())
            .collect();
        if !matches!(of, Value::Text(_)) {
            return Value::list(taken);
        }
        let text: String = taken.iter().filter_map(Value::as_text).collect();
        Ok(Value::text(&text))
    }

    fn call(&mut self, of: &'t Expression, arguments: &'t [Argument]) -> Result<Value, String> {
        if let Expression::Attribute(of, name) = of {
            let of = self.value(of)?;
            let arguments = self.arguments(arguments)?;
            return methods::called(self, &of, name, &arguments);
        }
        let Expression::Name(name) = of else {
            return Err("this cannot be called".into());
        };
        let values = self.arguments(arguments)?;
        match self.variable(name) {
            Value::Macro(number) => self.call_macro(number, values),
            _ => functions::called(self, name, values),
        }
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &'t Expression,
        right: &'t Expression,
    ) -> Result<Value, String> {
        let left = self.value(left)?;
        match operator {
            BinaryOperator::And if !left.is_true() => return Ok(left),
            BinaryOperator::Or if left.is_true() => return Ok(left),
            BinaryOperator::And | BinaryOperator::Or => return self.value(right),
            _ => {}
        }
        let right = self.value(right)?;
        let is = |holds: bool| Ok(Value::Bool(holds));
        match operator {
            BinaryOperator::Equal => is(self.equal(&left, &right)?),
            BinaryOperator::NotEqual => is(!self.equal(&left, &right)?),
            BinaryOperator::In => is(self.contains(&right, &left)?),
            BinaryOperator::NotIn => is(!self.contains(&right, &left)?),
            BinaryOperator::Join => {
                let left = left.written()?;
                let right = right.written()?;
                self.joined(&left, &right)
            }
            BinaryOperator::Add => self.added(&left, &right),
            BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual => compared(operator, &left, &right),
            _ => calculated(operator, &left, &right),
        }
    }

    /// Whether two values are equal.
    pub fn equal(&mut self, one: &Value, other: &Value) -> Result<bool, String> {
        self.budget.text(one.cost().min(other.cost()))?;
        Ok(one == other)
    }

    /// Whether a value is in another: a text in a text, an item in a list, a key in a map.
    pub fn contains(&mut self, all: &Value, one: &Value) -> Result<bool, String> {
        self.budget.text(all.cost())?;
        match all {
            Value::Text(text) => {
                let part = one.as_text().ok_or("only a text can be in a text")?;
                Ok(text.contains(part))
            }
            Value::List(_) => {
                let items = all.as_list().unwrap_or_default();
                self.budget.text(one.cost().saturating_mul(items.len()))?;
                Ok(items.contains(one))
            }
            Value::Map(_) => {
                let entries = all.as_map().unwrap_or_default();
                let name = one.as_text();
                Ok(entries.iter().any(|(known, _)| Some(&**known) == name))
            }
            Value::Undefined => Ok(false),
            _ => Err("nothing can be in this".into()),
        }
    }

    /// Two texts as one.
    fn joined(&mut self, left: &str, right: &str) -> Result<Value, String> {
        self.budget.text(left.len() + right.len())?;
        Ok(Value::text(&[left, right].concat()))
    }

    fn added(&mut self, left: &Value, right: &Value) -> Result<Value, String> {
        if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
            return self.joined(left, right);
        }
        if let (Some(left), Some(right)) = (left.as_list(), right.as_list()) {
            self.budget.steps(left.len() + right.len())?;
            return Value::list([left, right].concat());
        }
        calculated(BinaryOperator::Add, left, right)
    }
}

/// The places that a slice takes of so many items.
fn sliced(count: usize, [start, end, step]: [Option<i64>; 3]) -> Result<Vec<usize>, String> {
    let count = count as i64;
    let step = step.unwrap_or(1);
    let place = |at: i64| if at < 0 { at.saturating_add(count) } else { at };
    if step == 0 {
        return Err("a slice goes nowhere".into());
    }
    let (least, most) = if step > 0 {
        (0, count)
    } else {
        (-1, count - 1)
    };
    let bound =
        |at: Option<i64>, otherwise: i64| at.map_or(otherwise, |at| place(at).clamp(least, most));
    let (mut at, end) = match step > 0 {
        true => (bound(start, 0), bound(end, count)),
        false => (bound(start, count - 1), bound(end, -1)),
    };
    let mut places = Vec::new();
    while if step > 0 { at < end } else { at > end } {
        places.extend(usize::try_from(at).ok());
        at = at.saturating_add(step);
    }
    Ok(places)
}

fn compared(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, String> {
    let order = match (left.as_text(), right.as_text()) {
        (Some(left), Some(right)) => Some(left.cmp(right)),
        _ => match (left.as_float(), right.as_float()) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            _ => return Err("these cannot be compared".into()),
        },
    };
    Ok(Value::Bool(order.is_some_and(|order| match operator {
        BinaryOperator::Less => order.is_lt(),
        BinaryOperator::LessOrEqual => order.is_le(),
        BinaryOperator::Greater => order.is_gt(),
        _ => order.is_ge(),
    })))
}

/// The result of arithmetic. Texts and lists are not multiplied: no chat template does that.
fn calculated(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, String> {
    if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
        let whole = match operator {
            BinaryOperator::Add => left.checked_add(right),
            BinaryOperator::Subtract => left.checked_sub(right),
            BinaryOperator::Multiply => left.checked_mul(right),
            BinaryOperator::DivideWhole => left.checked_div_euclid(right),
            BinaryOperator::Remainder => left.checked_rem_euclid(right),
            _ => None,
        };
        if let Some(whole) = whole {
            return Ok(Value::Int(whole));
        }
    }
    let (Some(left), Some(right)) = (left.as_float(), right.as_float()) else {
        return Err("only numbers can be calculated with".into());
    };
    let result = match operator {
        BinaryOperator::Add => left + right,
        BinaryOperator::Subtract => left - right,
        BinaryOperator::Multiply => left * right,
        BinaryOperator::Divide => left / right,
        BinaryOperator::DivideWhole => (left / right).floor(),
        _ => left.rem_euclid(right),
    };
    match result.is_finite() {
        true => Ok(Value::Float(result)),
        false => Err("a number is too large".into()),
    }
}
