//! Makes snapshots from texts with the cursor in them, and checks the choice of pieces as a whole.

use crate::cursor_context::CursorContext;
use crate::snapshot::Snapshot;
use crate::sources::Snippet;
use crate::{
    Budget, CountTokens, FORMATS, FimFormat, OpenFile, Prompt, Recent, SourceWeights, fill_in,
};
use index::{Index, SourceFile};
use std::path::Path;
use std::sync::Arc;
use syntax::Syntax;
use text::{Document, Rope};

/// Four bytes to a token.
pub struct Fours;

impl CountTokens for Fours {
    fn count(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }
}

/// A document whose text has the cursor as `$0`, and the cursor's offset.
pub fn snapshot(path: &str, text: &str, index: Index, recent: Recent) -> (Snapshot, usize) {
    let offset = text.find("$0").unwrap();
    let document = Document::new(&text.replacen("$0", "", 1), 0).unwrap();
    let grammar = grammars::by_path(Path::new(path));
    let syntax =
        grammar.and_then(|grammar| Syntax::parse(grammar, document.rope(), None, &mut || false));
    let snapshot = Snapshot {
        path: path.into(),
        language: "".into(),
        document,
        syntax,
        index,
        recent: Arc::new(recent),
    };
    (snapshot, offset)
}

/// What is near `$0`, all of the text being shown; a line that begins with `^` is the first one
/// shown.
pub fn near_with(path: &str, text: &str, index: Index, recent: Recent) -> CursorContext<'static> {
    let start = text.find("\n^").map_or(0, |at| at + 1);
    let text = text.replacen("\n^", "\n", 1);
    let (snapshot, offset) = snapshot(path, text.strip_prefix('^').unwrap_or(&text), index, recent);
    let end = snapshot.rope().len_bytes();
    CursorContext::new(Box::leak(Box::new(snapshot)), offset, start..end)
}

/// As [`near_with`], in an empty workspace.
pub fn near(path: &str, text: &str) -> CursorContext<'static> {
    near_with(path, text, Index::default(), Recent::default())
}

/// As [`near`]; reads better where `^` is used.
pub fn cut_off(path: &str, text: &str) -> CursorContext<'static> {
    near(path, text)
}

/// As [`near`], in a workspace of these files.
pub fn near_among(path: &str, text: &str, files: &[(&str, &str)]) -> CursorContext<'static> {
    near_with(path, text, workspace(files), Recent::default())
}

/// Other open files.
pub fn recent_files(files: &[(&str, &str)]) -> Recent {
    let file = |(path, text): &(&str, &str)| OpenFile {
        path: (*path).into(),
        rope: Rope::from_str(text),
    };
    Recent {
        edits: Vec::new(),
        files: files.iter().map(file).collect(),
    }
}

/// A workspace of these files.
pub fn workspace(files: &[(&str, &str)]) -> Index {
    let source = |(path, text): &(&'static str, &'static str)| SourceFile {
        path,
        text,
        grammar: grammars::by_path(Path::new(path)),
        stamp: 0,
        signatures_only: false,
    };
    let mut index = Index::default();
    let files: Vec<(&'static str, &'static str)> = files
        .iter()
        .map(|(path, text)| (leak(path), leak(text)))
        .collect();
    index.put(&files.iter().map(source).collect::<Vec<_>>());
    index
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// The texts of candidates.
pub fn texts(candidates: Vec<Snippet>) -> Vec<String> {
    candidates.into_iter().map(|one| one.text).collect()
}

/// A weights of all sources.
fn large() -> SourceWeights {
    SourceWeights::of(u64::MAX, usize::MAX)
}

/// Weights of these sources only.
pub fn only(names: &[&str]) -> SourceWeights {
    large()
        .only(
            &names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>(),
        )
        .unwrap()
}

fn format(name: &str) -> &'static FimFormat {
    FORMATS.iter().find(|format| format.name == name).unwrap()
}

