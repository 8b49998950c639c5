"""Tests that quotes of code in pages are those of the source."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from quotes import case, quoted, refreshed, size

SOURCE = """\
//! Header.

use std::fmt;

/// Adds.
///
/// Never fails.
#[must_use]
pub fn add(a: u8) -> u8 {
    // One.
    a + 1
}

impl A {
    /// In here.
    fn inner(&self) {}
}
const LIST: &[u8] = &[1, 2];
"""


class Quotes(unittest.TestCase):
    def test_an_item_with_its_comments_and_attributes(self) -> None:
        self.assertEqual(quoted(SOURCE, "add"), "\n".join(SOURCE.splitlines()[4:12]))
        self.assertEqual(quoted(SOURCE, "inner"), "/// In here.\nfn inner(&self) {}")
        self.assertEqual(quoted(SOURCE, "LIST"), "const LIST: &[u8] = &[1, 2];")

    def test_a_row_of_a_list(self) -> None:
        text = (
            'const A: &[B] = &[\n    b(\n        "one",\n        f(1),\n    ),\n    b("two"),\n];\n'
        )
        self.assertEqual(quoted(text, "one"), 'b(\n    "one",\n    f(1),\n),')
        self.assertEqual(quoted(text, "two"), 'b("two"),')

    def test_a_case(self) -> None:
        self.assertEqual(case("== a\n1\n== b\n2\n", 2), "== b\n2")

    def test_what_is_missing_ends_the_program(self) -> None:
        self.assertIsNone(quoted(SOURCE, "missing"))
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(SystemExit):
            subprocess.run(["git", "init", "-q", folder], check=True)
            refreshed(Path(folder), "<!-- size a.rs add -->old<!-- end -->")

    def test_a_page_is_refreshed_in_place(self) -> None:
        empty = "<!-- quote a.rs LIST -->\n```rust\n```\n"
        page = empty + (
            "A\n\n<!-- quote a.rs inner -->\n```rust\nold\n```\n\n"
            "<!-- size src add -->old<!-- end -->\n\nB\n"
        )
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "init", "-q", folder], check=True)
            (Path(folder) / "src").mkdir()
            (Path(folder) / "src/a.rs").write_text(SOURCE)
            fresh = refreshed(Path(folder), page)
            self.assertEqual(refreshed(Path(folder), fresh), fresh)
        self.assertIn("```rust\n/// In here.\nfn inner(&self) {}\n```\n", fresh)
        self.assertIn("-->4 / 5<!-- end -->\n\nB\n", fresh)

    def test_the_size_of_a_function(self) -> None:
        self.assertEqual(size(SOURCE, "add"), "4 / 5")


if __name__ == "__main__":
    unittest.main()
