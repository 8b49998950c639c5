//! The settings as editors list them: one flat JSON schema for each, by its full name such as
//! `completion.lineTokens`.
//!
//! `nigh settings-schema` prints them; the VS Code extension's `package.json` holds them, and a
//! test compares. All comes from the structs of `settings.rs`, their comments, defaults and ranges.

use crate::settings::Settings;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Sections that only the user's own settings may hold, never those of a workspace: what runs, and
/// what is remembered.
const OF_THE_MACHINE: &[&str] = &["model", "engine", "checks", "learning"];
/// What users look for; these stand first on a page of settings, in this order.
const FIRST: &[&str] = &[
    "completion.enabled",
    "completion.show",
    "completion.disabledLanguages",
    "diagnostics.enabled",
    "diagnostics.severity",
    "model.path",
];
/// The keys of a schema that VS Code knows, apart from its texts.
const COPIED_KEYS: &[&str] = &["type", "default", "minimum", "maximum", "items"];

/// The schema of each setting, by its full name.
pub fn properties() -> Map<String, Value> {
    let inline = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let schema = inline
        .into_generator()
        .into_root_schema_for::<Settings>()
        .to_value();
    let mut all = Map::new();
    for (section, schema) in fields(&schema) {
        for (name, schema) in fields(schema) {
            let (name, mut property) = (format!("{section}.{name}"), property(section, schema));
            if let Some(place) = FIRST.iter().position(|first| *first == name) {
                property["order"] = json!(place + 1);
            }
            all.insert(name, property);
        }
    }
    all
}

fn fields(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// One setting: a choice of words becomes `enum`, the comment a description.
fn property(section: &str, schema: &Value) -> Value {
    let mut new = Map::new();
    for key in COPIED_KEYS {
        if let Some(value) = schema.get(key) {
            new.insert((*key).to_owned(), value.clone());
        }
    }
    if let Some(words) = schema["oneOf"].as_array() {
        let each = |key: &str| {
            words
                .iter()
                .map(|word| word[key].clone())
                .collect::<Value>()
        };
        new.insert("type".into(), json!("string"));
        new.insert("enum".into(), each("const"));
        new.insert("markdownEnumDescriptions".into(), each("description"));
    }
    let description = schema["description"].as_str().unwrap_or_default();
    // A comment's line breaks mean nothing; with them a rewrapped comment would be another text.
    let description = description.replace('\n', " ");
    new.insert("markdownDescription".into(), json!(description));
    let scope = if OF_THE_MACHINE.contains(&section) {
        "machine"
    } else {
        "window"
    };
    new.insert("scope".into(), json!(scope));
    Value::Object(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings_json;

    /// The settings with one value set.
    fn with(name: &str, value: &Value) -> (Settings, Vec<String>) {
        let (section, field) = name.split_once('.').unwrap();
        settings_json::read(&json!({section: {field: value}}))
    }

    #[test]
    fn every_setting_says_what_it_is() {
        let all = properties();
        assert!(all.len() > 10, "{all:?}");
        for (name, property) in &all {
            assert!(
                property["markdownDescription"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{name}"
            );
            assert!(property.get("type").is_some(), "{name}: {property}");
            assert_eq!(
                with(name, &property["default"]),
                (Settings::default(), Vec::new()),
                "{name}"
            );
        }
        assert_eq!(all["model.path"]["scope"], "machine");
        assert!(
            FIRST.iter().all(|name| all[*name]["order"].is_u64()),
            "a name in FIRST is no setting"
        );
        assert_eq!(
            all["completion.show"]["enum"],
            json!(["quiet", "balanced", "eager"])
        );
    }

    #[test]
    fn ranges_are_those_that_are_checked() {
        let all = properties();
        let ranged = all
            .iter()
            .filter(|(_, property)| property.get("maximum").is_some());
        assert_eq!(ranged.clone().count(), 8);
        for (name, property) in ranged {
            let (low, high) = (
                property["minimum"].as_f64().unwrap(),
                property["maximum"].as_f64().unwrap(),
            );
            let number = |value: f64| {
                if property["type"] == "integer" {
                    json!(value as i64)
                } else {
                    json!(value)
                }
            };
            for (value, fits) in [
                (low, true),
                (high, true),
                (low - 1.0, false),
                (high + 1.0, false),
            ] {
                let (_, problems) = with(name, &number(value));
                assert_eq!(problems.is_empty(), fits, "{name} = {value}");
            }
        }
    }
}
