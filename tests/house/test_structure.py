"""Tests that functions, types, closures, tests and paths are found in tokens."""

import unittest

from structure import Source, read


class Functions(unittest.TestCase):
    def test_lines_and_tokens_of_a_body(self) -> None:
        source = read("fn add(a: u8, b: u8) -> u8 {\n    // Sums.\n    a + b\n}\n")
        (function,) = source.functions
        self.assertEqual((function.name, function.lines, function.tokens), ("add", 4, 5))
        self.assertEqual((source.lines, source.code_lines, source.tokens), (4, 3, 18))

    def test_a_declaration_and_a_function_pointer_have_no_body(self) -> None:
        self.assertEqual(
            read("trait T { fn a(&self); }\nstruct S { f: fn(u8) -> u8 }").functions, []
        )

    def test_an_array_in_the_head_is_no_end(self) -> None:
        source = read("fn f(a: [u8; 4]) -> [u8; 2] where u8: Copy { [a[0], a[1]] }")
        self.assertEqual([function.name for function in source.functions], ["f"])

    def test_braces_in_text_do_not_count(self) -> None:
        source = read("fn f() {\n    g(\"}\", '}');\n    // }\n}\nfn g() {}\n")
        self.assertEqual([function.lines for function in source.functions], [4, 1])

    def test_closures(self) -> None:
        source = read(
            "fn f() { a.map(|x| x | 1).or_else(|| b || c); let d = move |(p, q)| p;"
            " matches!(e, A | B { .. } | C); match g { 1 | 2 => h(|i, j| i), _ => 0 } }"
        )
        self.assertEqual(source.functions[0].closures, 4)


class Tests(unittest.TestCase):
    SOURCE = """\
//! Header.

/// Documented.
#[derive(Clone)]
pub struct Shown;
pub(crate) struct Inner;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    fn helper() {}
}
"""

    def test_are_not_counted_as_source(self) -> None:
        source = read(self.SOURCE)
        self.assertEqual((source.lines, source.test_lines), (7, 5))
        self.assertEqual(source.functions, [])

    def test_in_a_file_of_their_own(self) -> None:
        self.assertEqual(read("#[cfg(test)]\nmod tests;\nmod other;\n").test_modules, ["tests"])
        source = read('#[cfg(all(test, target_os = "linux"))]\nmod tests;\nfn f() {}')
        self.assertEqual((source.test_modules, len(source.functions)), (["tests"], 1))

    def test_a_variant_ends_where_it_ends(self) -> None:
        source = read("enum A {\n    #[cfg(test)]\n    B,\n    C,\n}\nstruct D;\n")
        self.assertEqual(
            (source.test_lines, [named.name for named in source.types]), (2, ["A", "D"])
        )

    def test_a_function_with_generics_under_an_attribute(self) -> None:
        source = read("#[test]\nfn f<A, B>(a: A, b: B) {\n}\nfn g() {}\n")
        self.assertEqual([function.name for function in source.functions], ["g"])


class Types(unittest.TestCase):
    def names(self, source: str) -> list[tuple[str, bool]]:
        return [(named.name, named.public) for named in read(source).types]

    def test_public_and_private(self) -> None:
        self.assertEqual(
            self.names("pub struct A; pub(crate) enum B {} pub unsafe trait C {} type D = u8;"),
            [("A", True), ("B", False), ("C", True), ("D", False)],
        )

    def test_associated_types_and_those_in_functions_are_none(self) -> None:
        source = "impl Iterator for A { type Item = u8; } trait B { type C; } fn f() { struct D; }"
        self.assertEqual(self.names(source), [("B", False)])

    def test_documented_items(self) -> None:
        source = read(
            "/// A.\n#[must_use]\npub const fn a() {}\npub fn b() {}\n/// C.\npub mod c {}\n"
        )
        self.assertEqual((source.public_items, source.documented_items), (2, 1))


class Paths(unittest.TestCase):
    def test_of_use_trees(self) -> None:
        found: Source = read("use crate::{a::B, c::{self as d, E}, f};\nuse std::fs;")
        self.assertEqual(
            found.paths, ["crate::a::B", "crate::c::self", "crate::c::E", "crate::f", "std::fs"]
        )

    def test_in_expressions_and_re_exports(self) -> None:
        found = read("pub use a::B;\npub(crate) use c::D;\nfn f() { super::g(crate::h::i) }")
        self.assertEqual(found.reexports, ["a::B", "c::D"])
        self.assertEqual(found.paths, ["super::g", "crate::h::i"])


class Columns(unittest.TestCase):
    def test_code_and_comments_are_separated(self) -> None:
        source = read(f"fn f() {{ {'x' * 100} }}\n// {'y' * 100}\n")
        self.assertEqual((source.wide_code, source.wide_comments), ([1], [2]))


if __name__ == "__main__":
    unittest.main()
