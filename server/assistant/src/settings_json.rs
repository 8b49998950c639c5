//! Reads settings as editors send them, each by itself: one that is wrong is left as it is by
//! default, and the others count.
//!
//! What is allowed comes from the schema (`schema.rs`), so that it is said once, in `settings.rs`.

use crate::schema;
use crate::settings::{EngineSettings, Settings};
use serde_json::{Map, Value, json};

/// The most characters of a wrong value that are repeated.
const MAX_SHOWN: usize = 60;

/// The settings of an object, bare or under the key `nigh`, and a sentence about each one that is
/// ignored.
pub fn read(value: &Value) -> (Settings, Vec<String>) {
    let sections = match value.get("nigh").unwrap_or(value) {
        Value::Null => return (Settings::default(), Vec::new()),
        Value::Object(sections) => sections,
        other => {
            let other = shown(other);
            let problem = format!("the settings are ignored: they are {other} and no object");
            return (Settings::default(), vec![problem]);
        }
    };
    let mut reader = Reader {
        known: schema::properties(),
        right: Map::new(),
        problems: Vec::new(),
    };
    for (name, value) in sections {
        match name.split_once('.') {
            // A setting under its full name.
            Some((section, field)) if reader.known.contains_key(name) => {
                reader.read_field(section, field, value, "");
            }
            _ => reader.read_section(name, value),
        }
    }
    let Reader {
        right,
        mut problems,
        ..
    } = reader;
    let mut settings: Settings = serde_json::from_value(right.into()).unwrap_or_else(|error| {
        problems.push(format!("the settings are ignored: {error}"));
        Settings::default()
    });
    if let Err(problem) = settings.engine.check() {
        problems.push(format!("no engine is asked: {problem}"));
        settings.engine = EngineSettings {
            device: settings.engine.device,
            ..EngineSettings::default()
        };
    }
    let codes = std::mem::take(&mut settings.diagnostics.disabled);
    let (codes, unknown) = codes.into_iter().partition(|code| bugs::is_code(code));
    settings.diagnostics.disabled = codes;
    for code in unknown {
        problems.push(format!(
            "`{code}` in `diagnostics.disabled` is ignored: no pattern has this code"
        ));
    }
    (settings, problems)
}

struct Reader {
    /// The schema of each setting, by its full name.
    known: Map<String, Value>,
    /// The sections as they were sent, without what is wrong.
    right: Map<String, Value>,
    problems: Vec<String>,
}

impl Reader {
    fn read_section(&mut self, section: &str, fields: &Value) {
        let names = self.known.keys().filter_map(|name| name.split_once('.'));
        let names = names.filter(|(of, _)| *of == section);
        let names: Vec<&str> = names.map(|(_, name)| name).collect();
        let problem = match fields {
            Value::Null => return,
            _ if names.is_empty() => {
                let mut all: Vec<&str> = self.sections().collect();
                all.dedup();
                format!(
                    "there is no such section; there are {}",
                    listed(&all, "and")
                )
            }
            Value::Object(fields) => {
                let names = listed(&names, "and");
                for (field, value) in fields {
                    self.read_field(section, field, value, &names);
                }
                return;
            }
            other => {
                let (other, names) = (shown(other), listed(&names, "or"));
                format!("it is {other} and must be an object with {names}")
            }
        };
        self.problems.push(ignored(section, &problem));
    }

    fn sections(&self) -> impl Iterator<Item = &str> {
        let names = self.known.keys().filter_map(|name| name.split_once('.'));
        names.map(|(section, _)| section)
    }

    fn read_field(&mut self, section: &str, field: &str, value: &Value, names: &str) {
        let name = format!("{section}.{field}");
        let Some(schema) = self.known.get(&name) else {
            let problem = format!("there is no such setting; `{section}` has {names}");
            self.problems.push(ignored(&name, &problem));
            return;
        };
        // Some editors send this for what is not set.
        if value.is_null() {
            return;
        }
        let only_this = json!({section: {field: value}});
        if is_in_range(value, schema) && serde_json::from_value::<Settings>(only_this).is_ok() {
            self.right.entry(section).or_insert_with(|| json!({}))[field] = value.clone();
            return;
        }
        let (value, allowed) = (shown(value), allowed(schema));
        let problem = format!("it is {value} and must be {allowed}");
        self.problems.push(ignored(&name, &problem));
    }
}

fn ignored(name: &str, why: &str) -> String {
    format!("`{name}` is ignored: {why}")
}

fn is_in_range(value: &Value, schema: &Value) -> bool {
    let Some(number) = value.as_f64() else {
        return true;
    };
    schema["minimum"].as_f64().is_none_or(|low| low <= number)
        && schema["maximum"].as_f64().is_none_or(|high| number <= high)
}

