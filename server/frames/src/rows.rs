//! Rows of a data file as dictionaries: `for row in csv.DictReader(open("sales.csv"))`.
//!
//! The file may be opened on a line of its own or by `with`, and the reader may have a variable.
//! A reader that is given its columns (`fieldnames`) gives no rows here.

use crate::assignments::{DataFrame, DataPath, target};
use crate::code::TokenCode;
use std::ops::Range;

/// What a variable is known to be: an open file, or a reader of its rows.
struct Named<'a> {
    name: &'a str,
    path: String,
    is_reader: bool,
}

/// The variables that loops give the rows of data files.
pub(crate) fn rows(code: &TokenCode, paths: &[DataPath]) -> Vec<DataFrame> {
    let (mut known, mut found) = (Vec::new(), Vec::new());
    let mut start = 0;
    while start < code.tokens.len() {
        let end = code.statement_end(start);
        if code.at(start) == "for" {
            found.extend(row(code, paths, start..end, &known));
        } else if let Some((name, equals)) = target(code, start..end) {
            known.extend(named(code, paths, (name, equals + 1..end), &known));
        }
        for at in start..end {
            if code.at(at) == "as" && code.at(start) == "with" {
                known.extend(named(code, paths, (at + 1, start + 1..at), &known));
            }
        }
        start = end.max(start + 1);
    }
    found
}

/// What a variable becomes by a value.
fn named<'a>(
    code: &TokenCode<'a>,
    paths: &[DataPath],
    (name, value): (usize, Range<usize>),
    known: &[Named<'a>],
) -> Option<Named<'a>> {
    let name = code.word(name)?;
    let reader = dict_reader(code, paths, value.clone(), known);
    let is_reader = reader.is_some();
    let path = reader.or_else(|| opened(code, paths, value))?;
    Some(Named {
        name,
        path,
        is_reader,
    })
}

/// The path that `open("a.csv")` or `Path("a.csv").open()` names.
fn opened(code: &TokenCode, paths: &[DataPath], value: Range<usize>) -> Option<String> {
    let opens = value.clone().any(|at| code.word(at) == Some("open"));
    let mut named = paths.iter().filter(|path| value.contains(&path.token));
    named.next().filter(|_| opens).map(|path| path.path.clone())
}

/// The path of the file that `csv.DictReader(...)` reads.
fn dict_reader(
    code: &TokenCode,
    paths: &[DataPath],
    mut value: Range<usize>,
    known: &[Named<'_>],
) -> Option<String> {
    let reader = value.find(|at| code.word(*at) == Some("DictReader"))?;
    let open = Some(reader + 1).filter(|open| code.is_mark(*open, b'('))?;
    let arguments = open + 1..open + code.tokens[open].close?;
    let says_columns = arguments.clone().any(|at| code.at(at) == "fieldnames");
    // The second argument is the list of columns, too.
    let comma = arguments.clone().find(|at| code.is_mark(*at, b','));
    let is_plain = |comma: usize| code.is_mark(comma + 2, b'=') || comma + 1 >= arguments.end;
    if says_columns || comma.is_some_and(|comma| !is_plain(comma) && !is_nested(code, open, comma))
    {
        return None;
    }
    let first = code.word(arguments.start);
    let file = known.iter().rev().find(|of| Some(of.name) == first);
    let path = file.filter(|of| !of.is_reader).map(|of| of.path.clone());
    path.or_else(|| opened(code, paths, arguments))
}

/// Whether a place is in a bracket within the one that opens here.
fn is_nested(code: &TokenCode, open: usize, at: usize) -> bool {
    code.enclosing(at) != Some(open)
}

/// The variable of `for row in ...`.
fn row(
    code: &TokenCode,
    paths: &[DataPath],
    statement: Range<usize>,
    known: &[Named<'_>],
) -> Option<DataFrame> {
    let token = statement.start + 1;
    let name = code.word(token).filter(|_| code.at(token + 1) == "in")?;
    let value = token + 2..statement.end;
    let source = code.word(value.start);
    let reader = known.iter().rev().find(|of| Some(of.name) == source);
    let is_bare = code.is_mark(value.start + 1, b':');
    let path = reader
        .filter(|of| of.is_reader && is_bare)
        .map(|of| of.path.clone())
        .or_else(|| dict_reader(code, paths, value, known))?;
    Some(DataFrame {
        is_row: true,
        path,
        ..DataFrame::named(code, name, token)
    })
}
