//! `nigh eval next-edit`: after the first edits of a series, is the next place found, and what it
//! becomes?
//!
//! A case holds a file after its first edits and the lines that were changed next, or says that
//! nothing was changed the same way: then silence is right. Of what is offered, the next line below
//! the last edit counts.

use super::cases::{Selection, path_for, percent, rounded};
use crate::commands::print;
use assistant::documents::file_snapshot;
use context::{Recent, RecentEdit, Snapshot};
use next_edit::{RepeatedEdit, learn, next_line};
use serde::Deserialize;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Arguments of `nigh eval next-edit`.
#[derive(clap::Args)]
pub struct NextEdit {
    #[command(flatten)]
    selection: Selection,
}

#[derive(Deserialize)]
struct Case {
    id: Value,
    #[serde(default)]
    path: String,
    #[serde(default)]
    language: String,
    /// The file after the first edits.
    text: String,
    /// The edits, in the order they were made.
    edits: Vec<Edit>,
    /// What is changed next.
    #[serde(default)]
    next: Vec<Edit>,
    #[serde(default)]
    silent: bool,
}

#[derive(Deserialize)]
struct Edit {
    /// Counted from 0.
    line: usize,
    before: String,
    after: String,
}

/// What became of one case.
#[derive(Default)]
struct Result {
    spoke: bool,
    place: bool,
    exact: bool,
    silent: bool,
    milliseconds: f64,
}

impl NextEdit {
    /// Prints the summary as one JSON object on the last line.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let cases: Vec<Case> = self.selection.read()?;
        let results = self.selection.each(&cases, |case| &case.id, measure)?;
        print(&format!("{}\n", summary(&results)))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn measure(case: &Case) -> anyhow::Result<(Result, Value)> {
    let path = path_for(&case.path, &case.language);
    let mut snapshot = file_snapshot(&path, &case.text)?;
    let whole = |text: &str| {
        if text.is_empty() || text.ends_with('\n') {
            text.to_owned()
        } else {
            format!("{text}\n")
        }
    };
    let edit = |edit: &Edit| RecentEdit {
        path: snapshot.path.clone(),
        line: edit.line,
        before: whole(&edit.before),
        after: whole(&edit.after),
    };
    let edits = case.edits.iter().rev().map(edit).collect();
    snapshot.recent = Arc::new(Recent {
        edits,
        files: Vec::new(),
    });
    let start = Instant::now();
    let change = learn(&snapshot);
    let places = change
        .as_ref()
        .map_or_else(Vec::new, |change| change.edits(&snapshot));
    let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
    let after = case.edits.last().map_or(0, |edit| edit.line);
    let offered = next_line(snapshot.rope(), &places, after);
    let shown = offered.first().map(|place| {
        let line = snapshot.rope().byte_to_line(place.range.start);
        (line, changed_line(&snapshot, line, offered))
    });
    let meant = shown
        .as_ref()
        .and_then(|(line, _)| case.next.iter().find(|next| next.line == *line));
    let is_exact = |next: &Edit| {
        shown
            .as_ref()
            .is_some_and(|(_, text)| *text == trimmed(&next.after))
    };
    let result = Result {
        spoke: shown.is_some(),
        place: meant.is_some(),
        exact: meant.is_some_and(is_exact),
        silent: case.silent,
        milliseconds,
    };
    let account = json!({
        "id": case.id, "silent": case.silent, "spoke": result.spoke, "place": result.place, "exact": result.exact,
        "milliseconds": rounded(milliseconds),
        "change": change.as_ref().map(RepeatedEdit::describe), "places": places.len(),
        "line": shown.as_ref().map(|shown| shown.0), "text": shown.as_ref().map(|shown| &shown.1),
        "wanted": case.next.first().map(|next| &next.after),
    });
    Ok((result, account))
}

/// The line of these edits with all edits applied, without trailing blanks.
fn changed_line(snapshot: &Snapshot, line: usize, places: &[text::Edit]) -> String {
    let start = snapshot.rope().line_to_byte(line);
    let end = snapshot
        .rope()
        .line_to_byte((line + 1).min(snapshot.rope().len_lines()));
    let end = places
        .iter()
        .map(|place| place.range.end)
        .fold(end, usize::max);
    let mut text = snapshot.slice(start, end);
    for place in places.iter().rev() {
        text.replace_range(
            place.range.start - start..place.range.end - start,
            &place.text,
        );
    }
    trimmed(&text).to_owned()
}

fn trimmed(text: &str) -> &str {
    text.trim_end()
}

fn summary(results: &[Result]) -> Value {
    let count =
        |wanted: &dyn Fn(&Result) -> bool| results.iter().filter(|result| wanted(result)).count();
    let (spoke, silent) = (
        count(&|result| result.spoke),
        count(&|result| result.silent),
    );
    let mut times: Vec<f64> = results.iter().map(|result| result.milliseconds).collect();
    times.sort_by(f64::total_cmp);
    let time = |share: usize| {
        times
            .get((times.len() * share / 100).min(times.len().saturating_sub(1)))
            .copied()
    };
    json!({
        "cases": results.len(),
        "spoke": percent(spoke, results.len()),
        "place": percent(count(&|result| result.place), spoke),
        "exact": percent(count(&|result| result.exact), spoke),
        "wrong": percent(count(&|result| result.spoke && !result.exact), results.len()),
        "silent_right": percent(count(&|result| result.silent && !result.spoke), silent),
        "found": percent(count(&|result| !result.silent && result.exact), results.len() - silent),
        "p50_ms": time(50).map(rounded),
        "p95_ms": time(95).map(rounded),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(next: Value, silent: bool) -> Case {
        let text = "a = fetch(1)\nb = fetch(2)\nc = get(3)\nd = get(4)\n";
        let edits = json!([
            {"line": 0, "before": "a = get(1)", "after": "a = fetch(1)"},
            {"line": 1, "before": "b = get(2)\n", "after": "b = fetch(2)\n"},
        ]);
        let case = json!({"id": 1, "language": "python", "text": text, "edits": edits, "next": next, "silent": silent});
        serde_json::from_value(case).unwrap()
    }

    #[test]
    fn place_and_text_are_counted_separately() {
        let right = json!([{"line": 2, "before": "c = get(3)", "after": "c = fetch(3)"}]);
        let other_text = json!([{"line": 2, "before": "c = get(3)", "after": "c = fetch(3, 4)"}]);
        let other_place = json!([{"line": 3, "before": "d = get(4)", "after": "d = fetch(4)"}]);
        let results: Vec<Result> = [
            (right, false),
            (other_text, false),
            (other_place, false),
            (json!([]), true),
        ]
        .into_iter()
        .map(|(next, silent)| measure(&case(next, silent)).unwrap().0)
        .collect();
        let summary = summary(&results);
        assert_eq!(
            (&summary["cases"], &summary["spoke"]),
            (&json!(4), &json!(100.0))
        );
        assert_eq!(
            (&summary["place"], &summary["exact"]),
            (&json!(50.0), &json!(25.0))
        );
        assert_eq!(
            (&summary["wrong"], &summary["silent_right"]),
            (&json!(75.0), &json!(0.0))
        );
    }
}
