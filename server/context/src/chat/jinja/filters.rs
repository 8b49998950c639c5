//! The filters and tests that chat templates use.

use super::methods::{capitalized, joined, replaced, title};
use super::statements::Interpreter;
use super::value::{Arguments, Value, argument, number_argument, text_argument};
use std::rc::Rc;

/// The most that `indent` indents by.
const MAX_INDENT: usize = 64;

/// What a filter makes of a value.
pub fn filtered(
    run: &mut Interpreter,
    of: &Value,
    name: &str,
    arguments: &Arguments,
) -> Result<Value, String> {
    match name {
        "default" | "d" => return Ok(default(of, arguments)),
        "tojson" => {
            run.budget.text(of.json_size())?;
            return Ok(Value::text(&of.json()?));
        }
        "length" | "count" => return length(run, of),
        "join" => {
            let between = text_argument(arguments, 0);
            return joined(run, of, between.unwrap_or_default());
        }
        "int" => return Ok(Value::Int(int(of))),
        "items" | "dictsort" => {
            let entries = of.as_map().unwrap_or_default();
            let pair = |(name, value): &(Rc<str>, Value)| {
                Value::list(vec![Value::Text(name.clone()), value.clone()])
            };
            run.budget.steps(entries.len())?;
            return Value::list(entries.iter().map(pair).collect::<Result<_, _>>()?);
        }
        _ => {}
    }
    match name {
        "list" | "first" | "last" | "reverse" | "map" => of_list(run, of, name, arguments),
        "select" | "reject" | "selectattr" | "rejectattr" => selected(run, of, name, arguments),
        _ => of_text(run, of, name, arguments),
    }
}

fn default(of: &Value, arguments: &Arguments) -> Value {
    let counts_false = argument(arguments, 1).is_some_and(Value::is_true);
    let is_missing = matches!(of, Value::Undefined) || counts_false && !of.is_true();
    match argument(arguments, 0) {
        Some(value) if is_missing => value.clone(),
        None if is_missing => Value::text(""),
        _ => of.clone(),
    }
}

fn length(run: &mut Interpreter, of: &Value) -> Result<Value, String> {
    let count = match of {
        Value::Text(text) => {
            run.budget.text(text.len())?;
            text.chars().count()
        }
        Value::List(_) => of.as_list().unwrap_or_default().len(),
        Value::Map(_) => of.as_map().unwrap_or_default().len(),
        Value::Undefined => 0,
        _ => return Err("this has no length".into()),
    };
    Ok(Value::Int(count as i64))
}

fn int(of: &Value) -> i64 {
    match of {
        Value::Text(text) => text.trim().parse().unwrap_or_default(),
        Value::Float(value) => *value as i64,
        other => other.as_int().unwrap_or_default(),
    }
}

fn of_text(
    run: &mut Interpreter,
    of: &Value,
    name: &str,
    arguments: &Arguments,
) -> Result<Value, String> {
    let text = of.written()?;
    run.budget.text(text.len())?;
    let made = |text: &str| Ok(Value::text(text));
    match name {
        "trim" => made(text.trim()),
        "upper" => made(&text.to_uppercase()),
        "lower" => made(&text.to_lowercase()),
        "title" => made(&title(&text)),
        "capitalize" => made(&capitalized(&text)),
        "string" | "safe" => Ok(Value::Text(text)),
        "replace" => match (text_argument(arguments, 0), text_argument(arguments, 1)) {
            (Some(old), Some(new)) => replaced(run, &text, old, new),
            _ => Err("`replace` needs two texts".into()),
        },
        "indent" => {
            let width = number_argument(arguments, 0);
            let width = usize::try_from(width.unwrap_or(4)).unwrap_or_default();
            let indent = format!("\n{}", " ".repeat(width.min(MAX_INDENT)));
            replaced(run, &text, "\n", &indent)
        }
        _ => Err(format!("the filter `{name}` is not known here")),
    }
}

