//! Tests with texts that mark the cursor by `$0`: place, scopes, blocks, errors, on whole and on broken texts.

use crate::{Place, Rope, Scope, Syntax, adds_error, expects_block, slice};

/// The text without `$0`, its tree, and where the mark stood.
fn at_cursor(id: &str, text: &str) -> (Rope, Syntax, usize) {
    let offset = text.find("$0").unwrap();
    let rope = Rope::from_str(&text.replacen("$0", "", 1));
    let syntax = Syntax::parse(grammars::by_id(id).unwrap(), &rope, None, &mut || false).unwrap();
    (rope, syntax, offset)
}

fn place(id: &str, text: &str) -> Place {
    let (rope, syntax, offset) = at_cursor(id, text);
    syntax.place(&rope, offset)
}

/// The scopes as `kind name: header`, outermost first.
fn scopes(id: &str, text: &str) -> Vec<String> {
    let (rope, syntax, offset) = at_cursor(id, text);
    let line =
        |scope: Scope| format!("{} {}: {}", scope.kind, scope.name.unwrap_or_default(), slice(&rope, scope.header));
    syntax.scopes(&rope, offset).into_iter().map(line).collect()
}

/// The indentation of the expected block.
fn block(id: &str, text: &str) -> Option<String> {
    let (rope, syntax, offset) = at_cursor(id, text);
    expects_block(&syntax, &rope, offset).map(|block| block.indent)
}

