//! What `data` says about a file, in the language of the report.
//!
//! `data` writes its notes in English. Each line of `file_zh.txt` is such a sentence with its
//! translation; a note that has no line stays as it is. Nothing here reads a file.

use crate::options::ReportLanguage;

const CHINESE: &str = include_str!("file_zh.txt");

/// The texts in the places of `{}`; `None` if the sentence is another one.
fn taken<'t>(template: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = template.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    let parts: Vec<&str> = parts.collect();
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        let (value, after) = if is_last {
            (rest.strip_suffix(part)?, "")
        } else {
            rest.split_once(part)?
        };
        values.push(value);
        rest = after;
    }
    rest.is_empty().then_some(values)
}

/// Lines of a file, as a note names them.
fn places(value: &str) -> String {
    let words = [("lines ", "行 "), ("line ", "行 "), (" and others", " 等")];
    let replaced = |text: String, (from, to): (&str, &str)| text.replace(from, to);
    words.into_iter().fold(value.to_owned(), replaced)
}

/// A note in a language.
pub(crate) fn translated(language: ReportLanguage, note: &str) -> String {
    if language == ReportLanguage::English {
        return note.to_owned();
    }
    let lines = CHINESE.lines().filter_map(|line| line.split_once(" = "));
    let mut found = lines.filter_map(|(english, own)| Some((taken(english, note)?, own)));
    let Some((values, own)) = found.next() else {
        return note.to_owned();
    };
    let values = values.iter().enumerate();
    values.fold(own.to_owned(), |text, (at, value)| {
        text.replace(&format!("{{{}}}", at + 1), &places(value))
    })
}
