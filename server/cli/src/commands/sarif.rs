//! Bugs as SARIF 2.1.0 (OASIS), which code hosts and editors show: one run with all patterns as
//! rules.
//!
//! Columns count characters. A fix is a list of replacements in the file of its bug.

use assistant::fixing::DiskFile;
use bugs::{Bug, PATTERNS};
use serde_json::{Value, json};
use std::ops::Range;
use text::Edit;

/// A document with these results.
pub fn document(results: Vec<Value>) -> Value {
    let about = "code that the model finds less likely than a small change to it";
    let rules = PATTERNS
        .iter()
        .map(|pattern| rule(pattern.code, pattern.about));
    let driver = json!({
        "name": "nigh",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": rules.chain([rule("unlikely", about)]).collect::<Vec<_>>(),
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    })
}

/// A kind of bugs.
fn rule(code: &str, about: &str) -> Value {
    json!({"id": code, "shortDescription": {"text": about}})
}

/// One bug.
pub fn result(source: &DiskFile, bug: &Bug) -> Value {
    let finding = &bug.finding;
    let artifact = json!({"uri": uri(source)});
    let location = |range: &Range<usize>| {
        let region = region(source, range);
        json!({"artifactLocation": artifact, "region": region})
    };
    let related = finding.related.iter().map(|related| {
        let place = location(&related.range);
        json!({"physicalLocation": place, "message": {"text": related.message}})
    });
    let edits = finding.edits.iter();
    let replacements: Vec<Value> = edits.map(|edit| replacement(source, edit)).collect();
    let rule = PATTERNS
        .iter()
        .position(|pattern| pattern.code == finding.code);
    json!({
        "ruleId": finding.code,
        "ruleIndex": rule.unwrap_or(PATTERNS.len()),
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

fn replacement(source: &DiskFile, edit: &Edit) -> Value {
    let region = region(source, &edit.range);
    json!({"deletedRegion": region, "insertedContent": {"text": edit.text}})
}

fn region(source: &DiskFile, range: &Range<usize>) -> Value {
    let ((line, column), (end_line, end_column)) =
        (source.place(range.start), source.place(range.end));
    json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column})
}

/// The path as a relative or `file:` URI.
fn uri(source: &DiskFile) -> String {
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
