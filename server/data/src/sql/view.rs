//! The columns of a query: those of a view, or of a table that is made from one.

use super::names::{name, table_name};
use crate::schema::{Column, SqlTable, TableName, same};
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

/// The columns of another table among those of a query: `*` or `a.*`.
pub(crate) struct Star {
    /// The table that has them.
    pub from: TableName,
    /// How many columns are before them.
    pub place: usize,
}

/// Adds the columns that a query gives. A table of which not all are known is not complete. Gives
/// the tables that `*` means, the last one first.
pub(crate) fn add_columns(query: &Cursor<'_>, table: &mut SqlTable) -> Vec<Star> {
    let mut rest = *query;
    while let Some(inner) = rest.group(b'(').filter(|_| rest.is_empty()) {
        rest = inner;
    }
    let mut common = Vec::new();
    if rest.eat("with") && !skip_common_tables(&mut rest, &mut common) || !rest.eat("select") {
        table.is_complete = false;
        return Vec::new();
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
    let mut is_name = false;
    while !rest.is_empty() && (is_name || !rest.is_any(ENDS)) {
        // What follows AS or a point is a name, whatever word it is.
        is_name = rest.is("as") || rest.is_mark(b'.');
        rest.skip();
    }
    let mut sources = None;
    let mut stars = Vec::new();
    for item in start.until(&rest).split(b',') {
        if let Some(of) = star(&item) {
            let sources = sources.get_or_insert_with(|| sources_of(rest, &common));
            let found = meant(of.as_deref(), sources.as_deref(), table.columns.len());
            table.is_complete &= !found.is_empty();
            stars.extend(found);
            continue;
        }
        match item_name(&item) {
            Some(name) if table.column(&name).is_none() => table.columns.push(Column::named(name)),
            _ => table.is_complete = false,
        }
    }
    stars.reverse();
    stars
}

/// Whether an item is `*` or `a.*`, and the name before the point.
fn star(item: &Cursor<'_>) -> Option<Option<String>> {
    let mut rest = *item;
    if rest.mark(b'*') {
        return rest.is_empty().then_some(None);
    }
    let mut of = None;
    while !rest.is_mark(b'*') {
        of = Some(name(&mut rest)?);
        rest.mark(b'.').then_some(())?;
    }
    rest.mark(b'*');
    rest.is_empty().then_some(of)
}

/// The tables whose columns a star means; none where they are not known.
fn meant(of: Option<&str>, sources: Option<&[(String, TableName)]>, place: usize) -> Vec<Star> {
    let fits = |name: &str| of.is_none_or(|of| of.eq_ignore_ascii_case(name));
    let found = sources.unwrap_or_default().iter();
    let found = found.filter(|(name, _)| fits(name));
    let star = |(_, from): &(String, TableName)| Star {
        from: from.clone(),
        place,
    };
    found.map(star).collect()
}

/// Words between two tables of FROM, and those that end it.
const JOIN_WORDS: &[&str] = &[
    "join", "inner", "left", "right", "full", "outer", "cross", "natural",
];
/// Words after a table that are no alias of it.
const NO_ALIAS: &[&str] = &["on", "using", "tablesample", "with", "for"];

/// The tables of FROM by the names that the query has for them; none if one is no plain table.
fn sources_of(mut rest: Cursor<'_>, common: &[String]) -> Option<Vec<(String, TableName)>> {
    let mut sources = Vec::new();
    rest.eat("from").then_some(())?;
    let ends = |rest: &Cursor<'_>| rest.is_empty() || rest.is_any(ENDS);
    while !ends(&rest) {
        while rest.eat_any(JOIN_WORDS) || rest.mark(b',') {}
        let table = table_name(&mut rest)?;
        let is_common = common.iter().any(|name| same(name, &table.name));
        if rest.is_mark(b'(') || is_common && table.namespace.is_none() {
            return None;
        }
        let has_alias =
            rest.eat("as") || !ends(&rest) && !rest.is_any(JOIN_WORDS) && !rest.is_any(NO_ALIAS);
        let alias = name(&mut rest.clone()).filter(|_| has_alias);
        if alias.is_some() {
            rest.next();
        }
        sources.push((alias.unwrap_or_else(|| table.name.clone()), table));
        while !ends(&rest) && !rest.is_mark(b',') && !is_join(&rest) {
            rest.skip();
        }
    }
    Some(sources)
}

/// Whether a join begins here: `left(a, 1)` calls a function.
fn is_join(rest: &Cursor<'_>) -> bool {
    let mut ahead = *rest;
    ahead.eat_any(JOIN_WORDS) && !ahead.is_mark(b'(')
}

/// Skips `a AS (...), b AS (...)`, and gives their names.
fn skip_common_tables(rest: &mut Cursor<'_>, names: &mut Vec<String>) -> bool {
    rest.eat("recursive");
    loop {
        let Some(name) = name(rest) else {
            return false;
        };
        names.push(name);
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

/// Reads what follows CREATE VIEW, with the tables whose columns it has by `*`.
pub(crate) fn view(cursor: &mut Cursor<'_>) -> Result<(SqlTable, Vec<Star>), String> {
    cursor.eat_all(&["if", "not", "exists"]);
    let name: Option<TableName> = table_name(cursor);
    let name = name.ok_or("the name of the view is not plain")?;
    let mut view = SqlTable::named(name);
    view.kind = crate::schema::TableKind::View;
    let mut stars = Vec::new();
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
        None => stars = add_columns(cursor, &mut view),
    }
    Ok((view, stars))
}
