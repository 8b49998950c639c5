//! What code does to a frame after it was read: whether its columns can still be known, and which
//! it adds. In doubt a frame counts as changed.

use crate::assignments::DataFrame;
use crate::code::TokenCode;
use data::CodeTokenKind;

/// Functions that get a frame and do not change it.
const READ_ONLY: &[&str] = &[
    "print",
    "len",
    "display",
    "repr",
    "str",
    "type",
    "id",
    "list",
    "isinstance",
    "head",
    "concat",
    "merge",
    "describe",
];

/// Methods that change the frame they are called on.
const CHANGING: &[&str] = &[
    "insert",
    "pop",
    "eval",
    "update",
    "setdefault",
    "__setitem__",
];

/// Attributes whose items can be assigned.
const ASSIGNABLE: &[&str] = &["columns", "loc", "iloc", "at", "iat"];

/// Whether the columns of a frame may be others than its file's and those that are added by name.
pub(crate) fn is_changed(code: &TokenCode, frame: &DataFrame, all: &[DataFrame]) -> bool {
    let same = all.iter().filter(|other| other.name == frame.name);
    if same.count() > 1 || code.text.contains("exec(") {
        return true;
    }
    let mut uses = (0..code.tokens.len()).filter(|at| {
        *at != frame.token && code.word(*at) == Some(&frame.name) && !is_attribute(code, *at)
    });
    uses.any(|at| changes(code, at))
}

fn is_attribute(code: &TokenCode, at: usize) -> bool {
    at > 0 && code.is_mark(at - 1, b'.')
}

/// Whether this use of a frame may change its columns.
fn changes(code: &TokenCode, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| code.at(before));
    if matches!(
        before,
        "for" | "as" | "import" | "global" | "nonlocal" | "lambda" | "del" | "def"
    ) {
        return true;
    }
    match code.at(at + 1) {
        "[" => subscript_changes(code, at + 1),
        "." => attribute_changes(code, at + 2),
        "=" if !code.is_mark(at + 2, b'=') => !is_keyword_argument(code, at),
        ":" => true,
        _ => bare_use_changes(code, at),
    }
}

/// `df[...]` followed by an assignment, unless it is `df["name"] =`.
fn subscript_changes(code: &TokenCode, open: usize) -> bool {
    let Some(close) = code.tokens[open].close.map(|close| open + close) else {
        return false;
    };
    let is_named = close == open + 2 && code.kind(open + 1) == Some(CodeTokenKind::Text);
    !is_named && is_assigned(code, close + 1)
}

fn is_assigned(code: &TokenCode, at: usize) -> bool {
    code.is_mark(at, b'=') && !code.is_mark(at + 1, b'=')
}

/// `df.columns = ...`, `df.loc[...] = ...`, `df.x = ...`, `df.insert(...)`, `df.f(inplace=True)`.
fn attribute_changes(code: &TokenCode, name: usize) -> bool {
    let word = code.at(name);
    let close = code.tokens.get(name + 1).and_then(|token| token.close);
    let end = name + 1 + close.unwrap_or(0);
    if is_assigned(code, name + 1) {
        return true;
    }
    if ASSIGNABLE.contains(&word) && close.is_some() && is_assigned(code, end + 1) {
        return true;
    }
    let in_place = (name + 1..end).any(|at| code.at(at) == "inplace" && code.at(at + 2) != "False");
    CHANGING.contains(&word) || in_place
}

/// The frame itself, given to a function or to another name.
fn bare_use_changes(code: &TokenCode, at: usize) -> bool {
    let Some(open) = code.enclosing(at) else {
        // `other = df` and the like: what is done to the other is not followed.
        return at > 0 && matches!(code.at(at - 1), "=" | "return" | "yield" | ",");
    };
    let is_call = open > 0 && code.is_mark(open, b'(') && code.word(open - 1).is_some();
    !is_call || !READ_ONLY.contains(&code.at(open - 1))
}

/// `f(df=...)` names a parameter.
fn is_keyword_argument(code: &TokenCode, at: usize) -> bool {
    let open = code.enclosing(at);
    open.is_some_and(|open| open > 0 && code.is_mark(open, b'(') && code.word(open - 1).is_some())
}

/// The columns that code adds by name, `df["total"] = ...`, each with where.
pub(crate) fn added(code: &TokenCode, frame: &DataFrame) -> Vec<(String, usize)> {
    let uses = (frame.token + 1..code.tokens.len())
        .filter(|at| code.word(*at) == Some(&frame.name) && !is_attribute(code, *at));
    let column = |at: usize| {
        let is_named = code.is_mark(at + 1, b'[') && code.is_mark(at + 3, b']');
        let name = code.content(at + 2).filter(|_| is_named)?;
        is_assigned(code, at + 4).then(|| (name, code.tokens[at].range.start))
    };
    uses.filter_map(column).collect()
}
