//! What an invoked completion offers where the likeliest answer cannot be shown, and how far it
//! reaches below a comment.

use crate::{Limits, complete};
use context::testing::{Finite, snapshot};
use std::sync::Arc;
use std::time::Duration;

/// What is offered at `$0`, the best first.
fn choices(path: &str, marked: &str, invoked: bool, answers: &[(&str, f32)]) -> Vec<String> {
    choices_after(path, marked, invoked.then_some(Duration::MAX), answers)
}

/// What is offered to someone who waits so long.
fn choices_after(
    path: &str,
    marked: &str,
    invoked: Option<Duration>,
    answers: &[(&str, f32)],
) -> Vec<String> {
    let offset = marked.find("$0").unwrap();
    let snapshot = snapshot(path, &marked.replacen("$0", "", 1));
    let mut model = Finite::new("<|fim_middle|>", &[], answers);
    let gate = Arc::default();
    let limits = Limits {
        line_tokens: 32,
        block_tokens: 128,
        min_confidence: 0.0,
        gate,
        personalization: None,
        invoked,
    };
    let outcome = complete(&snapshot, offset, &mut model, &limits).unwrap();
    outcome
        .choices(3)
        .into_iter()
        .map(|choice| choice.text)
        .collect()
}

/// The best of what is offered at `$0`.
fn offered(path: &str, marked: &str, invoked: bool, answers: &[(&str, f32)]) -> Option<String> {
    choices(path, marked, invoked, answers).into_iter().next()
}

const AREA: &str = "# The area of a circle with this radius.\n";

#[test]
fn a_whole_function_comes_below_its_comment_even_where_another_comment_is_likelier() {
    let head = format!("import math\n\n\n{AREA}");
    let of = |text: &str| format!("{head}{text}");
    let comment = of("# The area of a square.\n");
    let function = of("def area(radius):\n    return math.pi * radius**2\n\n\nprint(area(1))\n");
    let answers = [(&*comment, 0.6), (&*function, 0.3)];
    let marked = of("$0");
    let wanted = "def area(radius):\n    return math.pi * radius**2";
    assert_eq!(
        offered("a.py", &marked, true, &answers).as_deref(),
        Some(wanted)
    );
    assert_eq!(offered("a.py", &marked, false, &answers), None);
}

#[test]
fn a_statement_ends_with_its_line_or_its_brace() {
    let answers = [("# The area\nx = 1\ny = 2\n", 1.0)];
    assert_eq!(
        offered("a.py", "# The area\n$0", true, &answers).as_deref(),
        Some("x = 1")
    );
    let answers = [(
        "// Twice.\nfn twice(x: u8) -> u8 {\n    x * 2\n}\n\nfn other() {}\n",
        1.0,
    )];
    let twice = "fn twice(x: u8) -> u8 {\n    x * 2\n}";
    assert_eq!(
        offered("a.rs", "// Twice.\n$0", true, &answers).as_deref(),
        Some(twice)
    );
}

#[test]
fn one_method_comes_below_its_comment_in_a_class_that_has_none() {
    let head = "class A {\n    // The sum.\n    ";
    let marked = format!("{head}$0\n}}\n");
    let method = "int sum(int a, int b) {\n        return a + b;\n    }";
    let whole =
        format!("{head}{method}\n\n    // The product.\n    int product() {{\n    }}\n}}\n");
    assert_eq!(
        offered("A.java", &marked, true, &[(&whole, 1.0)]).as_deref(),
        Some(method)
    );
}

#[test]
fn nothing_comes_of_nothing() {
    let answers = [("# The area\n\n", 0.7), ("# The area\n# of it\n", 0.3)];
    assert_eq!(offered("a.py", "# The area\n$0", true, &answers), None);
}

#[test]
fn there_are_lines_to_choose_from() {
    let head = "def twice(x):\n    return";
    let of = |text: &str| format!("{head} {text}");
    let answers = [
        (&*of("2 * x"), 0.5),
        (&*of("2 * x + 1"), 0.2),
        (&*of("x + x"), 0.2),
        (&*of(""), 0.1),
    ];
    let marked = of("$0\n");
    assert_eq!(choices("a.py", &marked, false, &answers), ["2 * x", "x"]);
    assert_eq!(
        choices("a.py", &marked, true, &answers),
        ["2 * x", "x + x"],
        "none begins with another"
    );
}

#[test]
fn where_more_than_a_line_is_asked_in_vain_a_line_is_offered() {
    let head = "/* Removes the first node. */\n";
    let answers = [(&*format!("{head}void remove(list *all) {{\n  if (\n"), 1.0)];
    let offered = offered("a.c", &format!("{head}$0"), true, &answers);
    assert_eq!(offered.as_deref(), Some("void remove(list *all) {"));
}

/// Someone whose time is up at once.
fn choices_at_once(path: &str, marked: &str, answers: &[(&str, f32)]) -> Vec<String> {
    choices_after(path, marked, Some(Duration::ZERO), answers)
}

#[test]
fn when_the_time_is_up_the_first_answer_ends_with_its_line() {
    let text = "# The area\ndef area(radius):\n    return radius\n\n\nprint(1)\n";
    let answers = [(text, 1.0)];
    let in_time = offered("a.py", "# The area\n$0", true, &answers);
    assert_eq!(
        in_time.as_deref(),
        Some("def area(radius):\n    return radius")
    );
    let late = choices_at_once("a.py", "# The area\n$0", &answers);
    assert_eq!(late, ["def area(radius):"]);
    let endless = format!("# The area\nx = [{}]\n", "1, ".repeat(100));
    let late = choices_at_once("a.py", "# The area\n$0", &[(&endless, 1.0)]);
    assert_eq!(late, [""; 0]);
}

#[test]
fn when_the_time_is_up_nothing_more_is_tried() {
    let head = "def twice(x):\n    return";
    let of = |text: &str| format!("{head} {text}");
    let answers = [(&*of("2 * x"), 0.5), (&*of("x + x"), 0.4)];
    let late = choices_at_once("a.py", &of("$0\n"), &answers);
    assert_eq!(late, ["2 * x", "x"]);
    // The likeliest answer cannot be shown, and another one is not looked for.
    let comment = "# The area\n# of it\n";
    let answers = [(comment, 0.6), ("# The area\nx = 1\n", 0.4)];
    let marked = "# The area\n$0";
    assert_eq!(choices("a.py", marked, true, &answers), ["x = 1"]);
    assert_eq!(choices_at_once("a.py", marked, &answers), [""; 0]);
}
