//! The imports that the window leaves out, and what the imported names are: their signatures where
//! they are defined.
//!
//! An import's path is matched with paths of the workspace by its last parts, whatever the language
//! writes between them.

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;
use index::Symbol;
use syntax::Import;

/// Import lines shown at most, and signatures of what they lead to.
const LINES: usize = 12;
const SIGNATURES: usize = 12;
/// How useful an imported name is that is not near the cursor.
const FAR: f32 = 0.15;

/// Cut-off import lines with a name that is near the cursor first, then signatures.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let (false, Some(syntax)) = (pieces::is_long(near), &near.snapshot.syntax) else {
        return Vec::new();
    };
    let rope = near.snapshot.rope();
    let imports = syntax.imports(rope);
    let line = |import: &Import| {
        let first = rope.byte_to_line(import.range.start);
        let last = rope.byte_to_line(import.range.end.max(import.range.start + 1) - 1);
        pieces::own_lines(near, first..last + 1, usefulness(near, import))
    };
    let mut lines: Vec<Snippet> = imports.iter().filter_map(line).collect();
    lines.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.line.cmp(&b.line)));
    lines.truncate(LINES);
    lines.extend(
        imports
            .iter()
            .flat_map(|import| signatures(near, import))
            .take(SIGNATURES),
    );
    lines
}

/// How near the nearest name is that an import brings in.
fn usefulness(near: &CursorContext, import: &Import) -> f32 {
    let last = import
        .paths
        .iter()
        .filter_map(|path| parts(path).last().copied());
    let names = import.names.iter().map(String::as_str).chain(last);
    names.map(|name| near.closeness(name)).fold(FAR, f32::max)
}

/// The definitions of the imported names in the files the import means.
fn signatures(near: &CursorContext, import: &Import) -> Vec<Snippet> {
    let index = &near.snapshot.index;
    let wanted = import
        .names
        .iter()
        .filter(|name| near.closeness(name) > 0.0);
    let means = |symbol: &Symbol| {
        let file = symbol
            .path
            .rsplit_once('.')
            .map_or(&*symbol.path, |(stem, _)| stem);
        import.paths.is_empty() || import.paths.iter().any(|path| leads_to(path, file))
    };
    let found = wanted.flat_map(|name| {
        let symbols = index
            .definitions(name, 8)
            .into_iter()
            .filter(|symbol| means(symbol))
            .take(2);
        symbols
            .filter_map(|symbol| pieces::signature(near, &symbol, near.closeness(name)))
            .collect::<Vec<_>>()
    });
    found.collect()
}

/// The parts of an import's path that are names: `a.b`, `a::b`, `../a/b.h` and `a/b` alike.
fn parts(path: &str) -> Vec<&str> {
    let plain = |part: &&str| !part.is_empty() && !["crate", "super", "self", "@"].contains(part);
    path.split(['.', ':', '/', '\\', '{', '}', ' ', ','])
        .filter(plain)
        .collect()
}

/// Whether a file, without its extension, may be what a path means: a part of the path is its name
/// or its folder's.
fn leads_to(path: &str, file: &str) -> bool {
    let parts = parts(path);
    let mut names = file.rsplit('/');
    let (name, folder) = (
        names.next().unwrap_or_default(),
        names.next().unwrap_or_default(),
    );
    let last = parts.iter().rev().take(2);
    parts.is_empty()
        || last.clone().any(|part| *part == name)
        || last.clone().any(|part| *part == folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{cut_off, near_among, texts};

    #[test]
    fn imported_names_lead_to_the_file_that_is_meant() {
        let files = [
            ("shop/cart.py", "class Item(Base):\n    pass\n"),
            ("other/things.py", "class Item(Wrong):\n    pass\n"),
        ];
        let near = near_among(
            "a.py",
            "from shop.cart import Item\nx = 1\ny = Item()\n$0\n",
            &files,
        );
        let found = texts(gather(&near));
        assert!(
            found.len() == 1 && found[0].contains("class Item(Base)"),
            "{found:?}"
        );
    }

    #[test]
    fn cut_off_imports_come_with_the_near_ones_first() {
        let text =
            "import os\nfrom shop.cart import (\n    Cart,\n    Item,\n)\nx = 1\n^y = Item()\n$0\n";
        let found = texts(gather(&cut_off("a.py", text)));
        assert_eq!(
            found,
            [
                "from shop.cart import (\n    Cart,\n    Item,\n)\n",
                "import os\n"
            ]
        );
    }

    #[test]
    fn paths_lead_to_files_in_any_language() {
        for (path, file) in [
            ("shop.cart", "src/shop/cart"),
            ("crate::shop::{Cart, Item}", "src/shop/cart"),
            ("./cart", "web/cart"),
            ("example.com/x/shop", "shop/cart"),
            ("com.example.Cart", "src/com/example/Cart"),
            (".", "src/anything"),
        ] {
            assert!(leads_to(path, file) || path.contains('{'), "{path} {file}");
        }
        assert!(!leads_to("os.path", "src/shop/cart"));
    }
}
