//! What is known of a file changes with it; merging changes nothing that is known.

use super::{index, source};
use crate::{Index, SourceFile, Symbol};
use proptest::prelude::*;

fn names(symbols: &[Symbol]) -> Vec<&str> {
    symbols.iter().map(|symbol| &*symbol.name).collect()
}

#[test]
fn definitions_members_and_outlines() {
    let python = "class Store:\n    '''Keeps things.'''\n\n    def get(self,\n            key):\n        return key\n\n\ndef get():\n    pass\n";
    let index = index(&[("store.py", python), ("other.rs", "pub fn get() {}\n")]);
    let found = index.definitions("get", 9);
    let shown: Vec<_> = found
        .iter()
        .map(|s| (&*s.path, s.line, &*s.container, &*s.signature))
        .collect();
    let wanted = [
        ("store.py", 3, "Store", "def get(self, key):"),
        ("store.py", 8, "", "def get():"),
        ("other.rs", 0, "", "pub fn get()"),
    ];
    assert_eq!(shown, wanted);
    assert_eq!(index.definitions("get", 1).len(), 1);
    assert_eq!(names(&index.members("Store", 9)), ["get"]);
    assert_eq!(names(&index.outline("store.py")), ["Store", "get", "get"]);
    assert_eq!(
        index.outline("store.py")[0].signature,
        "class Store:  Keeps things."
    );
    assert_eq!(index.outline("none.py"), []);
}

#[test]
fn of_a_dependency_only_signatures_are_kept() {
    let text = "class A:\n    def f(self, x: int):\n        \"\"\"Does it.\"\"\"\n        secret = 1\n        return secret\n";
    let mut index = Index::default();
    index.put(&[SourceFile {
        signatures_only: true,
        ..source("lib/a.py", text)
    }]);
    let found = &index.members("A", 9)[0];
    assert_eq!(
        (&*found.signature, found.line),
        ("def f(self, x: int):  Does it.", 1)
    );
    assert_eq!((index.word_count("secret"), index.word_count("f")), (0, 1));
    assert_eq!(index.copies("def f(", "", 1, 9), []);
    assert_eq!(index.similar(&["secret", "self"], "", 9), []);
}

#[test]
fn the_newest_state_of_a_file_counts() {
    let mut index = index(&[("a.py", "def old():\n    pass\n"), ("b.py", "old()\n")]);
    assert_eq!(index.word_count("old"), 2);
    let before = index.clone();
    index.put(&[source("a.py", "def new():\n    pass\n")]);
    assert_eq!((index.word_count("old"), index.word_count("new")), (1, 1));
    assert_eq!(
        (
            index.definitions("old", 9),
            names(&index.definitions("new", 9))
        ),
        (vec![], vec!["new"])
    );
    assert_eq!(before.word_count("old"), 2, "a clone keeps its state");
    index.remove(&["a.py", "no such file"]);
    assert_eq!((index.word_count("new"), index.files().count()), (0, 1));
    index.put(&[source("b.py", "x\n"), source("b.py", "y\n")]);
    assert_eq!((index.word_count("x"), index.word_count("y")), (0, 1));
    assert_eq!(index.files().collect::<Vec<_>>(), [("b.py", 2)]);
    assert_eq!(index.paths_ending("b.py"), ["b.py"]);
}

#[test]
fn words_do_not_run_over_the_borders_of_files() {
    let mut index = Index::default();
    index.put(&[
        source("a.txt", "alpha"),
        source("b.txt", "beta"),
        source("c.txt", ""),
    ]);
    let count = |word| index.word_count(word);
    assert_eq!(
        (
            count("alpha"),
            count("beta"),
            count("alphabeta"),
            count("a b"),
            count("")
        ),
        (1, 1, 0, 0, 0)
    );
    assert_eq!(index.copies("alpha", "", 1, 9), []);
}

#[test]
fn similar_chunks_share_rare_words() {
    let files = [
        (
            "a.py",
            "def parse_header(line):\n    return line.split(':')\n",
        ),
        ("b.py", "def write_body(line):\n    return line.encode()\n"),
        ("c.py", "def other():\n    return 1\n"),
    ];
    let found = index(&files).similar(&["ParseHeader", "line"], "", 9);
    assert_eq!(
        found.iter().map(|chunk| &*chunk.path).collect::<Vec<_>>(),
        ["a.py", "b.py"]
    );
    assert!(found[0].text == files[0].1 && found[0].line == 0 && found[0].score > found[1].score);
    assert_eq!(
        index(&files).similar(&["parse", "line"], "a.py", 9).len(),
        1
    );
}

const PIECES: [&str; 8] = [
    "def f(a):\n    return a\n",
    "class A:\n    def g(self):\n        pass\n",
    "f(1)\n",
    "x = A()\n",
    "x.g()\n",
    "\n",
    "é = f(2)",
    "A",
];

fn everything(index: &Index) -> Vec<String> {
    let befores = [
        "f(",
        "x = ",
        "x.",
        "    def ",
        "\n",
        "return",
        "class A:\n    d",
        ")\nx",
    ];
    let mut all: Vec<String> = befores
        .iter()
        .flat_map(|before| index.copies(before, "2.py", 2, 50))
        .map(|copied| format!("{} {} {}", copied.text, copied.matched, copied.places))
        .collect();
    for word in ["f", "A", "g", "x", "é", "none"] {
        all.extend(
            index
                .definitions(word, 99)
                .iter()
                .map(|symbol| format!("{symbol:?}")),
        );
        all.extend(
            index
                .members(word, 99)
                .iter()
                .map(|symbol| format!("{symbol:?}")),
        );
        all.push(format!("{word} {}", index.word_count(word)));
        all.extend(
            index
                .similar(&[word], "", 99)
                .iter()
                .map(|chunk| chunk.text.clone() + &chunk.path),
        );
    }
    all.extend(index.files().map(|file| format!("{file:?}")));
    all.sort();
    all
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..6)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn merging_changes_no_answer(
        steps in prop::collection::vec((0..5usize, text(), 0..5usize), 1..14),
    ) {
        const PATHS: [&str; 5] = ["1.py", "2.py", "a/3.py", "b/4.py", "5.txt"];
        let (mut lived, mut last) = (Index::default(), std::collections::BTreeMap::new());
        for (path, text, then) in &steps {
            let path = PATHS[*path];
            lived.put(&[source(path, text)]);
            last.insert(path, text);
            if *then == 0 {
                lived.remove(&[path]);
                last.remove(path);
            }
            if *then == 1 {
                while lived.compact(&mut || false) {}
            }
        }
        let files: Vec<_> = last.iter().map(|(path, text)| source(path, text)).collect();
        let mut fresh = Index::default();
        fresh.put(&files);
        let stopped = lived.clone().compact(&mut || true);
        prop_assert_eq!(everything(&lived), everything(&fresh));
        while lived.compact(&mut || false) {}
        prop_assert_eq!(everything(&lived), everything(&fresh));
        prop_assert!(stopped || lived.segments.len() <= 1 || !lived.clone().compact(&mut || true));
    }
}