/// What a setting may be.
fn allowed(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return listed(&words, "or");
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => Vec::from_iter(kind.as_str()),
    };
    let kind = match kinds.first().copied().unwrap_or_default() {
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "array" => "a list of words",
        _ => "a text",
    };
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, _) | (_, Value::Null) => kind.to_owned(),
        (low, high) => format!("{kind} from {low} to {high}"),
    }
}

/// Words in a row: `a`, `b` or `c`.
fn listed(words: &[&str], last: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, before)) => format!("{} {last} {end}", before.join(", ")),
        None => String::new(),
    }
}

/// A value as JSON, cut if it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Severity, Show};

    #[test]
    fn settings_come_bare_or_under_their_name() {
        for value in [
            json!({"completion": {"enabled": false}}),
            json!({"nigh": {"completion": {"enabled": false}}}),
        ] {
            let (settings, problems) = read(&value);
            assert!(!settings.completion.enabled && problems.is_empty());
        }
        let (settings, problems) = read(&json!({"completion.enabled": false, "engine.kind": 1}));
        assert!(!settings.completion.enabled);
        assert!(problems[0].starts_with("`engine.kind` is ignored: it is 1"));
        for nothing in [
            Value::Null,
            json!({}),
            json!({"index": null}),
            json!({"engine": {"device": null}}),
        ] {
            assert_eq!(read(&nothing), (Settings::default(), Vec::new()));
        }
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_value_and_what_is_allowed() {
        for (value, wanted) in [
            (
                json!({"completion": {"minConfidence": 2}}),
                "`completion.minConfidence` is ignored: it is 2 and must be a number from 0 to 1",
            ),
            (
                json!({"completion": {"lineTokens": 0}}),
                "`completion.lineTokens` is ignored: it is 0 and must be a whole number from 1 to 512",
            ),
            (
                json!({"completion": {"lineTokens": 1.5}}),
                "it is 1.5 and must be a whole number from 1 to 512",
            ),
            (
                json!({"completion": {"show": "loud"}}),
                "`completion.show` is ignored: it is \"loud\" and must be `quiet`, `balanced` or `eager`",
            ),
            (
                json!({"index": {"enabled": "yes"}}),
                "`index.enabled` is ignored: it is \"yes\" and must be true or false",
            ),
            (
                json!({"completion": {"disabledLanguages": "python"}}),
                "it is \"python\" and must be a list of words",
            ),
            (json!({"model": {"path": 1}}), "it is 1 and must be a text"),
            (
                json!({"model": {"bugMargin": -1}}),
                "`model.bugMargin` is ignored: it is -1 and must be a number from 0 to 1000",
            ),
            (
                json!({"diagnostics": {"disabled": ["no-such-code"]}}),
                "`no-such-code` in `diagnostics.disabled` is ignored: no pattern has this code",
            ),
            (
                json!({"index": {"enable": true}}),
                "`index.enable` is ignored: there is no such setting; `index` has `dependencies`, `enabled` and `maxMegabytes`",
            ),
            (
                json!({"indexes": {"enabled": true}}),
                "`indexes` is ignored: there is no such section; there are `checks`, `completion`, ",
            ),
            (
                json!({"checks": true}),
                "`checks` is ignored: it is true and must be an object with `enabled`",
            ),
            (
                json!({"engine": {"url": "gpu:8080"}}),
                "no engine is asked: `engine.url`",
            ),
            (json!({"engine": {"family": "Other"}}), "Qwen-Coder"),
            (json!({"engine": {"kind": "other"}}), "`llama-server`"),
            (
                json!([1, 2]),
                "the settings are ignored: they are [1,2] and no object",
            ),
        ] {
            let (settings, problems) = read(&value);
            assert_eq!(settings, Settings::default(), "{value}");
            assert!(
                matches!(problems.as_slice(), [problem] if problem.contains(wanted)),
                "{problems:?}, not {wanted}"
            );
        }
        let long = "x".repeat(1000);
        let (_, problems) = read(&json!({"completion": {"show": long}}));
        assert!(problems[0].len() < 200, "{problems:?}");
    }

    #[test]
    fn the_settings_next_to_a_wrong_one_count() {
        let (settings, problems) = read(&json!({
            "completion": {"show": "quiet", "lineTokens": 0, "colour": 1},
            "diagnostics": {"severity": "error", "disabled": ["no-such-code", "is-literal"]},
            "model": {"threads": 3, "path": 7},
        }));
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert_eq!(settings.completion.show, Show::Quiet);
        assert_eq!(settings.diagnostics.severity, Severity::Error);
        assert_eq!(settings.diagnostics.disabled, ["is-literal"]);
        assert_eq!((settings.model.threads, settings.model.path), (3, None));
    }
}
