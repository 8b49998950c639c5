//! What encloses the cursor, in whole and in half-typed text; definitions and imports.

use super::at_cursor;
use crate::{Scope, slice};

/// The scopes as `kind name: header`, outermost first.
fn scopes(id: &str, text: &str) -> Vec<String> {
    let (rope, syntax, offset) = at_cursor(id, text);
    let line = |scope: Scope| {
        format!(
            "{} {}: {}",
            scope.kind,
            scope.name.unwrap_or_default(),
            slice(&rope, scope.header)
        )
    };
    syntax.scopes(&rope, offset).into_iter().map(line).collect()
}

#[test]
fn scopes_come_from_the_outside_in() {
    let python = "class A(B):\n    def f(self,\n          x):\n        return x$0\n";
    assert_eq!(
        scopes("python", python),
        [
            "class A: class A(B):",
            "function f: def f(self,\n          x):"
        ]
    );
    let rust = "mod m {\n    impl<T> A<T> {\n        fn f() -> u8 {\n            $01\n        }\n    }\n}\n";
    assert_eq!(
        scopes("rust", rust),
        [
            "module m: mod m",
            "impl A<T>: impl<T> A<T>",
            "function f: fn f() -> u8"
        ]
    );
    let typescript =
        "class A {\n  async f(): Promise<void> {\n    g(() => {\n      $0\n    });\n  }\n}\n";
    assert_eq!(
        scopes("typescript", typescript),
        [
            "class A: class A",
            "method f: async f(): Promise<void>",
            "lambda : () =>"
        ]
    );
    assert_eq!(scopes("go", "func (a *A) F() {\n}$0\n"), [""; 0]);
    assert_eq!(
        scopes("json", "{\"a\": {\"b\": [1$0]}}"),
        ["property a: \"a\":", "property b: \"b\":"]
    );
}

#[test]
fn a_blank_line_belongs_to_the_body_it_is_indented_for() {
    let text =
        |cursor: &str| format!("class A:\n    def f(self):\n        x = 1\n\n{cursor}\n\ny = 2\n");
    assert_eq!(scopes("python", &text("        $0")).len(), 2);
    assert_eq!(scopes("python", &text("    $0")).len(), 1);
    assert_eq!(scopes("python", &text("$0")).len(), 0);
    assert_eq!(scopes("python", "def f():\n    $0").len(), 1);
    assert_eq!(scopes("python", "def f():\n    x = 1\n    $0").len(), 1);
}

#[test]
fn what_is_broken_below_the_line_does_not_matter() {
    let opened = "#ifdef A\nextern \"C\" {\n#endif\n";
    let text = format!("$0\n{opened}#if !defined(B) && !defined(C)\n#define C\n{opened}");
    assert_eq!(scopes("cpp", &text), [""; 0]);
    assert_eq!(scopes("c", &text), [""; 0]);
}

#[test]
fn scopes_survive_what_is_half_typed() {
    let rust = "impl Finder {\n    fn new() -> Self {\n        Self { root: 1 }\n    }\n\n    fn find(&self) -> Option<u8> {\n        while let Some(path) = open.$0\n    }\n}\n\nfn main() {\n    run();\n}\n";
    assert_eq!(
        scopes("rust", rust),
        [
            "impl Finder: impl Finder",
            "function find: fn find(&self) -> Option<u8>"
        ]
    );
    let javascript = "class Router {\n  mount(prefix) {\n    this.app.get(prefix, (request) => {\n      if (request.query.$0\n    });\n  }\n}\n";
    assert_eq!(
        scopes("javascript", javascript),
        [
            "class Router: class Router",
            "method mount: mount(prefix)",
            "lambda : (request) =>"
        ]
    );
    let python = "class A:\n    def save(self):\n        x = f({1: 2}\n        y = $0\n\n    def load(self):\n        pass\n";
    assert_eq!(
        scopes("python", python),
        ["class A: class A:", "function save: def save(self):"]
    );
    let java = "class A {\n    int f(List<String> x) {\n        for (String s : x) {\n            g(s.$0\n    }\n}\n";
    assert_eq!(
        scopes("java", java),
        ["class A: class A", "method f: int f(List<String> x)"]
    );
    let bash = "f() {\n  if [ -n \"$1\" ]; then\n    echo \"$0\n\ng() {\n  echo\n}\n";
    assert_eq!(
        scopes("bash", &bash.replacen("$1", "$2", 1)),
        ["function f: f()"]
    );
    let cpp = "namespace a {\n\nclass B {\npublic:\n    void f(int x) {\n        g(x.$0\n    }\n\n    int h() { return 1; }\n};\n\n}\n";
    assert_eq!(
        scopes("cpp", cpp),
        [
            "module a: namespace a",
            "class B: class B",
            "function f: void f(int x)"
        ]
    );
    let c = "int f(int a) {\n    if (a > $0\n    return 1;\n}\n";
    assert_eq!(scopes("c", c), ["function f: int f(int a)"]);
    let go = "func F(a int) error {\n\tif a == {\n\t\t$0\n";
    assert_eq!(scopes("go", go), ["function F: func F(a int) error"]);
    assert_eq!(
        scopes("rust", "struct A;\n\nimpl A {\n    fn f() {$0\n"),
        ["impl A: impl A", "function f: fn f()"]
    );
}

