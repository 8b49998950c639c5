//! Bugs as SARIF 2.1.0 (OASIS), which code hosts and editors show: one run with all patterns as
//! rules.
//!
//! Columns count characters. A fix is a list of replacements in the file of its bug.

use super::source::Source;
use features::bugs::{Bug, PATTERNS};
use serde_json::{Value, json};
use std::ops::Range;

/// A document with these results.
pub fn document(results: Vec<Value>) -> Value {
    let rule = |pattern: &features::bugs::Pattern| json!({"id": pattern.code, "shortDescription": {"text": pattern.about}});
    let model = json!({"id": "unlikely", "shortDescription": {"text": "what the model finds likelier with a small change"}});
    let driver = json!({
        "name": "nigh",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": PATTERNS.iter().map(rule).chain([model]).collect::<Vec<_>>(),
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    })
}

/// One bug.
pub fn result(source: &Source, bug: &Bug) -> Value {
    let finding = &bug.finding;
    let artifact = json!({"uri": uri(source)});
    let location = |range: &Range<usize>| json!({"artifactLocation": artifact, "region": region(source, range)});
    let related = finding
        .related
        .iter()
        .map(|related| json!({"physicalLocation": location(&related.range), "message": {"text": related.message}}));
    let replacement = |edit: &features::bugs::Edit| json!({"deletedRegion": region(source, &edit.range), "insertedContent": {"text": edit.text}});
    let replacements: Vec<Value> = finding.edits.iter().map(replacement).collect();
    json!({
        "ruleId": finding.code,
        "ruleIndex": PATTERNS.iter().position(|pattern| pattern.code == finding.code).unwrap_or(PATTERNS.len()),
        "level": "note",
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location(&finding.range)}],
        "relatedLocations": related.collect::<Vec<_>>(),
        "fixes": [{
            "description": {"text": bug.title()},
            "artifactChanges": [{"artifactLocation": artifact, "replacements": replacements}],
        }],
    })
}

fn region(source: &Source, range: &Range<usize>) -> Value {
    let ((line, column), (end_line, end_column)) =
        (source.place(range.start), source.place(range.end));
    json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column})
}

/// The path as a relative or `file:` URI.
fn uri(source: &Source) -> String {
    let path = source.path.to_string_lossy();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let escaped: String = path
        .bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    if source.path.is_absolute() {
        format!("file://{escaped}")
    } else {
        escaped
    }
}
