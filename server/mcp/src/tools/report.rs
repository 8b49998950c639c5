//! `report`: what a data file says, as sentences with numbers that were counted from all rows.

use crate::arguments::Arguments;
use crate::project::{Project, hash_of_file, refused};
use crate::reply::{Reply, ReplyItem};
use crate::stop::Stop;
use data::files::{DataFile, ReadOptions};
use report::{ReportOptions, make};
use serde_json::json;
use std::collections::HashSet;

/// Answers.
pub(super) fn run(project: &Project, arguments: &Arguments, stop: &Stop) -> Result<Reply, String> {
    let path = arguments.text("path")?;
    let table = arguments.optional_text("table")?.map(str::to_owned);
    let mut reply = Reply::new(arguments.budget()?, &["lines"]);
    let found = project.data_file(path)?;
    let options = ReadOptions {
        table: table.clone(),
        ..ReadOptions::default()
    };
    // The messages name options of the command line; here they are arguments.
    let failed = |error: &dyn std::fmt::Display| {
        refused(&found.name, &format!("has no report: {error}")).replace("--", "")
    };
    let file = DataFile::read(&found.path, &options).map_err(|error| failed(&error))?;
    if !stop.goes_on() {
        return Err(format!("`{path}` has {} rows; time was up", file.rows()));
    }
    let stem = found.path.file_stem().unwrap_or_default();
    let options = ReportOptions {
        table: table.unwrap_or_else(|| stem.to_string_lossy().into_owned()),
        question: arguments.optional_text("question")?.map(str::to_owned),
        ..ReportOptions::default()
    };
    let report = make(&file, &options).map_err(|error| failed(&error))?;
    let summary = format!(
        "{}: {} rows, {} columns.",
        report.title,
        report.rows,
        report.columns.len()
    );
    reply.summary(&summary);
    if let Some(hash) = hash_of_file(&found.path) {
        reply.read(&found.name, &hash);
    }
    for text in short(&report.to_markdown("report").text) {
        reply.add("lines", item(text));
    }
    Ok(reply)
}

fn item(text: &str) -> ReplyItem {
    ReplyItem {
        file: None,
        json: json!(text),
        text: text.to_owned(),
    }
}

/// The lines of a page without images, evidence and queries, each once.
fn short(page: &str) -> Vec<&str> {
    const QUERIES: &str = "<a id=\"q1\"></a>";
    let end = page.find(QUERIES).unwrap_or(page.len());
    let mut seen = HashSet::new();
    let mut is_wanted = |line: &str| {
        let is_mark = line.starts_with('|') || line.starts_with('#');
        let is_left_out = line.is_empty() || line.starts_with("![") || line.starts_with("  <sub>");
        // The title is in the summary, and what is in short comes again under its heading.
        !is_left_out && !line.starts_with("# ") && (is_mark || seen.insert(line.to_owned()))
    };
    let mut lines: Vec<&str> = page[..end]
        .lines()
        .map(|line| line.trim_end_matches("<br>"))
        .filter(|line| is_wanted(line))
        .collect();
    // The last heading is that of the queries.
    if end < page.len() {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_short_page_has_each_sentence_once_and_no_query() {
        let page = "# sales\n\n100 rows\n\n## In short\n\n- It **fell**.\n\n## Changes\n\n\
                    ![x](<a-1.svg>)\n\n- It **fell**.<br>\n  <sub>100 rows</sub>\n- More.<br>\n\n\
                    ## Queries\n\n<a id=\"q1\"></a>\nQuery 1\n";
        let lines = [
            "100 rows",
            "## In short",
            "- It **fell**.",
            "## Changes",
            "- More.",
        ];
        assert_eq!(short(page), lines);
    }
}
