//! The file that belongs to this one: its test or what it tests, its header or what the header
//! declares. Its outline is shown.

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;
use grammars::facts::common_test_marks;
use std::path::Path;

/// Signatures at most.
const MAX_SIGNATURES: usize = 24;

/// One candidate per file: the signatures of what it defines, those near the cursor first.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let path = &*near.snapshot.path;
    let file = path.rsplit('/').next().unwrap_or(path);
    let index = &near.snapshot.index;
    let ends_there = |found: &str, name: &str| {
        found == name
            || found
                .strip_suffix(name)
                .is_some_and(|head| head.ends_with('/'))
    };
    let mut found = Vec::new();
    for name in counterparts(file) {
        let paths = index
            .paths_ending(&name)
            .into_iter()
            .filter(|found| ends_there(found, &name));
        let Some(nearest) = paths.max_by_key(|found| shared_folders(found, path)) else {
            continue;
        };
        let mut symbols = index.outline(&nearest);
        symbols.sort_by(|a, b| near.closeness(&b.name).total_cmp(&near.closeness(&a.name)));
        symbols.truncate(MAX_SIGNATURES);
        let score = symbols
            .iter()
            .map(|symbol| near.closeness(&symbol.name))
            .fold(0.3, f32::max);
        symbols.sort_by_key(|symbol| symbol.line);
        found.extend(pieces::signatures(near, &symbols, score));
    }
    found
}

/// Names that a file's counterpart may have.
fn counterparts(file: &str) -> Vec<String> {
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let with = |stem: &str, extension: &str| format!("{stem}.{extension}");
    let facts = grammars::by_path(Path::new(file)).map(|grammar| &grammar.facts);
    let marks = facts.map_or_else(common_test_marks, |facts| &facts.test_marks);
    let mut names = Vec::new();
    for [head, tail] in marks {
        match stem
            .strip_prefix(head.as_str())
            .and_then(|rest| rest.strip_suffix(tail.as_str()))
            .filter(|rest| !rest.is_empty())
        {
            Some(tested) => names.push(with(tested, extension)),
            None => names.push(with(&format!("{head}{stem}{tail}"), extension)),
        }
    }
    let others = facts.and_then(|facts| facts.counterparts.get(extension));
    names.extend(others.into_iter().flatten().map(|other| with(stem, other)));
    names
}

/// How many folders two paths share from the root on.
fn shared_folders(a: &str, b: &str) -> usize {
    a.split('/')
        .zip(b.split('/'))
        .take_while(|(a, b)| a == b)
        .count()
}

#[cfg(test)]
mod tests {
    use super::counterparts;
    use crate::tests::{near_among, texts};

    #[test]
    fn what_a_test_tests_is_outlined() {
        let files = [
            ("src/cart.py", "def fill(cart):\n    pass\n"),
            ("old/cart.py", "def other():\n    pass\n"),
        ];
        let near = near_among("src/test_cart.py", "fill(1)\n$0\n", &files);
        let found = texts(super::gather(&near));
        assert!(
            found.len() == 1 && found[0].contains("fill(cart)"),
            "{found:?}"
        );
    }

    #[test]
    fn tests_and_headers_belong_to_a_file() {
        assert!(counterparts("cart.py").contains(&"test_cart.py".to_owned()));
        assert!(counterparts("test_cart.py").contains(&"cart.py".to_owned()));
        assert!(counterparts("cart.spec.ts").contains(&"cart.ts".to_owned()));
        assert!(counterparts("cart_test.go").contains(&"cart.go".to_owned()));
        assert!(counterparts("cart.cc").contains(&"cart.h".to_owned()));
    }
}