fn prompt(
    family: &str,
    text: &str,
    recent: Recent,
    tokens: usize,
    weights: SourceWeights,
) -> Prompt {
    let (snapshot, offset) = snapshot("a.py", text, Index::default(), recent);
    fill_in(
        &snapshot,
        offset,
        format(family),
        Budget { tokens, weights },
        &Fours,
    )
}

#[test]
fn pieces_come_before_the_window_as_in_training() {
    let open = || recent_files(&[("b.py", "client.send(1)\n"), ("c.py", "client.close(2)\n")]);
    let filled_in = prompt("nigh", "client.open()\n$0\n", open(), 500, only(&["files"]));
    assert_eq!(
        filled_in.display(),
        "<|file_sep|>b.py\nclient.send(1)\n<|file_sep|>c.py\nclient.close(2)\n\
         <|file_sep|>a.py\n<|fim_prefix|><|fim_suffix|>\n<|fim_middle|>client.open()\n"
    );
    let filled_in = prompt(
        "CodeGemma",
        "client.open()\n$0\n",
        open(),
        500,
        only(&["files"]),
    );
    assert!(filled_in.display().starts_with(
        "<|fim_prefix|># b.py\n# client.send(1)\n# c.py\n# client.close(2)\n# a.py\nclient.open()"
    ));
    let off = prompt(
        "nigh",
        "client.open()\n$0\n",
        open(),
        500,
        SourceWeights::NONE,
    );
    assert!(!off.display().contains("b.py"));
    assert_eq!(
        off.pieces
            .iter()
            .filter(|piece| piece.left_out == "off for a model of this size")
            .count(),
        SourceWeights::names().count()
    );
}

#[test]
fn the_path_is_where_the_family_expects_it() {
    let asked = |family: &str| {
        let open = recent_files(&[("b.py", "client.send(1)\n")]);
        prompt(family, "client.open()\n$0\n", open, 500, only(&["files"])).display()
    };
    assert_eq!(
        asked("Mellum"),
        "<filename>b.py\nclient.send(1)\n<filename>a.py\n\
         <fim_suffix>\n<fim_prefix>client.open()\n<fim_middle>"
    );
    assert_eq!(
        asked("Codestral"),
        "[SUFFIX]\n[PREFIX]+++++ b.py\nclient.send(1)\n\n+++++ a.py\nclient.open()\n"
    );
    assert_eq!(
        asked("Seed-Coder"),
        "<[fim-suffix]>\n\
         <[fim-prefix]># b.py\n# client.send(1)\n# a.py\nclient.open()\n<[fim-middle]>"
    );
    assert!(asked("StarCoder2").starts_with("<file_sep>b.py\nclient.send(1)\n<file_sep>a.py\n"));
    assert!(asked("GLM").starts_with("<|code_prefix|># b.py\n"));
}

#[test]
fn nothing_is_shown_twice_and_all_is_accounted_for() {
    let files = [
        ("b.py", "client.open()\n"),
        ("c.py", "client.send()\n"),
        ("d.py", "client.send()\n"),
    ];
    let filled_in = prompt(
        "nigh",
        "client.open()\n$0\n",
        recent_files(&files),
        500,
        only(&["files"]),
    );
    assert_eq!(filled_in.display().matches("client.send()").count(), 1);
    let reason = |path: &str| {
        filled_in
            .pieces
            .iter()
            .find(|piece| piece.path == path)
            .unwrap()
            .left_out
    };
    assert_eq!(
        (reason("b.py"), reason("c.py"), reason("d.py")),
        ("shown anyway", "", "shown by another piece")
    );
}

