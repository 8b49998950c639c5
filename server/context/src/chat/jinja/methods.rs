//! The methods of Python's texts and maps that chat templates call.

use super::statements::Interpreter;
use super::value::{Arguments, Value, argument, number_argument, text_argument};
use std::rc::Rc;

/// What a method of a value gives.
pub fn called(
    run: &mut Interpreter,
    of: &Value,
    name: &str,
    arguments: &Arguments,
) -> Result<Value, String> {
    match of {
        Value::Text(text) => of_text(run, text, name, arguments),
        Value::Map(_) => of_map(of, name, arguments),
        Value::Namespace(number) => match run.in_namespace(*number, name) {
            Value::Macro(number) => run.call_macro(number, arguments.clone()),
            _ => Err(format!("the method `{name}` is not known here")),
        },
        _ => Err(format!("the method `{name}` is not known here")),
    }
}

fn of_map(of: &Value, name: &str, arguments: &Arguments) -> Result<Value, String> {
    let entries = of.as_map().unwrap_or_default();
    let pair = |(name, value): &(Rc<str>, Value)| {
        Value::list(vec![Value::Text(name.clone()), value.clone()])
    };
    match name {
        "get" => {
            let name = text_argument(arguments, 0);
            let otherwise = argument(arguments, 1).cloned();
            match of.entry(name.unwrap_or_default()) {
                Value::Undefined => Ok(otherwise.unwrap_or(Value::None)),
                value => Ok(value),
            }
        }
        "items" => Value::list(entries.iter().map(pair).collect::<Result<_, _>>()?),
        "keys" => {
            let names = entries.iter().map(|(name, _)| Value::Text(name.clone()));
            Value::list(names.collect())
        }
        "values" => Value::list(entries.iter().map(|(_, value)| value.clone()).collect()),
        _ => match of.entry(name) {
            Value::Undefined => Err(format!("the method `{name}` is not known here")),
            _ => Err("this cannot be called".into()),
        },
    }
}

fn of_text(
    run: &mut Interpreter,
    text: &str,
    name: &str,
    arguments: &Arguments,
) -> Result<Value, String> {
    run.budget.text(text.len())?;
    let first = || text_argument(arguments, 0).ok_or_else(|| format!("`{name}` needs a text"));
    let made = |text: &str| Ok(Value::text(text));
    match name {
        "strip" | "lstrip" | "rstrip" => {
            let is_cut = |c: char| match text_argument(arguments, 0) {
                Some(chars) => chars.contains(c),
                None => c.is_whitespace(),
            };
            let mut left = text;
            if name != "rstrip" {
                left = left.trim_start_matches(is_cut);
            }
            if name != "lstrip" {
                left = left.trim_end_matches(is_cut);
            }
            made(left)
        }
        "upper" => made(&text.to_uppercase()),
        "lower" => made(&text.to_lowercase()),
        "title" => made(&title(text)),
        "capitalize" => made(&capitalized(text)),
        "startswith" | "endswith" => starts_or_ends(text, name, arguments),
        "replace" => {
            let new = text_argument(arguments, 1).ok_or("`replace` needs two texts")?;
            replaced(run, text, first()?, new)
        }
        "split" | "rsplit" => split(run, text, name, arguments),
        "splitlines" => listed(run, text.lines().map(Value::text).collect()),
        "join" => {
            let items = argument(arguments, 0).cloned();
            joined(run, &items.unwrap_or(Value::Undefined), text)
        }
        "find" => {
            let at = text.find(first()?).map(|at| text[..at].chars().count());
            Ok(Value::Int(at.map_or(-1, |at| at as i64)))
        }
        "count" => Ok(Value::Int(text.matches(first()?).count() as i64)),
        "removeprefix" => made(text.strip_prefix(first()?).unwrap_or(text)),
        "removesuffix" => made(text.strip_suffix(first()?).unwrap_or(text)),
        "isdigit" | "isnumeric" => Ok(Value::Bool(
            !text.is_empty() && text.chars().all(char::is_numeric),
        )),
        _ => Err(format!("the method `{name}` is not known here")),
    }
}

fn listed(run: &mut Interpreter, items: Vec<Value>) -> Result<Value, String> {
    run.budget.steps(items.len())?;
    Value::list(items)
}

fn starts_or_ends(text: &str, name: &str, arguments: &Arguments) -> Result<Value, String> {
    let wanted = argument(arguments, 0);
    let wanted = wanted.ok_or_else(|| format!("`{name}` needs a text"))?;
    let fits = |wanted: &Value| {
        wanted.as_text().is_some_and(|wanted| match name {
            "startswith" => text.starts_with(wanted),
            _ => text.ends_with(wanted),
        })
    };
    let any = wanted.as_list().unwrap_or_default().iter().any(fits);
    Ok(Value::Bool(any || fits(wanted)))
}

fn split(
    run: &mut Interpreter,
    text: &str,
    name: &str,
    arguments: &Arguments,
) -> Result<Value, String> {
    let most = number_argument(arguments, 1);
    let most = most.and_then(|most| usize::try_from(most).ok());
    let most = most.map_or(usize::MAX, |most| most.saturating_add(1));
    let separator = text_argument(arguments, 0);
    let parts: Vec<Value> = match separator {
        Some("") => return Err("a text cannot be split at nothing".into()),
        Some(separator) if name == "rsplit" => {
            let mut parts: Vec<Value> = text.rsplitn(most, separator).map(Value::text).collect();
            parts.reverse();
            parts
        }
        Some(separator) => text.splitn(most, separator).map(Value::text).collect(),
        None => text.split_whitespace().map(Value::text).collect(),
    };
    listed(run, parts)
}

/// A text with another one in the place of each `old`.
pub fn replaced(run: &mut Interpreter, text: &str, old: &str, new: &str) -> Result<Value, String> {
    let most = text.matches(old).count().saturating_mul(new.len());
    run.budget.text(text.len().saturating_add(most))?;
    Ok(Value::text(&text.replace(old, new)))
}

/// The items of a list as one text with `between` between them.
pub fn joined(run: &mut Interpreter, items: &Value, between: &str) -> Result<Value, String> {
    let items = run.items(items)?;
    let texts: Result<Vec<Rc<str>>, String> = items.iter().map(Value::written).collect();
    let texts = texts?;
    let length: usize = texts.iter().map(|text| text.len() + between.len()).sum();
    run.budget.text(length)?;
    Ok(Value::text(&texts.join(between)))
}

/// With a capital letter at the beginning and small ones after it.
pub fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars.as_str().to_lowercase().chars()).collect()
}

/// With a capital letter at the beginning of each word.
pub fn title(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_alphabetic());
    words.map(capitalized).collect()
}
