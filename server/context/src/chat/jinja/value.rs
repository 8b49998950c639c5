//! The values of a template. None contains itself, and none is large or deep.

use std::rc::Rc;

/// Arguments of a call with their values.
pub type Arguments = Vec<(Option<String>, Value)>;

/// The value of the argument at a place.
pub fn argument(arguments: &Arguments, at: usize) -> Option<&Value> {
    let argument = arguments.get(at)?;
    Some(&argument.1)
}

/// The text of the argument at a place.
pub fn text_argument(arguments: &Arguments, at: usize) -> Option<&str> {
    argument(arguments, at)?.as_text()
}

/// The number of the argument at a place.
pub fn number_argument(arguments: &Arguments, at: usize) -> Option<i64> {
    argument(arguments, at)?.as_int()
}

/// The most that a value may hold, in bytes, each item counted where it is used.
const MAX_SIZE: usize = 1 << 20;
/// The most levels of lists and maps.
const MAX_DEPTH: usize = 12;

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// What is not there.
    Undefined,
    /// `none`
    None,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A text.
    Text(Rc<str>),
    /// A list, or what is looped over like one.
    List(Rc<ListValue>),
    /// Values by name, in order.
    Map(Rc<MapValue>),
    /// A namespace, by its number: what it holds is the interpreter's.
    Namespace(usize),
    /// A macro, by its number.
    Macro(usize),
}

/// Items, and what they hold.
#[derive(Debug)]
pub struct ListValue {
    items: Vec<Value>,
    size: usize,
    depth: usize,
}

/// Entries, and what they hold.
#[derive(Debug)]
pub struct MapValue {
    entries: Vec<(Rc<str>, Value)>,
    size: usize,
    depth: usize,
}

/// Size and depth of a value with these parts. An error if it is too large.
fn measured<'v>(parts: impl Iterator<Item = (usize, &'v Value)>) -> Result<(usize, usize), String> {
    let mut size = 1usize;
    let mut depth = 0;
    for (own, value) in parts {
        size = size.saturating_add(own).saturating_add(value.size());
        depth = depth.max(value.depth());
    }
    match size > MAX_SIZE || depth >= MAX_DEPTH {
        true => Err("the template makes too large a value".into()),
        false => Ok((size, depth + 1)),
    }
}

impl Value {
    /// A text.
    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    /// A list of these items.
    pub fn list(items: Vec<Value>) -> Result<Value, String> {
        let (size, depth) = measured(items.iter().map(|item| (0, item)))?;
        Ok(Value::List(Rc::new(ListValue { items, size, depth })))
    }

    /// A map of these entries; of those with one name the last counts.
    pub fn map(all: Vec<(Rc<str>, Value)>) -> Result<Value, String> {
        let mut entries: Vec<(Rc<str>, Value)> = Vec::with_capacity(all.len().min(64));
        for (name, value) in all {
            match entries.iter_mut().find(|(known, _)| *known == name) {
                Some(entry) => entry.1 = value,
                None => entries.push((name, value)),
            }
        }
        let parts = entries.iter().map(|(name, value)| (name.len(), value));
        let (size, depth) = measured(parts)?;
        Ok(Value::Map(Rc::new(MapValue {
            entries,
            size,
            depth,
        })))
    }

    /// A map of values by plain names.
    pub fn named(entries: &[(&str, Value)]) -> Result<Value, String> {
        let entries = entries.iter();
        Value::map(
            entries
                .map(|(name, value)| ((*name).into(), value.clone()))
                .collect(),
        )
    }

    fn size(&self) -> usize {
        match self {
            Value::Text(text) => text.len() + 1,
            Value::List(list) => list.size,
            Value::Map(map) => map.size,
            _ => 1,
        }
    }

    fn depth(&self) -> usize {
        match self {
            Value::List(list) => list.depth,
            Value::Map(map) => map.depth,
            _ => 0,
        }
    }

    /// Whether it counts as true.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Undefined | Value::None => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::List(list) => !list.items.is_empty(),
            Value::Map(map) => !map.entries.is_empty(),
            Value::Namespace(_) | Value::Macro(_) => true,
        }
    }

    /// Its text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its number, if it is a whole one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            Value::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// Its number, if it is one.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(value) => Some(*value),
            other => other.as_int().map(|value| value as f64),
        }
    }

    /// Its items, if it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(list) => Some(&list.items),
            _ => None,
        }
    }

    /// Its entries, if it is a map.
    pub fn as_map(&self) -> Option<&[(Rc<str>, Value)]> {
        match self {
            Value::Map(map) => Some(&map.entries),
            _ => None,
        }
    }

    /// The entry of this name; undefined where there is none.
    pub fn entry(&self, name: &str) -> Value {
        let entries = self.as_map().unwrap_or_default();
        let found = entries.iter().find(|(known, _)| &**known == name);
        found.map_or(Value::Undefined, |(_, value)| value.clone())
    }

    /// As it is written into a text. Lists and maps are not: chat templates use `tojson` for these.
    pub fn written(&self) -> Result<Rc<str>, String> {
        Ok(match self {
            Value::Undefined => "".into(),
            Value::None => "None".into(),
            Value::Bool(true) => "True".into(),
            Value::Bool(false) => "False".into(),
            Value::Int(value) => value.to_string().into(),
            Value::Float(value) => format!("{value:?}").into(),
            Value::Text(text) => Rc::clone(text),
            _ => return Err("only a text or a number can be written".into()),
        })
    }

    /// As JSON, the spaces as Python puts them.
    pub fn json(&self) -> Result<String, String> {
        let joined = |parts: Vec<String>| parts.join(", ");
        Ok(match self {
            Value::None | Value::Undefined => "null".into(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => format!("{value:?}"),
            Value::Text(text) => quoted(text),
            Value::List(list) => {
                let items: Result<Vec<_>, _> = list.items.iter().map(Value::json).collect();
                format!("[{}]", joined(items?))
            }
            Value::Map(map) => {
                let entry = |(name, value): &(Rc<str>, Value)| {
                    Ok::<_, String>(format!("{}: {}", quoted(name), value.json()?))
                };
                let entries: Result<Vec<_>, _> = map.entries.iter().map(entry).collect();
                format!("{{{}}}", joined(entries?))
            }
            Value::Namespace(_) | Value::Macro(_) => return Err("this is no JSON".into()),
        })
    }

    /// How much `json` makes of it at most.
    pub fn json_size(&self) -> usize {
        self.size().saturating_mul(8)
    }

    /// How many values and bytes are looked at to compare it.
    pub fn cost(&self) -> usize {
        self.size()
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Undefined, Value::Undefined) | (Value::None, Value::None) => true,
            (Value::Text(one), Value::Text(other)) => one == other,
            (Value::List(one), Value::List(other)) => one.items == other.items,
            (Value::Map(one), Value::Map(other)) => one.entries == other.entries,
            (Value::Namespace(one), Value::Namespace(other)) => one == other,
            (Value::Macro(one), Value::Macro(other)) => one == other,
            _ => match (self.as_float(), other.as_float()) {
                (Some(one), Some(other)) => one == other,
                _ => false,
            },
        }
    }
}

/// A text between quotes, as JSON writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c < ' ' => quoted.push_str(&format!("\\u{:04x}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
