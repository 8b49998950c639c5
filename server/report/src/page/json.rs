//! The report as JSON: every number exact, every sentence with its query.
//!
//! Values of columns that look personal are left out of the profile unless they may be shown.

use crate::report::Report;
use crate::report_sentence::ReportSentence;
use serde_json::{Value, json};

fn sentence(sentence: &ReportSentence) -> Value {
    let finding = &sentence.finding;
    let is_private = finding.word("segment_form") == Some("private");
    let names = finding
        .names
        .iter()
        .filter(|(key, _)| *key != "segment_form" && !(is_private && key.ends_with("segment")));
    let names: serde_json::Map<String, Value> = names
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    json!({
        "text": sentence.text,
        "advice": sentence.advice,
        "kind": finding.kind,
        "section": finding.kind.section(),
        "measure": finding.measure,
        "names": names,
        "numbers": finding.numbers,
        "rows": finding.rows,
        "periods": finding.periods,
        "range": finding.range,
        "test": finding.test,
        "sql": finding.sql,
    })
}

impl Report {
    fn json_columns(&self) -> Vec<Value> {
        let column = |profile: &data::files::ColumnProfile| {
            let mut value = serde_json::to_value(profile).unwrap_or_default();
            if let Value::Object(fields) = &mut value {
                // The quantiles' sample is large and of no use to readers.
                fields.remove("quantiles");
                let is_masked = profile.is_personal && !self.writer.show_values;
                let private = [
                    "frequent",
                    "min",
                    "max",
                    "min_text",
                    "max_text",
                    "first",
                    "last",
                    "mean",
                    "sum",
                    "unfit_examples",
                ];
                for name in private.iter().filter(|_| is_masked) {
                    fields.remove(*name);
                }
            }
            value
        };
        self.columns.iter().map(column).collect()
    }

    /// What could not be read, the rows first.
    fn unreadable_texts(&self) -> Vec<String> {
        let all = self.lost.iter().chain(&self.unreadable);
        all.map(|one| crate::sentence::plain(one)).collect()
    }

    /// The report as JSON with exact values.
    pub fn to_json(&self) -> String {
        let value = json!({
            "file": self.title,
            "table": self.table,
            "language": self.language,
            "rows": self.rows,
            "range": self.range,
            "span": self.span,
            "measures": self.measures,
            "question": self.answer.as_ref().map(|answer| &answer.question),
            "answer": self.answer.as_ref().map(|answer| &answer.sentences),
            "sentences": self.sentences.iter().map(sentence).collect::<Vec<_>>(),
            "columns": self.json_columns(),
            "unreadable": self.unreadable_texts(),
            "notes": self.notes,
            "tests": self.tests,
        });
        format!("{value:#}\n")
    }
}
