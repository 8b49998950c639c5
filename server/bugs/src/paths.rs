//! Whether a path is that of a test: by whole words of its parts, never by letters inside of a
//! word.
//!
//! `latest.py`, `inspector.py` and `my_contest/` are no tests; `tests/`, `test_x.py`, `x_test.go`,
//! `x.spec.ts` and `PriceTest.java` are. Of a path that begins at the root of the disk only the
//! file's name counts: the folders above a workspace say nothing of it.

use std::path::Path;

/// Whether a path, relative to the workspace, is that of a test.
pub fn is_test(path: &str) -> bool {
    let is_absolute =
        path.starts_with(['/', '\\']) || path.get(1..3).is_some_and(|drive| drive.starts_with(':'));
    let mut parts: Vec<&str> = path.split(['/', '\\']).collect();
    let name = parts.pop().unwrap_or_default();
    let folders = if is_absolute { &[] } else { parts.as_slice() };
    folders.iter().any(|folder| is_test_folder(folder)) || is_test_file(name)
}

fn is_test_folder(folder: &str) -> bool {
    let words = words(folder);
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    match plain.as_slice() {
        ["spec" | "specs" | "testing" | "testdata"] => true,
        [first, .., last] => is_word_of_tests(first) || is_word_of_tests(last),
        [one] => is_word_of_tests(one),
        [] => false,
    }
}

fn is_test_file(name: &str) -> bool {
    let (stem, _) = name.rsplit_once('.').unwrap_or((name, ""));
    let words = words(stem);
    let grammar = grammars::by_path(Path::new(name));
    let further = grammar.map_or(&[][..], |grammar| &grammar.facts.semantics.test_words);
    let is_spec = |word: &String| further.contains(word);
    stem == "conftest"
        || words.first().is_some_and(|first| is_word_of_tests(first))
        || words
            .last()
            .is_some_and(|last| is_word_of_tests(last) || is_spec(last))
}

fn is_word_of_tests(word: &str) -> bool {
    ["test", "tests"].contains(&word)
}

/// The words of a name in small letters, numbers left out: `PriceTest2` is `price`, `test`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphabetic() || was_small && c.is_uppercase() {
            words.push(String::new());
        }
        was_small = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::is_test;

    #[test]
    fn tests_are_recognized_by_whole_words() {
        for path in [
            "tests/a.py",
            "a/test/b.go",
            "test_a.py",
            "a_test.go",
            "a.test.ts",
            "a.spec.ts",
            "src/__tests__/a.js",
            "PriceTest.java",
            "TestPrice.java",
            "unit_tests/a.py",
            "spec/a.js",
            "conftest.py",
            "tests.py",
            "/home/x/test_a.py",
        ] {
            assert!(is_test(path), "{path}");
        }
        for path in [
            "latest.py",
            "inspector.py",
            "contest/a.py",
            "my_contest/a.py",
            "specific/a.py",
            "special.ts",
            "attestation/b.go",
            "Latest.java",
            "openapi_spec.py",
            "/home/tests/x/a.py",
            "C:\\tests\\a.py",
            "a.py",
            "",
        ] {
            assert!(!is_test(path), "{path}");
        }
    }
}
