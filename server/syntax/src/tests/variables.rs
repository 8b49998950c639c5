//! Names, where they are bound and where they are used; and functions as whole lines.

use super::parsed;

/// The bound names and the used ones, in the order of the text.
fn names(id: &str, text: &str) -> [String; 2] {
    let (rope, syntax) = parsed(id, text);
    let variables = syntax.variables(&rope, 0..text.len());
    let of = |bound: bool| {
        variables
            .iter()
            .filter(move |v| v.bound == bound)
            .map(|v| v.name.as_str())
    };
    [
        of(true).collect::<Vec<_>>().join(" "),
        of(false).collect::<Vec<_>>().join(" "),
    ]
}

#[test]
fn a_statement_is_found_among_many_without_a_look_at_all_pairs() {
    let text = "x = 1\n".repeat(20_000);
    let (rope, syntax) = parsed("python", &text);
    let start = std::time::Instant::now();
    let last = syntax.variables(&rope, text.len() - 6..text.len());
    let (took, limit) = (start.elapsed(), std::time::Duration::from_secs(1));
    assert_eq!(last.len(), 1);
    assert!(took < limit, "{took:?}");
}

#[test]
fn names_are_bound_or_used() {
    let python = "def f(a, b=c, *d):\n    x, y = a.g(b, key=d)\n    x[y] = self.z = a + b\n    for i in x: pass\n    \
                  with open(x) as o: return [j for j in o if (k := j)]\n";
    assert_eq!(
        names("python", python),
        ["a b d x y i o j k", "c a b d x y self a b x open x j o j"]
    );
    let javascript = "function f(a, { b }) {\n  let x = a.c(1);\n  x = { k: x };\n  for (const y of x) g(y, a + x);\n}\n";
    assert_eq!(
        names("javascript", javascript),
        ["a x x y", "a x x g y a x"]
    );
    let rust =
        "fn f(a: u8) -> u8 {\n    let (x, y) = g(a);\n    for i in x { y.h += i; }\n    x\n}\n";
    assert_eq!(names("rust", rust), ["a x y i", "g a x y i x"]);
    let go = "func f(a int) int {\n\tx, y := g(a)\n\tvar z int = x\n\tfor i := range y {\n\t\tz += i\n\t}\n\treturn z\n}\n";
    assert_eq!(names("go", go), ["a x y z i z", "g a x y i z"]);
    let java = "class A {\n  int f(int a) {\n    int x = a;\n    for (int y : g(x)) { x = this.z + y; }\n    return x;\n  }\n}\n";
    assert_eq!(names("java", java), ["a x y x", "a x y x"]);
    let c = "int f(int a) {\n  int x = a, *y = &x;\n  x = y->z + g(a);\n  return x;\n}\n";
    assert_eq!(names("c", c), ["a x y x", "a x y g a x"]);
}

#[test]
fn functions_are_whole_lines_with_what_belongs_to_them() {
    let functions = |id: &str, text: &str| {
        let (rope, syntax) = parsed(id, text);
        syntax
            .functions(&rope)
            .into_iter()
            .map(|range| text[range].to_owned())
            .collect::<Vec<_>>()
    };
    let python = "x = 1  # one\n@a\ndef f():\n    def g(): pass\n    return 1\n\n\nclass A:\n    # says\n    def h(self):\n        pass\n";
    let expected = [
        "@a\ndef f():\n    def g(): pass\n    return 1\n",
        "    # says\n    def h(self):\n        pass\n",
    ];
    assert_eq!(functions("python", python), expected);
    let rust = "mod m {\n    /// One.\n    /// Two.\n    #[inline]\n    fn f() {}\n}\n\nfn g() {}";
    assert_eq!(
        functions("rust", rust),
        [
            "    /// One.\n    /// Two.\n    #[inline]\n    fn f() {}\n",
            "fn g() {}"
        ]
    );
    let javascript = "const a = 1;\n// b\nexport const b = (x) => {\n  return x;\n};\n";
    assert_eq!(
        functions("javascript", javascript),
        ["// b\nexport const b = (x) => {\n  return x;\n};\n"]
    );
}
