//! Functions of a project that make a column with a reference: `ForeignKey(table + ".id")` of
//! their parameters. What a call of one refers to is worked out in `scope.rs`.

use crate::readers::python::{Call, call, text};
use crate::tokens::Cursor;

/// A function that makes a column with a reference.
pub(super) struct ReferenceMaker<'a> {
    pub parameters: Vec<&'a str>,
    /// The call of `ForeignKey` in it.
    pub key: Call<'a>,
    pub file: usize,
}

/// The functions of a file in whose body a `ForeignKey` is made of their parameters.
pub(super) fn reference_makers<'a>(
    lines: &[Cursor<'a>],
    file: usize,
) -> Vec<(&'a str, ReferenceMaker<'a>)> {
    let (mut found, mut open) = (Vec::new(), None);
    for line in lines {
        let mut rest = *line;
        rest.eat("async");
        if rest.word() == Some("def") {
            let name = rest.word();
            let parameters = rest.group(b'(').map(|inner| parameters(inner));
            open = name.zip(parameters);
            continue;
        }
        if line.peek().is_some_and(|token| token.column == 0) {
            open = None;
        }
        let Some((name, parameters)) = open.take() else {
            continue;
        };
        match foreign_key_in(*line) {
            Some(key)
                if key
                    .argument("column", 0)
                    .is_some_and(|to| text(&to).is_none()) =>
            {
                let maker = ReferenceMaker {
                    parameters,
                    key,
                    file,
                };
                found.push((name, maker));
            }
            _ => open = Some((name, parameters)),
        }
    }
    found
}

fn parameters(inner: Cursor<'_>) -> Vec<&str> {
    let names = inner.split(b',').into_iter();
    names.filter_map(|mut part| part.word()).collect()
}

/// The call of `ForeignKey` in a line, if one is there.
fn foreign_key_in(line: Cursor<'_>) -> Option<Call<'_>> {
    let mut rest = line;
    while !rest.is_empty() && rest.peek_word() != Some("ForeignKey") {
        rest.next();
    }
    call(rest)
}
