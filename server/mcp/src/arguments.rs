//! The arguments of a tool, read with errors that say what to write instead.

use serde_json::{Map, Value};

/// The most tokens of an answer: unless set otherwise, and what may be set.
pub(crate) const BUDGET: usize = 1_500;
const BUDGETS: std::ops::RangeInclusive<u64> = 200..=50_000;
/// The longest text and the most paths that are taken.
const MAX_TEXT: usize = 4_000;
const MAX_PATHS: usize = 1_000;

/// The arguments of a call.
pub(crate) struct Arguments(Map<String, Value>);

impl Arguments {
    pub fn new(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// A name that no tool of this input knows is an error: it may be a misspelt one.
    pub fn only(&self, known: &[&str]) -> Result<(), String> {
        let unknown = self.0.keys().find(|name| !known.contains(&name.as_str()));
        match unknown {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(40).collect();
                let known = known.join(", ");
                Err(format!("there is no argument `{name}`; there are {known}"))
            }
        }
    }

    /// A text that must be there.
    pub fn text(&self, name: &str) -> Result<&str, String> {
        let text = self.optional_text(name)?;
        text.ok_or_else(|| format!("`{name}` is missing: give a text"))
    }

    /// A text; an empty one is none.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.len() > MAX_TEXT => {
                Err(format!("`{name}` is longer than {MAX_TEXT} bytes"))
            }
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(_) => Err(format!("`{name}` must be a text")),
        }
    }

    /// Paths: a list of texts, or one text. None if there is no such argument.
    pub fn paths(&self, name: &str) -> Result<Vec<String>, String> {
        let wrong = || format!("`{name}` must be a list of paths, such as [\"src/main.py\"]");
        let values = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::String(_)) => return Ok(vec![self.text(name)?.to_owned()]),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(wrong()),
        };
        if values.len() > MAX_PATHS {
            return Err(format!("`{name}` has more than {MAX_PATHS} paths"));
        }
        let path = |value: &Value| match value.as_str() {
            Some(path) if !path.is_empty() && path.len() <= MAX_TEXT => Ok(path.to_owned()),
            _ => Err(wrong()),
        };
        values.iter().map(path).collect()
    }

    /// A number in a range.
    pub fn number(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().filter(|number| range.contains(number)) {
                Some(number) => Ok(Some(number)),
                None => Err(format!(
                    "`{name}` must be a number from {} to {}",
                    range.start(),
                    range.end()
                )),
            },
        }
    }

    /// Whether something is asked for.
    pub fn flag(&self, name: &str) -> Result<bool, String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(format!("`{name}` must be true or false")),
        }
    }

    /// The most tokens of the answer.
    pub fn budget(&self) -> Result<usize, String> {
        let chosen = self.number("budget", BUDGETS)?;
        Ok(chosen.map_or(BUDGET, |tokens| tokens as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn arguments(value: Value) -> Arguments {
        Arguments::new(value.as_object().unwrap().clone())
    }

    #[test]
    fn wrong_arguments_are_named() {
        let given = arguments(json!({
            "a": 3, "b": "x", "c": ["x", 3], "d": " ", "e": null, "budget": 100, "f": "x".repeat(5_000)
        }));
        for (error, name) in [
            (given.text("a").err(), "a"),
            (given.text("d").err(), "d"),
            (given.text("e").err(), "e"),
            (given.text("f").err(), "f"),
            (given.paths("c").err(), "c"),
            (given.paths("a").err(), "a"),
            (given.number("b", 1..=2).err(), "b"),
            (given.number("a", 1..=2).err(), "a"),
            (given.flag("b").err(), "b"),
            (given.budget().err(), "budget"),
            (given.only(&["a", "b", "c", "d", "e", "f"]).err(), "budget"),
        ] {
            assert!(error.unwrap().contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn right_arguments_are_read() {
        let given = arguments(json!({"a": 2, "b": " x ", "c": ["x", "y"], "budget": 300}));
        assert_eq!(given.text("b"), Ok("x"));
        assert_eq!(given.optional_text("none"), Ok(None));
        assert_eq!(given.paths("c"), Ok(vec!["x".into(), "y".into()]));
        assert_eq!(given.paths("b"), Ok(vec!["x".into()]));
        assert_eq!(given.number("a", 1..=2), Ok(Some(2)));
        assert_eq!((given.budget(), given.flag("none")), (Ok(300), Ok(false)));
        assert_eq!(given.only(&["a", "b", "c", "budget"]), Ok(()));
    }
}
