//! Names of tables, columns and types in SQL, and texts.

use crate::schema::TableName;
use crate::tokens::{Cursor, Kind, Token};

/// Takes a name, with or without quotes.
pub(crate) fn name(cursor: &mut Cursor<'_>) -> Option<String> {
    let token = cursor.peek()?;
    let name = unquoted(cursor, token)?;
    cursor.next();
    // `${table}_x` and the like: a part of a name that a program makes.
    let goes_on = cursor.peek().is_some_and(|next| {
        next.start == token.end && matches!(next.kind, Kind::Mark(b'{' | b'$' | b'%' | b'}' | b'?'))
    });
    (!goes_on && !name.is_empty()).then_some(name)
}

/// What a token names, without its quotes.
pub(crate) fn unquoted(cursor: &Cursor<'_>, token: Token) -> Option<String> {
    let written = cursor.of(token);
    match token.kind {
        Kind::Word => Some(written.to_owned()),
        Kind::Name => {
            let inner = written.get(1..written.len() - 1)?;
            let quote = &written[..1];
            Some(inner.replace(&quote.repeat(2), quote))
        }
        Kind::Text => Some(text(written)),
        Kind::Number | Kind::Mark(_) => None,
    }
}

/// The content of a text: `'it''s'`, `N'a'`, `E'a\'b'`, `$$a$$`, and `"a"` of MySQL.
pub(crate) fn text(written: &str) -> String {
    if let Some(after) = written.strip_prefix('$') {
        let tag = after.find('$').map_or(1, |at| at + 2);
        return written
            .get(tag..written.len().saturating_sub(tag))
            .unwrap_or("")
            .to_owned();
    }
    let Some(at) = written.find(['\'', '"']) else {
        return written.to_owned();
    };
    let quote = &written[at..=at];
    let inner = written[at + 1..]
        .strip_suffix(quote)
        .unwrap_or(&written[at + 1..]);
    inner.replace(&quote.repeat(2), quote).replace("\\'", "'")
}

/// Takes the name of a table, with namespaces if there are any.
pub(crate) fn table_name(cursor: &mut Cursor<'_>) -> Option<TableName> {
    let mut parts = vec![name(cursor)?];
    while cursor.mark(b'.') {
        // `base..table`: the namespace is the usual one.
        while cursor.mark(b'.') {}
        parts.push(name(cursor)?);
    }
    let last = parts.pop()?;
    Some(TableName::within(parts.pop(), last))
}

/// The names in a list of columns: `(a, b(10), c DESC)`. Expressions are as they are written.
pub(crate) fn column_list(inner: &Cursor<'_>) -> Vec<String> {
    let part = |mut part: Cursor<'_>| -> String {
        let whole = part;
        let name = name(&mut part);
        let mut ahead = part;
        let has_length = ahead
            .group(b'(')
            .is_some_and(|inner| inner.tokens.iter().all(|token| token.kind == Kind::Number));
        if has_length {
            part = ahead;
        }
        while part.eat("collate") {
            table_name(&mut part);
        }
        let is_order = |token: &Token| token.kind == Kind::Word || token.kind == Kind::Name;
        match name {
            Some(name) if part.tokens.iter().all(is_order) => name,
            _ => whole.written(),
        }
    };
    inner.split(b',').into_iter().map(part).collect()
}

/// A name as SQL reads it anywhere: in double quotes if it must be.
pub(crate) fn is_plain(name: &str) -> bool {
    let is_start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_start && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
