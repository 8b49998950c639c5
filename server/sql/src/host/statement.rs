//! Whether a text is a statement of SQL.

/// Words that statements begin with.
const STARTS: &[&str] = &[
    "select", "insert", "update", "delete", "with", "merge", "replace", "create", "alter", "drop",
    "truncate", "values",
];

/// The words of a text, at most this many.
fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .take(400)
        .collect()
}

/// The text without the comments and brackets before its first word.
fn trimmed(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let line = rest
            .strip_prefix("--")
            .map(|after| after.split_once('\n').map_or("", |(_, rest)| rest));
        let block = rest
            .strip_prefix("/*")
            .map(|after| after.split_once("*/").map_or("", |(_, rest)| rest));
        let Some(next) = line.or(block).or_else(|| rest.strip_prefix('(')) else {
            return rest;
        };
        rest = next.trim_start();
    }
}

/// Whether the text may be SQL where SQL is expected, perhaps half typed.
pub(super) fn begins(text: &str) -> bool {
    let rest = trimmed(text);
    let end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    STARTS
        .iter()
        .any(|start| start.eq_ignore_ascii_case(&rest[..end]))
        && rest[end..].starts_with(|c: char| c.is_whitespace() || c == '*' || c == '(')
}

/// Whether the text is SQL wherever it is: its keywords are in capitals, or it has marks that
/// no sentence has.
pub(super) fn is_obvious(text: &str) -> bool {
    if !begins(text) {
        return false;
    }
    let words = words(trimmed(text));
    let Some(first) = words.first() else {
        return false;
    };
    let is_upper = first.chars().all(|c| c.is_ascii_uppercase());
    let is_lower = first.chars().all(|c| c.is_ascii_lowercase());
    let has = |word: &str| {
        let upper = word.to_ascii_uppercase();
        words
            .iter()
            .skip(1)
            .any(|found| *found == upper || !is_upper && *found == word)
    };
    let second = |word: &str| {
        words
            .get(1)
            .is_some_and(|found| found.eq_ignore_ascii_case(word))
    };
    let has_shape = match first.to_ascii_lowercase().as_str() {
        "select" => has("from"),
        "insert" => has("into") && (has("values") || has("select")),
        "replace" => second("into"),
        "update" => has("set") && text.contains('='),
        "delete" => second("from"),
        "with" => has("as") && has("select"),
        "create" => [
            "table",
            "view",
            "temp",
            "temporary",
            "virtual",
            "unlogged",
            "or",
        ]
        .iter()
        .any(|word| second(word)),
        "alter" | "drop" => second("table"),
        "merge" => second("into"),
        _ => false,
    };
    let has_marks =
        text.contains('*') || text.contains("= ") || text.contains('?') || text.contains("values");
    has_shape && (is_upper || is_lower && has_marks)
}

#[cfg(test)]
mod tests {
    use super::{begins, is_obvious};

    #[test]
    fn sentences_are_no_statements() {
        for text in [
            "Select an item from the list",
            "select a file from disk",
            "Update the set",
            "with as much care as possible",
            "DELETE",
            "create a table",
            "Delete from disk?",
        ] {
            assert!(!is_obvious(text), "{text}");
        }
        for text in [
            "SELECT a FROM b",
            "select * from b",
            "INSERT INTO a VALUES (1)",
            "UPDATE a SET b = 1",
            "DELETE FROM a",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "-- a\n(SELECT a FROM b)",
            "CREATE TABLE a (b int)",
        ] {
            assert!(is_obvious(text), "{text}");
        }
        assert!(begins("SELECT ") && begins("select\n") && !begins("selected"));
    }
}
