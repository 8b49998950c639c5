//! Which variables hold the table of which data file.
//!
//! `df = pd.read_csv("sales.csv")` makes `df` a frame. A frame is exact if nothing but the file
//! decides its columns; other variables that are made from a frame have its columns, too, but are
//! not exact.

use crate::code::TokenCode;
use data::CodeTokenKind;
use std::ops::Range;

/// The endings of data files.
const ENDINGS: &[&str] = &[
    ".csv", ".tsv", ".csv.gz", ".tsv.gz", ".jsonl", ".ndjson", ".parquet",
];

/// Functions that read a file whole, whatever comes before their names.
const READERS: &[&str] = &[
    "read_csv",
    "read_table",
    "read_parquet",
    "read_ndjson",
    "read_json",
    "scan_csv",
    "scan_parquet",
    "scan_ndjson",
    "from_csv",
    "from_parquet",
    "csv",
    "parquet",
    "LazyCsvReader",
    "CsvReader",
    "try_into_reader_with_file_path",
    "loadCsv",
    "readCSV",
    "readCsv",
    "tsv",
];

/// Arguments that do not change the columns of the file.
const PLAIN_ARGUMENTS: &[&str] = &[
    "sep",
    "delimiter",
    "separator",
    "encoding",
    "dtype",
    "dtypes",
    "schema_overrides",
    "parse_dates",
    "try_parse_dates",
    "engine",
    "low_memory",
    "na_values",
    "null_values",
    "keep_default_na",
    "thousands",
    "decimal",
    "date_format",
    "compression",
    "infer_schema_length",
    "nrows",
    "n_rows",
];

/// A text in code that names a data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPath {
    /// The path as it is written, joined where it is written in parts.
    pub path: String,
    /// The bytes of the text, without quotes.
    pub range: Range<usize>,
    /// The place of its token.
    pub(crate) token: usize,
}

/// A variable that holds the table of a data file, from one place of the code on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFrame {
    /// The variable.
    pub name: String,
    /// The path of the file.
    pub path: String,
    /// Where it is assigned, in bytes.
    pub range: Range<usize>,
    /// Whether its columns are exactly the file's, and those in `added`.
    pub is_exact: bool,
    /// Columns that the code adds, each with where, in bytes.
    pub added: Vec<(String, usize)>,
    /// The only columns that are read, if the code lists them.
    pub(crate) only: Option<Vec<String>>,
    /// Columns that are read, but not as columns.
    pub(crate) without: Vec<String>,
    /// Whether the names of the columns are not those of the file.
    pub(crate) has_other_names: bool,
    /// Whether it is one row, by the names of its columns.
    pub(crate) is_row: bool,
    /// The token of the variable.
    pub(crate) token: usize,
}

impl DataFrame {
    /// A variable of which no more is known.
    pub(crate) fn named(code: &TokenCode, name: &str, token: usize) -> Self {
        Self {
            name: name.to_owned(),
            path: String::new(),
            range: code.tokens[token].range.clone(),
            is_exact: false,
            added: Vec::new(),
            only: None,
            without: Vec::new(),
            has_other_names: false,
            is_row: false,
            token,
        }
    }

    /// Whether a column of the file can be one of the frame.
    pub(crate) fn may_have(&self, name: &str) -> bool {
        let is_read = self
            .only
            .as_ref()
            .is_none_or(|only| only.iter().any(|other| other == name));
        is_read && !self.has_other_names && !self.without.iter().any(|other| other == name)
    }
}

/// Whether a text could name a data file: a quick look before it is taken apart.
pub(crate) fn may_name_data(text: &str) -> bool {
    ENDINGS.iter().any(|ending| text.contains(ending))
}

