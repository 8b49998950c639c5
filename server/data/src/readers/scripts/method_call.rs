//! A call of a method as a migration writes it: its name and its arguments. What the call does is
//! not known here.

use crate::tokens::Cursor;

/// A call of a method.
pub(super) struct MethodCall<'a> {
    pub name: &'a str,
    pub arguments: Vec<Cursor<'a>>,
    pub whole: Cursor<'a>,
    pub after: Cursor<'a>,
}

/// The call `.name(...)` or `.name.bind(object, ...)` that begins at a dot.
pub(super) fn call_at(start: Cursor<'_>) -> Option<MethodCall<'_>> {
    let mut rest = start;
    if !rest.mark(b'.') {
        return None;
    }
    let whole = rest;
    let name = rest.word()?;
    let mut bound = rest;
    let is_bound = bound.mark(b'.') && bound.word() == Some("bind");
    if is_bound {
        rest = bound;
    }
    let mut arguments = rest.group(b'(')?.split(b',');
    if is_bound && !arguments.is_empty() {
        arguments.remove(0);
    }
    Some(MethodCall {
        name,
        arguments,
        whole: whole.until(&rest),
        after: rest,
    })
}
