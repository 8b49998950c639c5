//! The columns of a query: those of a view, or of a table that is made from one.

use super::names::{name, table_name};
use crate::schema::{Column, SqlTable, TableName};
use crate::tokens::{Cursor, Kind, Token};

/// Words that end the list of what is selected.
const ENDS: &[&str] = &[
    "from",
    "into",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "union",
    "except",
    "intersect",
    "fetch",
    "window",
    "offset",
];
/// Words that are no names without AS.
const NO_NAMES: &[&str] = &[
    "end",
    "null",
    "true",
    "false",
    "desc",
    "asc",
    "current_timestamp",
];

/// Adds the columns that a query gives. A table of which not all are known is not complete.
pub(crate) fn add_columns(query: &Cursor<'_>, table: &mut SqlTable) {
    let mut rest = *query;
    while let Some(inner) = rest.group(b'(').filter(|_| rest.is_empty()) {
        rest = inner;
    }
    if rest.eat("with") && !skip_common_tables(&mut rest) || !rest.eat("select") {
        table.is_complete = false;
        return;
    }
    let _ = rest.eat("all") || rest.eat("distinct");
    if rest.eat("on") {
        rest.group(b'(');
    }
    if rest.eat("top") {
        rest.skip();
        rest.eat("percent");
    }
    let start = rest;
    while !rest.is_empty() && !rest.is_any(ENDS) {
        rest.skip();
    }
    for item in start.until(&rest).split(b',') {
        match item_name(&item) {
            Some(name) if table.column(&name).is_none() => table.columns.push(Column::named(name)),
            _ => table.is_complete = false,
        }
    }
}

/// Skips `a AS (...), b AS (...)`.
fn skip_common_tables(rest: &mut Cursor<'_>) -> bool {
    rest.eat("recursive");
    loop {
        if name(rest).is_none() {
            return false;
        }
        rest.group(b'(');
        if !rest.eat("as") {
            return false;
        }
        rest.eat("not");
        rest.eat("materialized");
        if rest.group(b'(').is_none() {
            return false;
        }
        if !rest.mark(b',') {
            return true;
        }
    }
}

/// What a selected expression is called; none for `*` and for what has no name of its own.
fn item_name(item: &Cursor<'_>) -> Option<String> {
    let [.., last] = item.tokens else {
        return None;
    };
    // T-SQL: `name = expression`.
    let mut ahead = *item;
    if let Some(first) = ahead.word().filter(|_| ahead.is_mark(b'=')) {
        return Some(first.to_owned());
    }
    if last.kind == Kind::Mark(b'*') {
        return None;
    }
    let before = item.tokens.len().checked_sub(2).map(|at| item.tokens[at]);
    let is_as = |token: Token| item.of(token).eq_ignore_ascii_case("as");
    let has_name = match before {
        None => true,
        Some(token) if is_as(token) || token.kind == Kind::Mark(b'.') => true,
        Some(token) => matches!(
            token.kind,
            Kind::Word | Kind::Name | Kind::Number | Kind::Text | Kind::Mark(b')' | b']')
        ),
    };
    let mut last_word = Cursor {
        text: item.text,
        tokens: std::slice::from_ref(last),
    };
    let is_plain_word = last.kind == Kind::Word && !before.is_some_and(is_as);
    let is_refused = is_plain_word && NO_NAMES.iter().any(|word| last_word.is(word));
    let is_cast = before.is_some_and(|token| token.kind == Kind::Mark(b':'));
    if !has_name || is_refused || is_cast || last.kind == Kind::Number {
        return None;
    }
    name(&mut last_word)
}

/// Reads what follows CREATE VIEW.
pub(crate) fn view(cursor: &mut Cursor<'_>) -> Result<SqlTable, String> {
    cursor.eat_all(&["if", "not", "exists"]);
    let name: Option<TableName> = table_name(cursor);
    let name = name.ok_or("the name of the view is not plain")?;
    let mut view = SqlTable::named(name);
    view.kind = crate::schema::TableKind::View;
    let listed = cursor.group(b'(');
    while !cursor.is_empty() && !cursor.eat("as") {
        cursor.skip();
    }
    match listed {
        Some(inner) => {
            for mut item in inner.split(b',') {
                view.columns
                    .extend(super::names::name(&mut item).map(Column::named));
            }
        }
        None => add_columns(cursor, &mut view),
    }
    Ok(view)
}
