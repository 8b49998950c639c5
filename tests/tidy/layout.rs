//! How files of code look: each opens by saying what it is for, none is too long, no line too wide.

use super::rust::{self, Line};
use super::tree::{is_example, texts};

/// A file of code longer than this does too much.
const MAX_LINES: usize = 700;
/// The width of code and comments. Texts in tables may be wider: a break would hide what they say.
const MAX_COLUMNS: usize = 100;

fn has_header(extension: &str, text: &str) -> bool {
    match extension {
        "rs" => text.starts_with("//! "),
        "py" => {
            let body = text.trim_start_matches(|c| c != '"' && c != '\n');
            text.starts_with("\"\"\"")
                || (text.starts_with("#!") && body.trim_start().starts_with("\"\"\""))
        }
        "ts" | "mjs" => text.starts_with("// "),
        "sh" => text.lines().nth(1).unwrap_or_default().starts_with("# "),
        _ => true,
    }
}

#[test]
fn every_file_of_code_opens_by_saying_what_it_is_for() {
    for extension in ["rs", "py", "ts", "mjs", "sh"] {
        for (path, text) in texts(&[extension]) {
            let is_fine = is_example(&path) || has_header(extension, &text);
            assert!(is_fine, "{} has no header", path.display());
        }
    }
}

#[test]
fn no_file_of_code_is_too_long() {
    for (path, text) in texts(&["rs", "py", "ts", "mjs"]) {
        let lines = text.lines().count();
        let is_fine = is_example(&path) || lines <= MAX_LINES;
        assert!(is_fine, "{} has {lines} lines", path.display());
    }
}

/// How wide a line is; the texts between quotes in it count only as far as they are two quotes.
fn columns(line: &Line) -> usize {
    line.code.chars().count() + line.comment.chars().count()
}

#[test]
fn no_line_of_rust_is_too_wide() {
    let mut wide = Vec::new();
    for (path, text) in texts(&["rs"]) {
        if is_example(&path) {
            continue;
        }
        let lines = rust::lines(&text).into_iter().zip(1..);
        let too_wide = lines.filter(|(line, _)| columns(line) > MAX_COLUMNS);
        wide.extend(too_wide.map(|(_, number)| format!("{}:{number}", path.display())));
    }
    assert!(
        wide.is_empty(),
        "wider than {MAX_COLUMNS} columns: {wide:#?}"
    );
}
