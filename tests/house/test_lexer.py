"""Tests that Rust source is split as the compiler splits it."""

import unittest

from lexer import tokens


def texts(source: str) -> list[str]:
    return [token.text for token in tokens(source)]


def kinds(source: str) -> list[str]:
    return [token.kind for token in tokens(source)]


class Lexer(unittest.TestCase):
    def test_words_numbers_and_operators(self) -> None:
        self.assertEqual(
            texts("let x: Vec<Vec<u8>> = a..=b && 1.5e-3f32 << 2;"),
            ["let", "x", ":", "Vec", "<", "Vec", "<", "u8", ">", ">", "=", "a", "..=", "b"]
            + ["&&", "1.5e-3f32", "<<", "2", ";"],
        )

    def test_a_range_of_integers_is_no_float(self) -> None:
        self.assertEqual(texts("0..10"), ["0", "..", "10"])
        self.assertEqual(texts("pair.0.1"), ["pair", ".", "0.1"])
        self.assertEqual(texts("0xE+1"), ["0xE", "+", "1"])

    def test_quotes_and_slashes_in_strings(self) -> None:
        self.assertEqual(
            texts(r'f("a \" // b", b"c")'), ["f", "(", r'"a \" // b"', ",", 'b"c"', ")"]
        )
        self.assertEqual(texts('r#"a "quoted" b"# x'), ['r#"a "quoted" b"#', "x"])
        self.assertEqual(kinds('br"\\"'), ["raw_string"])

    def test_raw_words_are_no_strings(self) -> None:
        self.assertEqual(kinds("r#type"), ["word"])

    def test_lifetimes_and_characters(self) -> None:
        self.assertEqual(
            kinds(r"&'a str '\'' 'x' b'\n' '\u{1F600}' 'static"),
            ["punctuation", "lifetime", "word", "char", "char", "char", "char", "lifetime"],
        )
        self.assertEqual(texts("'{' '\"'"), ["'{'", "'\"'"])

    def test_comments_nest_and_keep_their_lines(self) -> None:
        found = list(tokens("/* a /* b\n */ c\n*/ x // y\nz"))
        self.assertEqual([(token.kind, token.line) for token in found][0], ("block_comment", 1))
        self.assertEqual([token.line for token in found], [1, 3, 3, 4])

    def test_lines_after_strings_of_several_lines(self) -> None:
        self.assertEqual([token.line for token in tokens('"a\nb" c\n\nd')], [1, 2, 4])
        self.assertEqual([token.line for token in tokens('r"a\nb" c')], [1, 2])

    def test_what_documents_an_item(self) -> None:
        docs = [token.is_doc() for token in tokens("/// a\n// b\n//// c\n//! d\n/** e */")]
        self.assertEqual(docs, [True, False, False, False, True])

    def test_unfinished_text_ends(self) -> None:
        for source in ['"abc', 'r#"abc', "/* abc", "'"]:
            self.assertGreater(len(texts(source)), 0)


if __name__ == "__main__":
    unittest.main()
