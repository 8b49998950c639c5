//! Words that mean missing, true or false.
//!
//! The lists are closed: a word that is not in them is a text. Called for each value, so each
//! function looks at the length first.

/// The bytes of the longest word for true or false.
pub(crate) const LONGEST_TRUTH: usize = 5;

/// The markers of missing values: `""` is an empty value.
pub(crate) const MARKERS: [&str; 10] = [
    "",
    "-",
    "NA",
    "\\N",
    "NaN",
    "N/A",
    "null",
    "0001-01-01",
    "9999-12-31",
    "0000-00-00",
];
/// The place of the first marker that is a date: databases write these where there is none.
const FIRST_DATE: usize = 7;

/// The place in `MARKERS` of the marker that a value is; none if it is a value.
#[inline]
pub(crate) fn missing(value: &[u8]) -> Option<usize> {
    match value.len() {
        0 => Some(0),
        1 => (value == b"-").then_some(1),
        2 if value.eq_ignore_ascii_case(b"na") => Some(2),
        2 if value == b"\\N" => Some(3),
        3 if value.eq_ignore_ascii_case(b"nan") => Some(4),
        3 if value.eq_ignore_ascii_case(b"n/a") => Some(5),
        4 if value.eq_ignore_ascii_case(b"null") => Some(6),
        4 if value.eq_ignore_ascii_case(b"#n/a") => Some(5),
        10.. if value[4] == b'-' => no_date(value),
        _ => None,
    }
}

/// The marker of a date that means that there is none, with or without the first or last time of
/// its day.
fn no_date(value: &[u8]) -> Option<usize> {
    let (date, time) = value.split_at(10);
    let markers = MARKERS.iter().skip(FIRST_DATE);
    let at = markers
        .zip(FIRST_DATE..)
        .find(|(marker, _)| marker.as_bytes() == date);
    let is_edge = time.is_empty()
        || time
            .strip_prefix(b" ")
            .or_else(|| time.strip_prefix(b"T"))
            .is_some_and(|time| {
                let is_first = time.iter().all(|byte| b"0:.Z".contains(byte));
                is_first || time.starts_with(b"23:59:59")
            });
    at.filter(|_| is_edge).map(|(_, at)| at)
}

/// The truth that a word means.
pub(crate) fn boolean(value: &[u8]) -> Option<bool> {
    let is = |word: &str| value.eq_ignore_ascii_case(word.as_bytes());
    match value.len() {
        1 if is("t") || is("y") => Some(true),
        1 if is("f") || is("n") => Some(false),
        2 if is("no") => Some(false),
        3 if is("yes") || value == "是".as_bytes() => Some(true),
        3 if value == "否".as_bytes() => Some(false),
        4 if is("true") => Some(true),
        5 if is("false") => Some(false),
        _ => None,
    }
}

/// The value without spaces around it.
pub(crate) fn trimmed(value: &[u8]) -> &[u8] {
    match (value.first(), value.last()) {
        (Some(first), Some(last)) if *first <= b' ' || *last <= b' ' => value.trim_ascii(),
        _ => value,
    }
}
