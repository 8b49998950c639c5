//! The test that the tree kept by edits equals a fresh parse of the text, after random edits of
//! every language.
//!
//! Compared after every edit, node by node (kind, field, bytes, points, missing, extra, error):
//! what the server publishes, settled, must be equal always; the tree that is only ever reparsed is
//! compared as well, and how often it differs is counted and bounded. `NIGH_EDITS=100000 cargo test
//! --release -p syntax equality -- --nocapture` is the long run (the number is for all languages
//! together); NIGH_SEED picks another sequence.

use crate::{Reuse, Syntax};
use grammars::Grammar;
use ropey::Rope;
use std::num::NonZeroU16 as FieldId;
use std::ops::Range;
use text::{ContentChange, Document, Edit, Encoding};
use tree_sitter::TreeCursor;

/// Texts that an editor or a hostile client may send: every line break, wide characters, separators
/// that are none, half tokens.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "😀",
    "é\u{301}",
    "\0",
    "\u{2028}",
    "\u{feff}",
    "\t",
    "    ",
    " ",
    "\"",
    "'",
    "`",
    "\"\"\"",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    ";",
    ",",
    ".",
    "#",
    "//",
    "/*",
    "*/",
    "--",
    "<",
    ">",
    "=",
    "=>",
    "x",
    "if ",
    "def f():\n    ",
    "class A {",
    "fn f() {\n}\n",
    "return 1\n",
    "\\",
    "$",
    "${",
    "1",
    "-",
    "```\n",
    "# ",
    "<!--",
    "EOF\n",
    "<<EOF\n",
    "0x",
    "and",
    "|",
    "&",
    "@",
    "!",
];

/// A small generator, so that a seed means the same sequence for ever (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize) % bound.max(1)
    }
}

