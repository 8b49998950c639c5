//! What is copied, and how it is fitted to the cursor. `$0` in no text here: `before` ends at the
//! cursor.

use super::index;
use crate::copies_in;

/// The texts, best first, of one line each.
fn texts(files: &[(&str, &str)], before: &str) -> Vec<String> {
    index(files)
        .copies(before, "here.py", 1, 9)
        .into_iter()
        .map(|copied| copied.text)
        .collect()
}

#[test]
fn the_longest_match_comes_first() {
    let files = [
        ("a.py", "x = open(path)\n"),
        ("b.py", "y = open(name)\n"),
        ("c.py", "log(open)\n"),
    ];
    assert_eq!(texts(&files, "y = open("), ["name)", "path)", "open)"]);
    assert_eq!(texts(&files, "z = open("), ["path)", "name)", "open)"]);
    assert_eq!(texts(&files, "log("), ["open)", "path)", "name)"]);
    assert_eq!(texts(&files, "nothing [ "), [""; 0]);
}

#[test]
fn places_that_agree_are_counted() {
    let files = [
        ("a.py", "f(a, b)\nf(a, c)\nf(a, b)\n"),
        ("b.py", "f(a, b)\n"),
    ];
    let found = index(&files).copies("f(a,", "", 1, 9);
    let shown: Vec<_> = found
        .iter()
        .map(|c| (&*c.text, c.matched, c.agreeing, c.places))
        .collect();
    assert_eq!(shown, [(" b)", 4, 3, 4), (" c)", 4, 1, 4)]);
    assert_eq!(
        (found[0].matched_bytes, found[1].line, &*found[1].path),
        (4, 1, "a.py")
    );
}

#[test]
fn the_longer_context_wins_over_more_places() {
    let files = [
        ("a.py", "a = 1\ng(x)\n"),
        ("b.py", "b = 1\ng(y)\nb = 1\ng(y)\n"),
    ];
    let found = index(&files).copies("a = 1\ng(", "", 1, 9);
    let shown: Vec<_> = found
        .iter()
        .map(|c| (&*c.text, c.agreeing, c.places))
        .collect();
    assert_eq!(shown, [("x)", 1, 1), ("y)", 2, 3)]);
    assert!(found[0].matched > found[1].matched);
}

#[test]
fn a_half_typed_word_must_begin_the_next() {
    let files = [(
        "a.py",
        "self.parser.read(line)\nself.path = 1\nself.other()\n",
    )];
    assert_eq!(texts(&files, "self.pa"), ["rser.read(line)", "th = 1"]);
    assert_eq!(texts(&files, "self.path"), [" = 1"]);
    assert_eq!(texts(&files, "self.pathology"), [""; 0]);
    let found = &index(&files).copies("x = self.pa", "", 1, 1)[0];
    assert_eq!(
        (
            found.matched,
            found.matched_bytes,
            found.agreeing,
            found.places
        ),
        (2, 7, 1, 2)
    );
    assert_eq!(texts(&files, "\nself.o"), ["ther()"]);
    assert_eq!(texts(&files, "oth"), [""; 0]);
}

#[test]
fn a_blank_is_not_doubled() {
    let files = [("a.py", "total = count + 1\n")];
    assert_eq!(texts(&files, "total ="), [" count + 1"]);
    assert_eq!(texts(&files, "total = "), ["count + 1"]);
    assert_eq!(texts(&files, "total = count "), ["+ 1"]);
    assert_eq!(texts(&files, "total"), [""; 0]);
    assert_eq!(texts(&files, "(total = count"), [" + 1"]);
    assert_eq!(texts(&[("a.py", "f(x)\n")], "f( "), ["x)"]);
}

#[test]
fn lines_after_the_first_are_indented_as_the_cursor_is() {
    let file = "if a:\n    for x in y:\n        f(x)\n\n        g()\n    h()\nend()\n";
    let found = |before: &str, lines| {
        index(&[("a.py", file)]).copies(before, "", lines, 1)[0]
            .text
            .clone()
    };
    assert_eq!(
        found("        for x in ", 4),
        "y:\n            f(x)\n\n            g()"
    );
    assert_eq!(found("\tfor x in", 2), " y:\n\t    f(x)");
    assert_eq!(
        found("    if a:\n        ", 3),
        "for x in y:\n            f(x)"
    );
    assert_eq!(found("        g(", 3), ")\n    h()\nend()");
    assert_eq!(found("      g(", 2), ")\n  h()");
    assert_eq!(found("if a:\n", 2), "    for x in y:\n        f(x)");
}

#[test]
fn line_breaks_of_any_kind_match_and_come_back_plain() {
    let files = [("a.py", "a()\r\n\r\nb(1)\r\nc()\r\n")];
    let found = index(&files).copies("a()\n", "", 2, 1);
    assert_eq!((&*found[0].text, found[0].matched), ("b(1)\nc()", 4));
    assert_eq!(texts(&files, "b(1)\n")[0], "c()");
}

#[test]
fn the_file_of_the_cursor_is_not_looked_at() {
    let files = [("here.py", "a = call(1)\n"), ("there.py", "b = call(2)\n")];
    assert_eq!(texts(&files, "a = call("), ["2)"]);
}

#[test]
fn the_nearer_file_comes_first_among_equals() {
    let files = [
        ("lib/a.py", "run(1)\n"),
        ("app/b.py", "run(2)\n"),
        ("z.py", "run(3)\n"),
    ];
    let found = |here| index(&files).copies("run(", here, 1, 1)[0].text.clone();
    assert_eq!(
        (found("app/x.py"), found("lib/x.py")),
        ("2)".into(), "1)".into())
    );
}

#[test]
fn nothing_is_copied_for_only_a_line_break_or_from_very_long_lines() {
    assert_eq!(texts(&[("a.py", "\nfoo\n")], "bar\n"), [""; 0]);
    let long = format!("data = [{}]\n", "1, ".repeat(400));
    assert_eq!(texts(&[("a.py", &long)], "data = "), [""; 0]);
}

#[test]
fn an_open_text_answers_as_the_index_does() {
    let text = "#\nf(a, b)\nf(a, c)\nf(a, b)\nself.parser\n";
    for before in ["f(a,", "f(a, ", "(", "self.p", "x\nf", ""] {
        let here = copies_in(text, before, "a.py", 2, 9);
        assert_eq!(
            here,
            index(&[("a.py", text)]).copies(before, "", 2, 9),
            "before {before:?}"
        );
    }
    assert_eq!(
        copies_in("f(a, b)\nf(a", "f(a, b)\nf(a", "a.py", 1, 1)[0].text,
        ", b)"
    );
}