#[test]
fn the_prompt_keeps_to_its_budget() {
    let body = |name: &str| format!("client.send_{name}(value, other, third)\n").repeat(40);
    let files = [
        ("b.py", &*body("b")),
        ("c.py", &*body("c")),
        ("d.py", &*body("d")),
    ];
    let text = format!("{}$0\n{}", body("own"), body("own"));
    for tokens in [64, 200, 500, 1000, 4000] {
        for family in ["nigh", "CodeGemma"] {
            let filled_in = prompt(family, &text, recent_files(&files), tokens, large());
            let used: usize = filled_in
                .pieces
                .iter()
                .filter(|piece| piece.left_out.is_empty())
                .map(|piece| piece.tokens)
                .sum();
            assert!(
                used <= tokens && Fours.count(&filled_in.display()) <= tokens + 40,
                "{family} {used} of {tokens}"
            );
        }
    }
}

#[test]
fn what_the_workspace_defines_is_shown_before_the_document() {
    let text = "total = 0\n$0\n";
    let (snapshot, offset) = snapshot(
        "a.py",
        text,
        workspace(&[("b.py", "def total():\n    pass\n")]),
        Recent::default(),
    );
    let budget = Budget {
        tokens: 500,
        weights: only(&["names"]),
    };
    let filled_in = fill_in(&snapshot, offset, format("nigh"), budget, &Fours);
    assert!(
        filled_in
            .display()
            .starts_with("<|file_sep|>b.py\ndef total()"),
        "{}",
        filled_in.display()
    );
}

#[test]
fn what_the_index_knows_of_the_document_is_not_shown_twice() {
    let text = format!(
        "def parse(text):\n    pass\n{}value = parse(line)\n$0\n",
        "pass\n".repeat(600)
    );
    let index = workspace(&[("a.py", &text.replace("$0", ""))]);
    let (snapshot, offset) = snapshot("a.py", &text, index, Recent::default());
    let budget = Budget {
        tokens: 300,
        weights: only(&["names"]),
    };
    let filled_in = fill_in(&snapshot, offset, format("nigh"), budget, &Fours);
    assert_eq!(
        filled_in.display().matches("def parse(text)").count(),
        1,
        "{}",
        filled_in.display()
    );
}

#[test]
fn pieces_change_at_most_once_while_a_line_is_typed() {
    let other = |name: &str| {
        format!("def {name}(first, second):\n    return client.{name}(first)\n").repeat(9)
    };
    let files = [
        ("b.py", &*other("send_all")),
        ("c.py", &*other("close_it")),
        ("d.py", &*other("result")),
    ];
    let text = "import client\n\nvalue = client.open()\n".repeat(200);
    let typed = "result = close_it and send_all or somewhere";
    let mut seen: Vec<Vec<(String, String)>> = (4..34)
        .map(|end| {
            let text = format!("{text}{}$0\n{text}", &typed[..end]);
            let filled_in = prompt("nigh", &text, recent_files(&files), 700, large());
            let shown = filled_in
                .pieces
                .into_iter()
                .filter(|piece| piece.left_out.is_empty() && piece.score.is_some());
            shown.map(|piece| (piece.path, piece.detail)).collect()
        })
        .collect();
    seen.dedup();
    assert!(seen.len() <= 2 && !seen[0].is_empty(), "{seen:?}");
}

#[test]
fn a_long_path_takes_a_small_part_of_the_prompt() {
    let deep = "данные/исследование/результаты/".repeat(30);
    for (path, shown) in [
        ("src/main.rs".to_owned(), "src/main.rs".to_owned()),
        (
            format!("{deep}x/разбор.py"),
            "результаты/x/разбор.py".to_owned(),
        ),
        (
            format!("a/{}.py", "n".repeat(4000)),
            format!("{}.py", "n".repeat(59)),
        ),
        (String::new(), String::new()),
    ] {
        let (snapshot, offset) =
            snapshot(&path, "x = 1\ny = $0", Index::default(), Recent::default());
        for format in FORMATS {
            let prompt = fill_in(&snapshot, offset, format, Budget::window_only(128), &Fours);
            let text = prompt.display();
            assert!(
                text.contains(&shown) && text.len() < 300 && text.contains("y ="),
                "{path}: {text}"
            );
        }
    }
}