/// Whether inserting `insert` at the mark adds an error.
fn adds(id: &str, text: &str, insert: &str) -> bool {
    let (rope, syntax, offset) = at_cursor(id, text);
    let with_tree = adds_error(syntax.grammar, &rope, Some(&syntax), offset, insert, 0);
    assert_eq!(with_tree, adds_error(syntax.grammar, &rope, None, offset, insert, 0), "with and without a tree");
    with_tree
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
fn behind_a_comment_or_string_is_code() {
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

#[test]
fn scopes_are_told_from_the_outside_in() {
    let python = "class A(B):\n    def f(self,\n          x):\n        return x$0\n";
    assert_eq!(scopes("python", python), ["class A: class A(B):", "function f: def f(self,\n          x):"]);
    let rust = "mod m {\n    impl<T> A<T> {\n        fn f() -> u8 {\n            $01\n        }\n    }\n}\n";
    assert_eq!(scopes("rust", rust), ["module m: mod m", "impl A<T>: impl<T> A<T>", "function f: fn f() -> u8"]);
    let typescript = "class A {\n  async f(): Promise<void> {\n    g(() => {\n      $0\n    });\n  }\n}\n";
    assert_eq!(
        scopes("typescript", typescript),
        ["class A: class A", "method f: async f(): Promise<void>", "lambda : () =>"]
    );
    assert_eq!(scopes("go", "func (a *A) F() {\n}$0\n"), [""; 0]);
    assert_eq!(scopes("json", "{\"a\": {\"b\": [1$0]}}"), ["property a: \"a\":", "property b: \"b\":"]);
}

#[test]
fn a_blank_line_belongs_to_the_body_it_is_indented_for() {
    let text = |cursor: &str| format!("class A:\n    def f(self):\n        x = 1\n\n{cursor}\n\ny = 2\n");
    assert_eq!(scopes("python", &text("        $0")).len(), 2);
    assert_eq!(scopes("python", &text("    $0")).len(), 1);
    assert_eq!(scopes("python", &text("$0")).len(), 0);
    assert_eq!(scopes("python", "def f():\n    $0").len(), 1);
    assert_eq!(scopes("python", "def f():\n    x = 1\n    $0").len(), 1);
}

#[test]
fn scopes_survive_what_is_half_typed() {
    let rust = "impl Finder {\n    fn new() -> Self {\n        Self { root: 1 }\n    }\n\n    fn find(&self) -> Option<u8> {\n        while let Some(path) = open.$0\n    }\n}\n\nfn main() {\n    run();\n}\n";
    assert_eq!(scopes("rust", rust), ["impl Finder: impl Finder", "function find: fn find(&self) -> Option<u8>"]);
    let javascript = "class Router {\n  mount(prefix) {\n    this.app.get(prefix, (request) => {\n      if (request.query.$0\n    });\n  }\n}\n";
    assert_eq!(
        scopes("javascript", javascript),
        ["class Router: class Router", "method mount: mount(prefix)", "lambda : (request) =>"]
    );
    let python =
        "class A:\n    def save(self):\n        x = f({1: 2}\n        y = $0\n\n    def load(self):\n        pass\n";
    assert_eq!(scopes("python", python), ["class A: class A:", "function save: def save(self):"]);
    let java = "class A {\n    int f(List<String> x) {\n        for (String s : x) {\n            g(s.$0\n    }\n}\n";
    assert_eq!(scopes("java", java), ["class A: class A", "method f: int f(List<String> x)"]);
    let c = "int f(int a) {\n    if (a > $0\n    return 1;\n}\n";
    assert_eq!(scopes("c", c), ["function f: int f(int a)"]);
    let go = "func F(a int) error {\n\tif a == {\n\t\t$0\n";
    assert_eq!(scopes("go", go), ["function F: func F(a int) error"]);
    assert_eq!(scopes("rust", "struct A;\n\nimpl A {\n    fn f() {$0\n"), ["impl A: impl A", "function f: fn f()"]);
}

#[test]
fn an_edit_moves_the_tree_and_a_stopped_parse_leaves_it() {
    let (rope, syntax, _) = at_cursor("python", "x = 1\n$0");
    assert!(Syntax::parse(syntax.grammar, &Rope::from_str(&"x = 1\n".repeat(5_000)), None, &mut || true).is_none());
    assert!(syntax.errors().is_empty() && syntax.is_settled());
    let huge = Rope::from_str(&"x = 1\n".repeat(crate::MAX_TREE_BYTES / 6 + 1));
    assert!(Syntax::parse(syntax.grammar, &huge, None, &mut || false).is_none());
    assert_eq!(syntax.definitions(&rope), []);
}

#[test]
fn behind_an_opener_a_block_is_expected() {
    for (id, text, indent) in [
        ("python", "def f(a, b):$0", "    "),
        ("python", "def f(a, b):$0\n\nx = 1\n", "    "),
        ("python", "class A:\n  def f(self):\n    if x:$0\n", "      "),
        ("python", "def f(\n    a,\n    b,\n) -> int:$0\n", "    "),
        ("python", "for i in range(3): $0\n", "    "),
        ("python", "if a:\n    b\nelse:$0", "    "),
        ("python", "if a:  # why$0", ""),
        ("python", "async def f():$0", "    "),
        ("rust", "fn f() -> u8 {$0", "    "),
        ("rust", "fn f() {$0}\n", "    "),
        ("rust", "impl A {\n    fn f() {\n        if a {$0\n    }\n}\n", "            "),
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
        ("python", "def f():\n    $0\n\ndef g():\n    pass\n", "    "),
        ("python", "def f():\n$0\n\nx = 1\n", "    "),
        ("python", "def f():\r\n    $0\r\n", "    "),
        ("python", "def f():\n    \"\"\"Adds.\"\"\"\n    $0", "    "),
        ("python", "def f():\n    \"\"\"Adds.\n\n    More.\n    \"\"\"\n    $0\n\nx = 1\n", "    "),
        ("python", "def f():\n    # Adds.\n    $0", "    "),
        ("python", "class A:\n    def f(self):\n        $0\n\n    def g(self):\n        pass\n", "        "),
        ("rust", "fn f() {\n    $0\n}\n", "    "),
        ("rust", "fn f() {\n    // Adds.\n    $0\n}\n", "    "),
        ("rust", "fn f() {\n    $0\n\nfn g() {}\n", "    "),
        ("go", "func f() {\n\t$0\n}\n", "\t"),
        ("java", "class A {\n    void f() {\n        $0\n    }\n}\n", "        "),
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
fn an_insertion_that_breaks_whole_code_is_told() {
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
        ("python", "a = 1\n$0\nb = 2\n", "for x in y:\n    if x:\n        g(x,"),
        ("python", "def f(x):\n    return $0\n", "x + 1"),
        ("python", "x = foo($0\ny = 1\n", "a, b)"),
        ("python", "x = foo($0)\ny = 1\n", "a, b"),
        ("rust", "fn f() {\n    $0\n}\n", "if a {"),
        ("rust", "fn f() {\n    $0\n}\n", "let x = g(1, {"),
        ("rust", "fn f() {\n    let x = $0\n}\n", "1;"),
        ("javascript", "function f() {\n  $0\n}\n", "list.map((x) => {"),
        ("go", "func f() {\n\t$0\n}\n", "if err != nil {\n\t\treturn err\n\t}"),
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
        ("rust", "fn a() {\n    (\n}\n\nfn f() {\n    $0\n}\n", "g();"),
        ("javascript", "class A {\n  f( {\n  }\n  $0\n}\n", "g() {}"),
        ("java", "class A {\n    int x = = 1;\n\n    void g() {}\n\n    void f() {\n        $0\n    }\n}\n", "g();"),
    ] {
        assert!(!adds(id, text, insert), "{id} {text:?} {insert:?}");
    }
}

#[test]
fn an_offset_inside_a_character_or_past_the_end_is_harmless() {
    let (rope, syntax, _) = at_cursor("python", "x = '😀'  # 😀\n$0");
    for offset in 0..rope.len_bytes() + 5 {
        let _ = syntax.place(&rope, offset);
        let _ = syntax.scopes(&rope, offset);
        let _ = expects_block(&syntax, &rope, offset);
        let _ = adds_error(syntax.grammar, &rope, Some(&syntax), offset, "y", 1);
    }
}

/// The whole example of each language.
fn whole_examples() -> Vec<(&'static str, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../grammars");
    let whole = |id: &'static str| {
        let mut paths: Vec<_> =
            std::fs::read_dir(root.join(id).join("examples")).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        (id, std::fs::read_to_string(&paths[0]).unwrap())
    };
    grammars::all().iter().map(|grammar| whole(grammar.id)).collect()
}

/// The rope, tree and text of an example without `gap`.
fn without(id: &str, text: &str, gap: std::ops::Range<usize>) -> (Rope, Syntax) {
    let rope = Rope::from_str(&format!("{}{}", &text[..gap.start], &text[gap.end..]));
    let syntax = Syntax::parse(grammars::by_id(id).unwrap(), &rope, None, &mut || false).unwrap();
    (rope, syntax)
}

/// Every line of a text, as a range without its line break.
fn lines(text: &str) -> Vec<std::ops::Range<usize>> {
    let start_of = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
    text.lines().map(|line| start_of(line)..start_of(line) + line.len()).collect()
}

#[test]
fn what_the_author_wrote_is_not_blamed_line_by_line() {
    let (mut judged, mut blamed) = (0, Vec::new());
    for (id, text) in whole_examples() {
        for line in lines(&text) {
            // A whole line, or its second half, is missing; it is put back, or one more line break with it.
            for start in [line.start, (line.start + line.end) / 2].into_iter().filter(|at| text.is_char_boundary(*at)) {
                let (rope, syntax) = without(id, &text, start..line.end);
                for insert in [text[start..line.end].to_string(), format!("{}\n", &text[start..line.end])] {
                    judged += 1;
                    if adds_error(syntax.grammar, &rope, Some(&syntax), start, &insert, 0) {
                        blamed.push(format!("{id}: {insert:?}"));
                    }
                }
            }
        }
    }
    assert!(judged > 1_000 && blamed.is_empty(), "{} of {judged} blamed: {blamed:#?}", blamed.len());
}

#[test]
fn a_spoilt_line_is_blamed_where_the_line_was_empty() {
    let (mut spoilt, mut caught) = (0, 0);
    for (id, text) in whole_examples().into_iter().filter(|(id, _)| !["markdown", "json"].contains(id)) {
        for line in lines(&text).into_iter().filter(|line| !text[line.clone()].trim().is_empty()) {
            let (rope, syntax) = without(id, &text, line.clone());
            for spoil in [")", " x y", "]"] {
                let insert = text[line.clone()].to_string() + spoil;
                let (_, whole) = without(id, &format!("{}{insert}{}", &text[..line.start], &text[line.end..]), 0..0);
                if syntax.errors().is_empty() && !whole.errors().is_empty() {
                    spoilt += 1;
                    caught += usize::from(adds_error(syntax.grammar, &rope, Some(&syntax), line.start, &insert, 0));
                }
            }
        }
    }
    assert!(spoilt > 500 && caught * 100 >= spoilt * 90, "only {caught} of {spoilt} were caught");
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
        for line in lines(&text).into_iter().filter(|line| text[line.clone()].ends_with(opener)) {
            opened += 1;
            // The file ends here, as while it is written, or goes on with an empty body.
            let (rope, syntax) = without(id, &text, line.end..text.len());
            let found = expects_block(&syntax, &rope, line.end);
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
                    assert_eq!(expects_block(&syntax, &rope, offset), None, "{id}: {rest:?}");
                }
            }
        }
    }
}
