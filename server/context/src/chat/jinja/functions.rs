//! The functions that chat templates call.

use super::statements::Interpreter;
use super::value::{Arguments, Value, text_argument};
use std::rc::Rc;

/// The most numbers of `range`.
const MAX_RANGE: usize = 1000;
/// The parts of the day that every prompt is dated to: a Friday. A prompt that changes with the
/// day would have to be read again, and a completion does not depend on it.
const DATE: &[(char, &str)] = &[
    ('Y', "2024"),
    ('y', "24"),
    ('m', "07"),
    ('d', "26"),
    ('e', "26"),
    ('B', "July"),
    ('b', "Jul"),
    ('h', "Jul"),
    ('A', "Friday"),
    ('a', "Fri"),
    ('j', "208"),
    ('H', "12"),
    ('I', "12"),
    ('M', "00"),
    ('S', "00"),
    ('p', "PM"),
    ('F', "2024-07-26"),
    ('T', "12:00:00"),
    ('Z', ""),
    ('z', ""),
    ('%', "%"),
];

/// What a function gives.
pub fn called(run: &mut Interpreter, name: &str, arguments: Arguments) -> Result<Value, String> {
    match name {
        "raise_exception" => {
            let why = text_argument(&arguments, 0);
            Err(format!("the template refuses: {}", why.unwrap_or_default()))
        }
        "strftime_now" => {
            let format = text_argument(&arguments, 0);
            let format = format.ok_or("a date has no format")?;
            run.budget.text(format.len() * 8)?;
            Ok(Value::text(&date(format)))
        }
        "namespace" => {
            let named = arguments.into_iter();
            let named = named.filter_map(|(name, value)| Some((name?, value)));
            run.add_namespace(named.collect())
        }
        "dict" => {
            let named = arguments.into_iter();
            let named = named.filter_map(|(name, value)| Some((Rc::from(name?), value)));
            Value::map(named.collect())
        }
        "range" => range(run, &arguments),
        other => Err(format!("the function `{other}` is not known here")),
    }
}

fn range(run: &mut Interpreter, arguments: &Arguments) -> Result<Value, String> {
    let numbers: Option<Vec<i64>> = arguments.iter().map(|(_, value)| value.as_int()).collect();
    let (start, end, step) = match numbers.as_deref() {
        Some(&[end]) => (0, end, 1),
        Some(&[start, end]) => (start, end, 1),
        Some(&[start, end, step]) if step != 0 => (start, end, step),
        _ => return Err("`range` takes one to three numbers".into()),
    };
    let mut items = Vec::new();
    let mut at = start;
    while if step > 0 { at < end } else { at > end } {
        items.push(Value::Int(at));
        if items.len() > MAX_RANGE {
            return Err("a range is too long".into());
        }
        at = at.saturating_add(step);
    }
    run.budget.steps(items.len())?;
    Value::list(items)
}

/// The date in a format of `strftime`.
fn date(format: &str) -> String {
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let code = chars.next().map(|code| match code {
            '-' => chars.next().unwrap_or('-'),
            code => code,
        });
        let part = DATE.iter().find(|(known, _)| Some(*known) == code);
        text.push_str(part.map_or("", |(_, part)| part));
    }
    text
}