fn of_list(
    run: &mut Interpreter,
    of: &Value,
    name: &str,
    arguments: &Arguments,
) -> Result<Value, String> {
    let mut items = run.items(of)?;
    match name {
        "first" => return Ok(items.first().cloned().unwrap_or(Value::Undefined)),
        "last" => return Ok(items.last().cloned().unwrap_or(Value::Undefined)),
        "reverse" => items.reverse(),
        "map" => items = mapped(run, items, arguments)?,
        _ => {}
    }
    Value::list(items)
}

/// An attribute of each item, or what a filter makes of it.
fn mapped(
    run: &mut Interpreter,
    items: Vec<Value>,
    arguments: &Arguments,
) -> Result<Vec<Value>, String> {
    let named = |wanted: &str| {
        let is_wanted = |(name, _): &&(Option<String>, Value)| name.as_deref() == Some(wanted);
        arguments.iter().find(is_wanted).map(|(_, value)| value)
    };
    if let Some(attribute) = named("attribute").and_then(Value::as_text) {
        return Ok(items.iter().map(|item| item.entry(attribute)).collect());
    }
    let filter = text_argument(arguments, 0);
    // A filter that asks for further filters could go on for ever.
    let filter = filter.filter(|filter| *filter != "map");
    let filter = filter.ok_or("`map` needs an attribute or a filter")?;
    let rest = arguments[1..].to_vec();
    let each = |item: Value| filtered(run, &item, filter, &rest);
    items.into_iter().map(each).collect()
}

/// The items, or those an attribute of which, passes a test; or those that do not.
fn selected(
    run: &mut Interpreter,
    of: &Value,
    name: &str,
    arguments: &Arguments,
) -> Result<Value, String> {
    let mut arguments = arguments.iter();
    let attribute = match name.ends_with("attr") {
        true => {
            let attribute = arguments.next().and_then(|(_, name)| name.as_text());
            Some(attribute.ok_or_else(|| format!("`{name}` needs an attribute"))?)
        }
        false => None,
    };
    let test = arguments.next().and_then(|(_, test)| test.as_text());
    let rest: Arguments = arguments.cloned().collect();
    let mut kept = Vec::new();
    for item in run.items(of)? {
        let value = attribute.map_or_else(|| item.clone(), |name| item.entry(name));
        let passes = match test {
            Some(test) => holds(run, &value, test, &rest)?,
            None => value.is_true(),
        };
        if passes == name.starts_with("select") {
            kept.push(item);
        }
    }
    Value::list(kept)
}

/// Whether a value passes a test.
pub fn holds(
    run: &mut Interpreter,
    of: &Value,
    name: &str,
    arguments: &Arguments,
) -> Result<bool, String> {
    let other = argument(arguments, 0);
    let needed = || other.ok_or_else(|| format!("the test `{name}` needs a value"));
    let is_list = matches!(of, Value::List(_));
    Ok(match name {
        "defined" => !matches!(of, Value::Undefined),
        "undefined" => matches!(of, Value::Undefined),
        "none" => matches!(of, Value::None),
        "string" => matches!(of, Value::Text(_)),
        "mapping" => matches!(of, Value::Map(_)),
        "iterable" | "sequence" => is_list || matches!(of, Value::Text(_) | Value::Map(_)),
        "boolean" => matches!(of, Value::Bool(_)),
        "true" => matches!(of, Value::Bool(true)),
        "false" => matches!(of, Value::Bool(false)),
        "integer" => matches!(of, Value::Int(_)),
        "float" => matches!(of, Value::Float(_)),
        "number" => matches!(of, Value::Int(_) | Value::Float(_)),
        "callable" => matches!(of, Value::Macro(_)),
        "odd" | "even" => {
            let value = of.as_int().ok_or("only a whole number is odd or even")?;
            (value.rem_euclid(2) == 1) == (name == "odd")
        }
        "divisibleby" => {
            let divisor = needed()?.as_int().filter(|divisor| *divisor != 0);
            let value = of.as_int().zip(divisor);
            value.is_some_and(|(value, divisor)| value.wrapping_rem(divisor) == 0)
        }
        "eq" | "equalto" | "sameas" => run.equal(of, needed()?)?,
        "ne" => !run.equal(of, needed()?)?,
        "in" => run.contains(needed()?, of)?,
        _ => return Err(format!("the test `{name}` is not known here")),
    })
}