#[test]
fn definitions_tell_name_kind_and_header() {
    let text = "$0class A:\n    def f(self,\n          x):\n        return x\n\n\nLIMIT = 3\n";
    let (rope, syntax, _) = at_cursor("python", text);
    let definitions = syntax
        .definitions(&rope)
        .into_iter()
        .map(|d| (d.kind, d.name, slice(&rope, d.header)));
    let expected = [
        ("class", "A", "class A:"),
        ("method", "f", "def f(self,\n          x):"),
        ("constant", "LIMIT", "LIMIT = 3"),
    ];
    assert_eq!(
        definitions.collect::<Vec<_>>(),
        expected.map(|(kind, name, head)| (kind, name.to_string(), head.to_string()))
    );
}

#[test]
fn definitions_stay_where_a_text_breaks_off() {
    for (id, text, expected) in [
        (
            "ruby",
            "class A\n  def f(x)\n    x\n  end\n\n  def g(y)\n    if y\n      y.$0",
            "A f g ",
        ),
        (
            "ruby",
            "def f(x)\n  x\nend\n\ndef g(y)\n  y.each do |z|\n    z = $0",
            "f g ",
        ),
        (
            "kotlin",
            "class A {\n  fun f(x: Int): Int {\n    return x\n  }\n\n  fun g(y: Int) {\n    y.$0",
            "A f g ",
        ),
        (
            "csharp",
            "class A {\n  int F(int x) {\n    return x;\n  }\n\n  int G(int y) {\n    y.$0",
            "A F G ",
        ),
    ] {
        let (rope, syntax, _) = at_cursor(id, text);
        let names = syntax.definitions(&rope).into_iter();
        let found: String = names.map(|one| one.name + " ").collect();
        assert_eq!(found, expected, "{id}");
        let ends = syntax.definitions(&rope).into_iter();
        assert!(
            ends.into_iter()
                .all(|one| one.range.end <= rope.len_bytes()),
            "{id}"
        );
    }
}

#[test]
fn attributes_are_no_part_of_a_header() {
    for (id, text, expected) in [
        (
            "java",
            "$0class A {\n  @Override\n  @Test(1)\n  public int f(int x) {\n    return x;\n  }\n}\n",
            "public int f(int x)",
        ),
        (
            "kotlin",
            "$0class A {\n  @Test\n  override fun f(x: Int): Int {\n    return x\n  }\n}\n",
            "override fun f(x: Int): Int",
        ),
        (
            "kotlin",
            "$0class A {\n  @Test\n  fun f(x: Int): Int {\n    return x\n  }\n}\n",
            "fun f(x: Int): Int",
        ),
        (
            "csharp",
            "$0class A\n{\n  [Obsolete]\n  [Test(1)]\n  public int f(int x)\n  {\n    return x;\n  }\n}\n",
            "public int f(int x)",
        ),
        (
            "php",
            "$0<?php\nclass A {\n  #[Test]\n  public function f($x) {\n    return $x;\n  }\n}\n",
            "public function f($x)",
        ),
    ] {
        let (rope, syntax, _) = at_cursor(id, text);
        let found = syntax.definitions(&rope).into_iter();
        let method = found.into_iter().find(|one| one.name == "f").unwrap();
        assert_eq!(slice(&rope, method.header), expected, "{id}");
    }
}

#[test]
fn imports_tell_paths_and_names() {
    for (id, text, expected) in [
        (
            "python",
            "$0import a.b, c as d\nfrom .e import f as g, h\n",
            "[a.b c: d] [.e: f g h] ",
        ),
        (
            "rust",
            "$0use a::{b, c::d as e};\n",
            "[a::{b, c::d as e}: b e] ",
        ),
        (
            "javascript",
            "$0import a, { b as c } from \"./d\";\nconst e = require('f');\n",
            "[./d: a b c] [f: e] ",
        ),
        ("go", "$0import (\n\tx \"a/b\"\n\t\"c\"\n)\n", "[a/b c: x] "),
        (
            "c",
            "$0#include <a.h>\n#include \"b.h\"\n",
            "[a.h: ] [b.h: ] ",
        ),
    ] {
        let (rope, syntax, _) = at_cursor(id, text);
        let imports = syntax.imports(&rope).into_iter();
        let described: String = imports
            .map(|i| format!("[{}: {}] ", i.paths.join(" "), i.names.join(" ")))
            .collect();
        assert_eq!(described, expected, "{id}");
    }
}
