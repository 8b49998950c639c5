//! Where several lines are expected, on marked texts and on every line of the whole examples.

use super::{at_cursor, lines, whole_examples, without};

/// The indentation of the expected block.
fn block(id: &str, text: &str) -> Option<String> {
    let (rope, syntax, offset) = at_cursor(id, text);
    syntax
        .expects_block(&rope, offset)
        .map(|block| block.indent)
}

#[test]
fn after_an_opener_a_block_is_expected() {
    for (id, text, indent) in [
        ("python", "def f(a, b):$0", "    "),
        ("python", "def f(a, b):$0\n\nx = 1\n", "    "),
        (
            "python",
            "class A:\n  def f(self):\n    if x:$0\n",
            "      ",
        ),
        ("python", "def f(\n    a,\n    b,\n) -> int:$0\n", "    "),
        ("python", "for i in range(3): $0\n", "    "),
        ("python", "if a:\n    b\nelse:$0", "    "),
        ("python", "if a:  # why$0", ""),
        ("python", "async def f():$0", "    "),
        ("rust", "fn f() -> u8 {$0", "    "),
        ("rust", "fn f() {$0}\n", "    "),
        (
            "rust",
            "impl A {\n    fn f() {\n        if a {$0\n    }\n}\n",
            "            ",
        ),
        ("rust", "match x {$0\n", "    "),
        ("rust", "struct A {$0}", "    "),
        ("javascript", "list.forEach((x) => {$0})", "  "),
        ("typescript", "interface A {$0}", "  "),
        ("go", "func f() {$0\n}\n", "\t"),
        ("java", "class A {\n\tvoid f() {$0\n", "\t\t"),
        ("c", "int main(void) {$0", "    "),
        ("cpp", "class A {$0};", "    "),
        ("bash", "if [ -f x ]; then$0", "  "),
        ("bash", "for f in *; do$0", "  "),
        ("ruby", "class A\n  def f(x)$0\n", "    "),
        ("ruby", "if a$0", ""),
        ("ruby", "list.each do |a, b|$0", "  "),
        ("ruby", "x = a | b |$0", ""),
        ("ruby", "def f(x) = g(x)$0", ""),
        ("ruby", "x = f(a)$0", ""),
        ("sql", "CREATE TABLE t ($0", "  "),
    ] {
        let found = block(id, text);
        if indent.is_empty() {
            assert_eq!(found, None, "{id} {text:?}");
        } else {
            assert_eq!(found.as_deref(), Some(indent), "{id} {text:?}");
        }
    }
}

#[test]
fn an_empty_body_expects_a_block() {
    for (id, text, indent) in [
        ("python", "def f():\n    $0", "    "),
        ("ruby", "def f\n  $0\nend\n", "  "),
        ("ruby", "list.each do |a, b|\n  $0\nend\n", "  "),
        ("ruby", "if a && b\n$0", "  "),
        ("ruby", "case x\nwhen 1\n  $0", "  "),
        ("python", "def f():\n    $0\n\ndef g():\n    pass\n", "    "),
        ("python", "def f():\n$0\n\nx = 1\n", "    "),
        ("python", "def f():\r\n    $0\r\n", "    "),
        ("python", "def f():\n    \"\"\"Adds.\"\"\"\n    $0", "    "),
        (
            "python",
            "def f():\n    \"\"\"Adds.\n\n    More.\n    \"\"\"\n    $0\n\nx = 1\n",
            "    ",
        ),
        ("python", "def f():\n    # Adds.\n    $0", "    "),
        (
            "python",
            "class A:\n    def f(self):\n        $0\n\n    def g(self):\n        pass\n",
            "        ",
        ),
        ("rust", "fn f() {\n    $0\n}\n", "    "),
        ("rust", "fn f() {\n    // Adds.\n    $0\n}\n", "    "),
        ("rust", "fn f() {\n    $0\n\nfn g() {}\n", "    "),
        ("go", "func f() {\n\t$0\n}\n", "\t"),
        (
            "java",
            "class A {\n    void f() {\n        $0\n    }\n}\n",
            "        ",
        ),
        ("bash", "f() {\n  $0\n}\n", "  "),
    ] {
        assert_eq!(block(id, text).as_deref(), Some(indent), "{id} {text:?}");
    }
}

#[test]
fn elsewhere_no_block_is_expected() {
    for (id, text) in [
        ("python", "x = {\"a\":$0"),
        ("python", "x = a[1:$0"),
        ("python", "x = lambda:$0"),
        ("python", "x: $0"),
        ("python", "# if a:$0"),
        ("python", "s = \"if a:$0\""),
        ("python", "def f():\n    x = 1\n    $0"),
        ("python", "def f():\n    $0\n    x = 1\n"),
        ("python", "def f():$0 pass\n"),
        ("python", "def f():\n    \"\"\"Adds$0\"\"\"\n"),
        ("rust", "use std::{$0};"),
        ("rust", "fn f() {\n    $0\n    g();\n}\n"),
        ("rust", "fn f() {\n    g();\n    $0\n}\n"),
        ("javascript", "import {$0} from \"a\";"),
        ("javascript", "import {$0"),
        ("javascript", "x = `a${$0`"),
        ("json", "{\"a\": \"{$0\"}"),
        ("markdown", "# Title\n$0"),
        ("bash", "echo then$0 x"),
    ] {
        assert_eq!(block(id, text), None, "{id} {text:?}");
    }
}

#[test]
fn a_block_is_expected_wherever_the_author_opened_one() {
    for (id, text) in whole_examples() {
        let facts = &grammars::by_id(id).unwrap().facts;
        let opener = match facts.block {
            grammars::BlockStyle::Colon => ":",
            grammars::BlockStyle::Brace => "{",
            grammars::BlockStyle::None => continue,
        };
        let mut opened = 0;
        for line in lines(&text)
            .into_iter()
            .filter(|line| text[line.clone()].ends_with(opener))
        {
            opened += 1;
            // The file ends here, as while it is written, or goes on with an empty body.
            let (rope, syntax) = without(id, &text, line.end..text.len());
            let found = syntax.expects_block(&rope, line.end);
            assert!(found.is_some(), "{id}: {:?}", &text[line]);
        }
        assert!(opened >= 3, "{id}");
    }
}

#[test]
fn in_the_middle_of_a_line_no_block_is_expected() {
    for (id, text) in whole_examples() {
        let (rope, syntax) = without(id, &text, 0..0);
        for line in lines(&text) {
            for offset in line.start + 1..line.end {
                let rest = text.get(offset..line.end).unwrap_or("");
                if rest.trim_start().starts_with(|c: char| c.is_alphanumeric()) {
                    assert_eq!(syntax.expects_block(&rope, offset), None, "{id}: {rest:?}");
                }
            }
        }
    }
}
