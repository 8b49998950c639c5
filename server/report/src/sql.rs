//! Names, texts and numbers as SQL. Values that a user or a file gave are quoted here and nowhere
//! else.

/// A name between double quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text between single quotes. A character 0 would end the statement, so it is left out.
pub(crate) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\0', "").replace('\'', "''"))
}

/// A number as a literal that reads as the same double.
pub(crate) fn number(value: f64) -> String {
    if value.is_finite() {
        format!("{value:?}")
    } else {
        "NULL".to_owned()
    }
}

/// The exact order of a share: a double division that gives NULL for a divisor of 0.
pub(crate) fn ratio(part: &str, whole: &str) -> String {
    format!("{part} / NULLIF({whole}, 0)")
}
