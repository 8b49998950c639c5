//! Which insertions add a syntax error, on marked texts and on every line of the whole examples.

use super::{at_cursor, lines, whole_examples, without};
use crate::{Syntax, adds_error};
use text::Edit;

/// Whether inserting `insert` at the mark adds an error.
fn adds(id: &str, text: &str, insert: &str) -> bool {
    let (rope, syntax, offset) = at_cursor(id, text);
    let edit = Edit::insert(offset, insert);
    let with_tree = adds_error(&syntax, &rope, &edit);
    let fresh = Syntax::parse(syntax.grammar, &rope, None, &mut || false).unwrap();
    assert_eq!(
        with_tree,
        adds_error(&fresh, &rope, &edit),
        "with this tree and with a fresh one"
    );
    with_tree
}

#[test]
fn an_insertion_that_breaks_whole_code_adds_an_error() {
    for (id, text, insert) in [
        ("python", "def f(x):\n    return x$0\n\ny = 1\n", " y z"),
        ("python", "a = 1\n$0\nb = 2\n", "foo(1))"),
        ("python", "a = 1\n$0\nb = 2\n", "s = \"open"),
        ("rust", "fn f() {\n    $0\n}\n", "let x = ;"),
        ("rust", "fn f() {\n    $0\n}\n", "g(); } }"),
        ("javascript", "function f() {\n  $0\n}\n", "return a b;"),
        ("json", "{\n  \"a\": 1$0\n}\n", ", \"b\""),
        ("go", "func f() {\n\t$0\n}\n", "x := := 1"),
        ("python", "x = foo($0)\n", "a, b)"),
        ("c", "int f(void) {\n    $0\n}\n", "return 1;; )"),
    ] {
        assert!(adds(id, text, insert), "{id} {text:?} {insert:?}");
    }
}

#[test]
fn an_insertion_that_is_fine_or_only_unfinished_is_not_blamed() {
    for (id, text, insert) in [
        ("python", "a = 1\n$0\nb = 2\n", "foo(1)"),
        ("python", "a = 1\n$0\nb = 2\n", "for x in y:"),
        (
            "python",
            "a = 1\n$0\nb = 2\n",
            "for x in y:\n    if x:\n        g(x,",
        ),
        ("python", "def f(x):\n    return $0\n", "x + 1"),
        ("python", "x = foo($0\ny = 1\n", "a, b)"),
        ("python", "x = foo($0)\ny = 1\n", "a, b"),
        ("rust", "fn f() {\n    $0\n}\n", "if a {"),
        ("rust", "fn f() {\n    $0\n}\n", "let x = g(1, {"),
        ("rust", "fn f() {\n    let x = $0\n}\n", "1;"),
        (
            "javascript",
            "function f() {\n  $0\n}\n",
            "list.map((x) => {",
        ),
        (
            "go",
            "func f() {\n\t$0\n}\n",
            "if err != nil {\n\t\treturn err\n\t}",
        ),
        ("json", "{\n  \"a\": 1$0\n}\n", ", \"b\": 2"),
        ("c", "int f(void) {\n    $0\n}\n", "return 1;"),
        ("bash", "f() {\n  $0\n}\n", "echo \"a\""),
    ] {
        assert!(!adds(id, text, insert), "{id} {text:?} {insert:?}");
    }
}

#[test]
fn what_was_broken_before_is_not_blamed_on_the_insertion() {
    for (id, text, insert) in [
        ("python", "x = = \n$0\ny = 1\n", "z = 2"),
        ("python", "x = = $0\ny = 1\n", "3"),
        ("rust", "fn f() {\n    let x = ;\n    $0\n}\n", "g();"),
        (
            "rust",
            "fn a() {\n    (\n}\n\nfn f() {\n    $0\n}\n",
            "g();",
        ),
        ("javascript", "class A {\n  f( {\n  }\n  $0\n}\n", "g() {}"),
        (
            "java",
            "class A {\n    int x = = 1;\n\n    void g() {}\n\n    void f() {\n        $0\n    }\n}\n",
            "g();",
        ),
    ] {
        assert!(!adds(id, text, insert), "{id} {text:?} {insert:?}");
    }
}

#[test]
fn what_the_author_wrote_is_not_blamed_line_by_line() {
    let (mut judged, mut blamed) = (0, Vec::new());
    for (id, text) in whole_examples() {
        for line in lines(&text) {
            // A whole line, or its second half, is missing; it is put back, or one more line break
            // with it.
            for start in [line.start, (line.start + line.end) / 2]
                .into_iter()
                .filter(|at| text.is_char_boundary(*at))
            {
                let (rope, syntax) = without(id, &text, start..line.end);
                for insert in [
                    text[start..line.end].to_string(),
                    format!("{}\n", &text[start..line.end]),
                ] {
                    judged += 1;
                    if adds_error(&syntax, &rope, &Edit::insert(start, insert.as_str())) {
                        blamed.push(format!("{id}: {insert:?}"));
                    }
                }
            }
        }
    }
    assert!(
        judged > 1_000 && blamed.is_empty(),
        "{} of {judged} blamed: {blamed:#?}",
        blamed.len()
    );
}

#[test]
fn a_spoilt_line_is_blamed_where_the_line_was_empty() {
    let (mut spoilt, mut caught) = (0, 0);
    for (id, text) in whole_examples()
        .into_iter()
        .filter(|(id, _)| !["markdown", "json"].contains(id))
    {
        for line in lines(&text)
            .into_iter()
            .filter(|line| !text[line.clone()].trim().is_empty())
        {
            let (rope, syntax) = without(id, &text, line.clone());
            for spoil in [")", " x y", "]"] {
                let insert = text[line.clone()].to_string() + spoil;
                let (_, whole) = without(
                    id,
                    &format!("{}{insert}{}", &text[..line.start], &text[line.end..]),
                    0..0,
                );
                if syntax.errors().is_empty() && !whole.errors().is_empty() {
                    spoilt += 1;
                    caught += usize::from(adds_error(
                        &syntax,
                        &rope,
                        &Edit::insert(line.start, insert.as_str()),
                    ));
                }
            }
        }
    }
    assert!(
        spoilt > 500 && caught * 100 >= spoilt * 90,
        "only {caught} of {spoilt} were caught"
    );
}