fn from_env(name: &str, default: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

fn examples(grammar: &Grammar) -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../grammars")
        .join(grammar.id)
        .join("examples");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.retain(|path| {
        path.extension()
            .is_none_or(|extension| extension != "expect")
    });
    paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// A random edit: mostly typing and deleting near the last place, at times a paste or a deletion
/// far away.
fn edit(random: &mut Random, rope: &Rope, near: &mut usize) -> (usize, usize, String) {
    let length = rope.len_chars();
    if random.below(4) == 0 {
        *near = random.below(length + 1);
    }
    let start = (*near).min(length);
    let removed = match random.below(8) {
        0..4 => 0,
        4..7 => random.below(3),
        _ => random.below(80),
    };
    let end = (start + removed).min(length);
    let inserted = match random.below(12) {
        0 => String::new(),
        1 => {
            let from = random.below(length);
            rope.slice(from..(from + random.below(60)).min(length))
                .to_string()
        }
        _ => PIECES[random.below(PIECES.len())].to_string(),
    };
    *near = start + inserted.chars().count();
    (start, end, inserted)
}

/// Both trees node by node: kind, field, range, points, missing, extra, error.
fn difference(a: &Syntax, b: &Syntax) -> Option<String> {
    let (mut x, mut y) = (a.tree.walk(), b.tree.walk());
    loop {
        if facts(&x) != facts(&y) {
            return Some(format!("{}\n  against {}", describe(&x), describe(&y)));
        }
        match (advance(&mut x), advance(&mut y)) {
            (None, None) => return None,
            (one, two) if one != two => {
                return Some(format!(
                    "the trees part before {} or {}",
                    describe(&x),
                    describe(&y)
                ));
            }
            _ => {}
        }
    }
}

/// Moves to the next node in depth-first order and says by how many levels; `None` at the end.
fn advance(cursor: &mut TreeCursor) -> Option<isize> {
    if cursor.goto_first_child() {
        return Some(1);
    }
    let mut levels = 0;
    while !cursor.goto_next_sibling() {
        if !cursor.goto_parent() {
            return None;
        }
        levels -= 1;
    }
    Some(levels)
}

/// All that is said of a node: kind, field, range in bytes and points, missing, extra, has an
/// error.
fn facts(cursor: &TreeCursor) -> (u16, Option<FieldId>, tree_sitter::Range, bool, bool, bool) {
    let node = cursor.node();
    (
        node.kind_id(),
        cursor.field_id(),
        node.range(),
        node.is_missing(),
        node.is_extra(),
        node.has_error(),
    )
}

fn describe(cursor: &TreeCursor) -> String {
    format!("{} {:?}", cursor.node().kind(), facts(cursor))
}

/// One text of a language and its tree, edited at random and compared with a fresh parse after
/// every edit.
struct Run {
    grammar: &'static Grammar,
    random: Random,
    edits: usize,
    whole: usize,
    broken_differ: usize,
    whole_differ: usize,
}

impl Run {
    /// Edits one of the examples (mostly the first, which is whole) `edits` times; most edits are
    /// taken back, so that whole texts come often.
    fn edit_one_text(&mut self, texts: &[String], edits: usize) {
        let text = &texts[self.random.below(4) / 3];
        let text = match self.random.below(4) {
            0 => text.replace('\n', "\r\n"),
            1 => text.replace('\n', "\r"),
            _ => text.clone(),
        };
        let mut document = Document::new(&text, 0).unwrap();
        let mut syntax = Syntax::parse(self.grammar, document.rope(), None, &mut || false).unwrap();
        let mut near = 0;
        for _ in 0..edits / 2 {
            let (start, end, inserted) = edit(&mut self.random, document.rope(), &mut near);
            let removed = document.rope().slice(start..end).to_string();
            let inserted_chars = inserted.chars().count();
            let applied = self.apply(&mut document, &mut syntax, start..end, inserted);
            if applied && self.random.below(6) > 0 {
                self.apply(
                    &mut document,
                    &mut syntax,
                    start..start + inserted_chars,
                    removed,
                );
            }
        }
    }

    /// Applies one edit as the server does and compares; false where an edit has no position
    /// (between `\r` and its `\n`).
    fn apply(
        &mut self,
        document: &mut Document,
        syntax: &mut Syntax,
        chars: Range<usize>,
        inserted: String,
    ) -> bool {
        let offset = |at: usize| document.rope().char_to_byte(at);
        let position = |at: usize| document.position(offset(at), Encoding::Utf32);
        if [chars.start, chars.end]
            .iter()
            .any(|at| document.offset(position(*at), Encoding::Utf32) != Some(offset(*at)))
        {
            return false;
        }
        let change = ContentChange {
            range: Some((position(chars.start), position(chars.end))),
            text: inserted,
        };
        for change in &document.apply(&[change], 1, Encoding::Utf32).unwrap() {
            syntax.edit(change);
        }
        let rope = document.rope();
        let offset = self.random.below(rope.len_bytes() + 2);
        if self.edits.is_multiple_of(16) {
            ask_everything(syntax, rope, offset);
        }
        let kept = Syntax::reparse(self.grammar, rope, Some(syntax), &mut || false).unwrap();
        let fresh = Syntax::parse(self.grammar, rope, None, &mut || false).unwrap();
        let is_whole = !kept.tree.root_node().has_error();
        let differs = difference(&kept, &fresh).is_some();
        self.edits += 1;
        self.whole += usize::from(is_whole);
        self.whole_differ += usize::from(is_whole && differs);
        self.broken_differ += usize::from(!is_whole && differs);
        let published = Syntax::parse(self.grammar, rope, Some(syntax), &mut || false)
            .and_then(|tree| tree.settle(rope, &mut || false));
        assert_eq!(
            difference(&published.unwrap(), &fresh),
            None,
            "{}: {:?}",
            self.grammar.id,
            rope.to_string()
        );
        *syntax = kept;
        true
    }
}

/// Whatever the text and however stale the tree: every question has an answer.
fn ask_everything(syntax: &Syntax, rope: &Rope, offset: usize) {
    let _ = syntax.place(rope, offset);
    let _ = syntax.expects_block(rope, offset);
    let _ = crate::adds_error(
        syntax,
        rope,
        &text::Edit::replace(offset..offset + 3, "f(\"é\", {"),
    );
    let ends = |range: &Range<usize>| range.start <= range.end && range.end <= rope.len_bytes();
    assert!(
        syntax
            .scopes(rope, offset)
            .iter()
            .all(|scope| ends(&scope.range) && ends(&scope.header))
    );
    assert!(
        syntax
            .definitions(rope)
            .iter()
            .all(|definition| ends(&definition.header))
    );
    assert!(
        syntax
            .imports(rope)
            .iter()
            .all(|import| ends(&import.range))
    );
    assert!(syntax.errors().iter().all(|error| ends(&error.range)));
}

#[test]
fn the_tree_kept_by_edits_equals_a_fresh_parse() {
    let edits = from_env("NIGH_EDITS", 6_500) / grammars::all().len();
    for grammar in grammars::all() {
        let random = Random(from_env("NIGH_SEED", 1) as u64 * 0x9E37_79B9 + 1);
        let mut run = Run {
            grammar,
            random,
            edits: 0,
            whole: 0,
            broken_differ: 0,
            whole_differ: 0,
        };
        let texts = examples(grammar);
        while run.edits < edits {
            run.edit_one_text(&texts, 24);
        }
        let Run {
            edits,
            whole,
            broken_differ,
            whole_differ,
            ..
        } = run;
        let broken = edits - whole;
        eprintln!(
            "{}: reparsed, {broken_differ} of {broken} broken and {whole_differ} of {whole} whole trees differ",
            grammar.id
        );
        assert!(
            whole * 20 > edits,
            "{}: hardly any text was whole",
            grammar.id
        );
        assert!(
            broken_differ * 50 < edits && whole_differ * 1_000 < edits + 1_000,
            "{}: more reparses differ than documented",
            grammar.id
        );
    }
}

/// One to four edits of a text, in its order and apart.
fn proposal(random: &mut Random, rope: &Rope) -> Vec<Edit> {
    let mut ends: Vec<usize> = (0..2 * (1 + random.below(4)))
        .map(|_| rope.char_to_byte(random.below(rope.len_chars() + 1)))
        .collect();
    ends.sort_unstable();
    let mut edits: Vec<Edit> = Vec::new();
    for pair in ends.chunks_exact(2) {
        let end = if random.below(2) == 0 {
            pair[0]
        } else {
            pair[1]
        };
        let edit = Edit::replace(pair[0]..end, PIECES[random.below(PIECES.len())]);
        if !edits.iter().any(|other| other.conflicts_with(&edit)) {
            edits.push(edit);
        }
    }
    edits
}

/// The two ways to make edits agree: in the string, parsed from scratch, and in the rope with its
/// tree.
#[test]
fn a_proposal_gives_the_text_and_the_tree_of_the_new_text() {
    let mut random = Random(from_env("NIGH_SEED", 1) as u64 * 0x9E37_79B9 + 7);
    for grammar in grammars::all() {
        for text in examples(grammar) {
            let rope = Rope::from_str(&text);
            let syntax = Syntax::parse(grammar, &rope, None, &mut || false).unwrap();
            for _ in 0..from_env("NIGH_PROPOSALS", 20) {
                let edits = proposal(&mut random, &rope);
                let new = Rope::from_str(&text::apply(&text, &edits));
                let fresh = Syntax::parse(grammar, &new, None, &mut || false).unwrap();
                for reuse in [Reuse::Always, Reuse::IfLarge, Reuse::Never] {
                    let (edited, tree) = syntax.edited(&rope, &edits, reuse).unwrap();
                    assert_eq!(edited, new, "{}: {edits:?}", grammar.id);
                    let whole = tree.tree.root_node().end_byte() <= new.len_bytes();
                    let equal = reuse == Reuse::Always || difference(&tree, &fresh).is_none();
                    assert!(whole && equal, "{}: {reuse:?}: {edits:?}", grammar.id);
                }
                let left = crate::errors_after(&syntax, &rope, &edits, Reuse::Never);
                assert_eq!(left, Some(fresh.errors()), "{}: {edits:?}", grammar.id);
            }
        }
    }
}
