//! The next line of a series: below `self.width = width` in a function of `(width, height)` comes `self.height = height`.
//!
//! The nearest line above is the pattern where it is indented as the cursor's line is and names a parameter; parameters behind that one
//! which the function has not used yet take its place. Called by `candidates`; knows no model.

use crate::analogy::is_fixed;
use crate::filters::Place;
use crate::words::words;

/// Lines that are given at most.
const MOST: usize = 2;

/// What is missing of the next lines that the series may go on with, the likeliest first.
pub(crate) fn series(place: &Place) -> Vec<String> {
    let above = place.snapshot.lines_above(place.offset).find(|line| !line.trim().is_empty()).unwrap_or_default();
    if indentation(&above) != indentation(&place.before) {
        return Vec::new();
    }
    let text = place.snapshot.rope().to_string();
    let (_, function) = place.function();
    let (header, body) = header(&text[function]);
    let parameters: Vec<&str> = words(header).map(|(_, word)| word).filter(|word| !is_fixed(word)).collect();
    let used = |name: &str| words(body).any(|(_, word)| word == name);
    let mut found = Vec::new();
    for (at, name) in parameters.iter().enumerate().rev().filter(|(_, name)| used(name)) {
        if words(&above).all(|(_, word)| word != *name) {
            continue;
        }
        for next in parameters[at + 1..].iter().filter(|next| !used(next)) {
            let line = exchanged(&above, name, next);
            let rest = line.strip_prefix(&*place.before).filter(|rest| !rest.is_empty()).map(str::to_owned);
            found.extend(rest.filter(|rest| !found.contains(rest)));
        }
    }
    found.truncate(MOST);
    found
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// A function's text up to the end of its parameters, and the rest.
fn header(function: &str) -> (&str, &str) {
    let mut depth = 0;
    for (at, c) in function.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 1 => return function.split_at(at + 1),
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    ("", function)
}

/// The line with one name in the place of another.
fn exchanged(line: &str, name: &str, next: &str) -> String {
    let mut result = line.to_owned();
    for (at, word) in words(line).rev().filter(|(_, word)| *word == name) {
        result.replace_range(at..at + word.len(), next);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extent::Extent;
    use crate::tests::snapshot;

    fn next(path: &str, marked: &str) -> Vec<String> {
        let (above, below) = marked.split_once('|').unwrap();
        let snapshot = snapshot(path, &format!("{above}{below}"));
        let extent = Extent::at(&snapshot, above.len());
        series(&Place::new(&snapshot, above.len(), &extent))
    }

    #[test]
    fn parameters_follow_each_other() {
        let python = "class A:\n    def __init__(self, width: int, height: int = 1, depth=2):\n        self.width = width\n        |\n";
        assert_eq!(next("a.py", python), ["self.height = height", "self.depth = depth"]);
        let java = "class A {\n  A(int width, int height) {\n    this.width = width;\n    this.|\n  }\n}\n";
        assert_eq!(next("A.java", java), ["height = height;"]);
        let call = "def f(path, mode):\n    g(\n        path=path,\n        |\n    )\n";
        assert_eq!(next("a.py", call), ["mode=mode,"]);
    }

    #[test]
    fn what_is_used_or_indented_otherwise_makes_no_series() {
        assert_eq!(next("a.py", "def f(a, b):\n    x = b\n    y = a\n    |\n"), [""; 0]);
        assert_eq!(next("a.py", "def f(a, b):\n    if a:\n        |\n"), [""; 0]);
        assert_eq!(next("a.py", "a = 1\n|\n"), [""; 0]);
    }
}