/// Whether a text is the path of a data file: no pattern, no address.
pub(crate) fn is_data_path(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let is_plain = !path.contains(['*', '{', '}', '\n', '?', '<', '>', '|']);
    is_plain && !path.contains("://") && ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// The texts of the code that name data files.
pub(crate) fn paths(code: &TokenCode) -> Vec<DataPath> {
    let texts = (0..code.tokens.len()).filter(|at| code.kind(*at) == Some(CodeTokenKind::Text));
    let path = |token: usize| {
        let path = code.content(token)?;
        is_data_path(&path).then(|| DataPath {
            path: joined(code, token, path),
            range: code.inside(token).0,
            token,
        })
    };
    texts.filter_map(path).collect()
}

/// A path with the texts before it in `os.path.join("data", "a.csv")` or `Path("data") / "a.csv"`.
fn joined(code: &TokenCode, token: usize, last: String) -> String {
    let mut parts = vec![last];
    let mut at = token;
    while let Some(before) = at.checked_sub(2) {
        let is_argument = code.is_mark(at - 1, b',') && in_join(code, at);
        let is_division = code.is_mark(at - 1, b'/');
        let text = if is_division && code.is_mark(before, b')') {
            before.checked_sub(1)
        } else {
            Some(before)
        };
        let Some(text) = text.filter(|_| is_argument || is_division) else {
            break;
        };
        let Some(part) = code.content(text) else {
            break;
        };
        parts.push(part.trim_end_matches('/').to_owned());
        at = text;
    }
    parts.reverse();
    parts.join("/")
}

fn in_join(code: &TokenCode, at: usize) -> bool {
    let open = code.enclosing(at).and_then(|open| open.checked_sub(1));
    open.is_some_and(|name| matches!(code.at(name), "join" | "Path"))
}

/// The frames of the code, as they are read or made: whether code changes them is not known here.
pub(crate) fn frames(code: &TokenCode, paths: &[DataPath], is_python: bool) -> Vec<DataFrame> {
    let mut frames: Vec<DataFrame> = Vec::new();
    let mut start = 0;
    while start < code.tokens.len() {
        let end = code.statement_end(start);
        if let Some(mut frame) = assigned(code, paths, start..end, &frames) {
            frame.is_exact &= is_python;
            frames.push(frame);
        }
        start = end.max(start + 1);
    }
    frames
}

/// The frame that a statement assigns, if it does.
fn assigned(
    code: &TokenCode,
    paths: &[DataPath],
    tokens: Range<usize>,
    known: &[DataFrame],
) -> Option<DataFrame> {
    let (name, equals) = target(code, tokens.clone())?;
    let value = equals + 1..tokens.end;
    let frame = DataFrame::named(code, code.at(name), name);
    reader(code, paths, value.clone(), &frame).or_else(|| {
        let origin = made_from(code, value, known)?;
        Some(DataFrame {
            path: origin.path.clone(),
            only: origin.only.clone(),
            without: origin.without.clone(),
            has_other_names: origin.has_other_names,
            ..frame
        })
    })
}

/// The variable and the `=` of an assignment to one variable.
pub(crate) fn target(code: &TokenCode, tokens: Range<usize>) -> Option<(usize, usize)> {
    let mut at = tokens.start;
    while matches!(
        code.at(at),
        "let" | "const" | "var" | "val" | "mut" | "final" | "auto"
    ) {
        at += 1;
    }
    let name = at;
    code.word(name)?;
    at += 1;
    if code.is_mark(at, b':') {
        // The type of the variable.
        while at < tokens.end && !code.is_mark(at, b'=') {
            at += 1;
        }
    }
    let is_assignment = at < tokens.end && code.is_mark(at, b'=') && !code.is_mark(at + 1, b'=');
    is_assignment.then_some((name, at))
}

/// The frame that a value reads, with what the arguments say of its columns.
fn reader(
    code: &TokenCode,
    paths: &[DataPath],
    value: Range<usize>,
    frame: &DataFrame,
) -> Option<DataFrame> {
    let is_reader = |at: &usize| code.word(*at).is_some_and(|word| READERS.contains(&word));
    let name = value.clone().find(is_reader)?;
    let open = (name + 1..(name + 5).min(value.end)).find(|at| code.is_mark(*at, b'('))?;
    let close = open + code.tokens[open].close?;
    let path = paths
        .iter()
        .find(|path| (open..close).contains(&path.token))
        .map(|path| path.path.clone())
        .or_else(|| constant(code, paths, open + 1, close))?;
    let is_bare = (value.start..name).all(|at| code.word(at).is_some() || code.is_mark(at, b'.'));
    let is_whole = close + 1 == value.end && is_bare;
    let texts = |names: &[&str]| {
        let at = names
            .iter()
            .find_map(|name| argument(code, open, close, name))?;
        Some(texts_of(code, at, close))
    };
    let has = |name: &&str| argument(code, open, close, name).is_some();
    Some(DataFrame {
        path,
        is_exact: is_whole && has_plain_arguments(code, open, close),
        only: texts(&["usecols", "columns"]).filter(|listed| !listed.is_empty()),
        without: texts(&["index_col"]).unwrap_or_default(),
        has_other_names: ["header", "names", "has_header", "new_columns", "skiprows"]
            .iter()
            .any(has),
        ..frame.clone()
    })
}

/// Where the value of an argument begins.
fn argument(code: &TokenCode, open: usize, close: usize, name: &str) -> Option<usize> {
    let is_it = |at: &usize| code.at(*at) == name && code.is_mark(*at + 1, b'=');
    let at = (open + 1..close).find(is_it)?;
    (code.enclosing(at) == Some(open)).then_some(at + 2)
}

/// The texts of a value: one, or those of a list.
fn texts_of(code: &TokenCode, at: usize, close: usize) -> Vec<String> {
    let end = at + code.tokens[at].close.unwrap_or(0) + 1;
    (at..end.min(close))
        .filter_map(|at| code.content(at))
        .collect()
}

/// The path in a constant that is the first argument: `PATH = "a.csv"`, assigned once.
fn constant(code: &TokenCode, paths: &[DataPath], first: usize, close: usize) -> Option<String> {
    let name = code.word(first).filter(|_| first < close)?;
    let is_its = |path: &&DataPath| {
        path.token >= 2 && code.is_mark(path.token - 1, b'=') && code.at(path.token - 2) == name
    };
    let mut all = paths.iter().filter(is_its);
    let only = all.next()?;
    all.next().is_none().then(|| only.path.clone())
}

/// Whether no argument with a name changes the columns.
fn has_plain_arguments(code: &TokenCode, open: usize, close: usize) -> bool {
    let mut at = open + 1;
    let mut is_first = true;
    while at < close {
        let is_named = code.word(at).is_some() && code.is_mark(at + 1, b'=');
        if is_named && !PLAIN_ARGUMENTS.contains(&code.at(at)) || !is_named && !is_first {
            return false;
        }
        is_first = false;
        while at < close && !code.is_mark(at, b',') {
            at += code.tokens[at].close.unwrap_or(0) + 1;
        }
        at += 1;
    }
    true
}

/// The frame that a value is made from: `df.dropna()`, `df[df.x > 1]`, `df`.
fn made_from<'a>(
    code: &TokenCode,
    value: Range<usize>,
    known: &'a [DataFrame],
) -> Option<&'a DataFrame> {
    let root = code.word(value.start)?;
    let frame = known.iter().rev().find(|frame| frame.name == root)?;
    let next = value.start + 1;
    let goes_on = next == value.end || code.is_mark(next, b'.') || code.is_mark(next, b'[');
    // `df["x"]` is a column, and so is whatever is called on one.
    let is_column = code.is_mark(next, b'[')
        && code.kind(next + 1) == Some(CodeTokenKind::Text)
        && code.is_mark(next + 2, b']');
    let is_end = |at: usize| code.is_mark(at, b')') || code.is_mark(at, b']') || at == value.start;
    let is_table = is_end(value.end - 1) && !is_column;
    (goes_on && is_table).then_some(frame)
}
