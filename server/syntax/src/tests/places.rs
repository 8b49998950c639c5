//! Code, comment or string, with the cursor marked by `$0`.

use super::at_cursor;
use crate::Place;

fn place(id: &str, text: &str) -> Place {
    let (rope, syntax, offset) = at_cursor(id, text);
    syntax.place(&rope, offset)
}

#[test]
fn a_comment_reaches_to_the_end_of_its_line() {
    for (id, text) in [
        ("python", "x = 1  # no$0te\n"),
        ("python", "x = 1  # note$0\n"),
        ("python", "x = 1  # note$0"),
        ("python", "#$0\r\nx"),
        ("rust", "/// doc$0\nfn f() {}"),
        ("rust", "/* a $0 b */"),
        ("rust", "fn f() { /* a $0"),
        ("bash", "echo # a$0\n"),
        ("json", "{} // a$0"),
        ("sql", "select 1 -- a$0\n"),
        ("java", "class A { /** $0 */ }"),
        ("typescript", "f( // a$0\n"),
    ] {
        assert_eq!(place(id, text), Place::Comment, "{id} {text:?}");
    }
}

#[test]
fn after_a_comment_or_string_is_code() {
    for (id, text) in [
        ("python", "x = 1  # note\n$0"),
        ("python", "x = 1  $0# note\n"),
        ("rust", "/// doc\n$0fn f() {}"),
        ("rust", "/* a */$0 fn f() {}"),
        ("python", "x = \"a\"$0\n"),
        ("python", "x = $0\"a\"\n"),
        ("python", "x = f\"a{b$0}\"\n"),
        ("javascript", "x = `a${b$0}`"),
        ("bash", "echo \"a$(b$0)\""),
        ("rust", "fn f<'a>(x: &'a str$0"),
        ("c", "char c = 'a'$0;"),
        ("sql", "select 12$0 from t"),
        ("go", "x := y$0"),
        ("python", "$0"),
    ] {
        assert_eq!(place(id, text), Place::Code, "{id} {text:?}");
    }
}

#[test]
fn a_string_counts_before_it_is_closed() {
    for (id, text) in [
        ("python", "x = \"a$0b\"\n"),
        ("python", "x = \"$0\"\n"),
        ("python", "x = \"abc$0\ny = 1\n"),
        ("python", "x = \"abc$0"),
        ("python", "x = 'it is$0\n"),
        ("python", "def f():\n    \"\"\"Says$0\n\n    return 1\n"),
        ("python", "print(f\"a {b} c$0\n"),
        ("rust", "fn f() { let x = \"abc$0; }\n"),
        ("rust", "let x = r#\"a \"$0 b\"#;"),
        ("javascript", "import a from \"./b$0\n"),
        ("javascript", "x = `a$0"),
        ("go", "x := \"abc$0\n"),
        ("java", "class A { String s = \"ab$0\n}"),
        ("c", "char *s = \"abc$0;\n"),
        ("sql", "select 'abc$0' from t"),
        ("bash", "echo \"abc$0"),
        ("json", "{\"a$0\": 1}"),
        ("json", "{\"a$0"),
    ] {
        assert_eq!(place(id, text), Place::String, "{id} {text:?}");
    }
}
