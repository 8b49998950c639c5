//! Searching a small project: what is found, what is quoted, and what follows an edit.

use super::*;
use crate::AnswerLevel;
use index::SourceFile;
use std::path::Path;

fn put(index: &mut Index, path: &str, text: &str, stamp: u64) {
    index.put(&[SourceFile {
        path,
        text,
        grammar: grammars::by_path(Path::new(path)),
        stamp,
        signatures_only: false,
    }]);
}

fn project() -> (Index, AskIndex) {
    let mut index = Index::default();
    let guide = "# Guide\n\n## Testing\n\nRun one test with its name.\n\n```sh\nmake test NAME=x\n```\n\n## Caching\n\nThe cache is kept for a day. Old entries are dropped.\n";
    put(&mut index, "docs/guide.md", guide, 1);
    put(
        &mut index,
        "README.md",
        "# Demo\n\n## Testing\n\nRun one test with its name.\n\n```sh\nmake test NAME=x\n```\n",
        1,
    );
    put(
        &mut index,
        "src/header.py",
        "class Header:\n    def parse_line(self, raw):\n        \"\"\"Splits a raw line at its colon.\"\"\"\n        return raw.split(':')\n\n    def drop_all(self):\n        self.lines = []\n",
        1,
    );
    let mut library = AskIndex::default();
    assert!(library.update(&index, &mut || true));
    (index, library)
}

fn best(index: &Index, library: &AskIndex, question: &str) -> String {
    let hits = library.passages.search(index, question, 3);
    hits.first().map_or(String::new(), |hit| {
        format!(
            "{}:{}-{}",
            hit.path,
            hit.passage.lines.start + 1,
            hit.passage.lines.end
        )
    })
}

#[test]
fn passages_are_found_by_what_they_say() {
    let (index, library) = project();
    let found = |question| best(&index, &library, question);
    assert_eq!(
        found("How long are cached entries kept?"),
        "docs/guide.md:11-13"
    );
    assert_eq!(found("split a line at the colon"), "src/header.py:2-4");
    assert_eq!(found("removes everything"), "src/header.py:6-7");
    assert_eq!(found("quaternion"), "");
}

#[test]
fn equal_passages_are_one_with_two_places() {
    let (index, library) = project();
    let hits = library.passages.search(&index, "How do I run one test?", 5);
    assert!(
        hits[0].passage.lines.len() >= 5 && hits[0].twins.len() == 1,
        "{hits:?}"
    );
}

#[test]
fn quotes_are_lines_of_the_files() {
    let (index, library) = project();
    for question in [
        "How do I run one test by name?",
        "How long is the cache kept?",
        "parse line",
    ] {
        let answer = answer(&library, &index, question);
        assert_ne!(answer.level, AnswerLevel::NotFound, "{question}");
        assert!(!answer.quotes.is_empty() && answer.quotes.len() <= 5);
        for quote in &answer.quotes {
            let text = index.text(&quote.path).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines[quote.lines.clone()].join("\n"), quote.text);
        }
    }
    assert_eq!(
        answer(&library, &index, "quaternion rotation").level,
        AnswerLevel::NotFound
    );
}

#[test]
fn only_what_changed_is_read_again() {
    let (mut index, mut library) = project();
    put(
        &mut index,
        "docs/guide.md",
        "# Guide\n\nThe cache is kept for a week.\n",
        2,
    );
    // Before it is read again, the file is not quoted.
    let stale = answer(&library, &index, "How long is the cache kept?");
    assert!(
        stale
            .quotes
            .iter()
            .all(|quote| quote.path != "docs/guide.md")
    );
    let mut asked = 0;
    let mut count = || {
        asked += 1;
        true
    };
    assert!(library.passages.update(&index, &mut count));
    assert_eq!(asked, 1);
    assert_eq!(
        best(&index, &library, "How long is the cache kept?"),
        "docs/guide.md:1-3"
    );
    index.remove(&["docs/guide.md"]);
    assert!(library.update(&index, &mut || true));
    assert_eq!(best(&index, &library, "kept for a week"), "");
}

#[test]
fn an_interrupted_update_goes_on_later() {
    let (index, _) = project();
    let mut library = AskIndex::default();
    let mut left = 1;
    let mut one = || {
        left -= 1;
        left >= 0
    };
    assert!(!library.update(&index, &mut one));
    assert!(library.update(&index, &mut || true));
    assert_eq!(
        best(&index, &library, "removes everything"),
        "src/header.py:6-7"
    );
}

#[test]
fn segments_are_merged() {
    let mut index = Index::default();
    let mut library = AskIndex::default();
    for number in 0..40 {
        let text = format!("# Part {number}\n\nWord{number} is here by itself.\n");
        put(&mut index, &format!("docs/{number}.md"), &text, 1);
        assert!(library.update(&index, &mut || true));
    }
    assert!(library.passages.segments.len() <= 7);
    for number in 0..40 {
        let found = best(&index, &library, &format!("word{number}"));
        assert_eq!(found, format!("docs/{number}.md:1-3"));
    }
}

#[test]
fn hostile_files_cost_bounded_time() {
    let mut index = Index::default();
    for (number, text) in [
        "#".repeat(100_000),
        "=\n".repeat(50_000),
        "a ".repeat(100_000),
    ]
    .iter()
    .enumerate()
    {
        put(&mut index, &format!("{number}.md"), text, 1);
        put(&mut index, &format!("{number}.rst"), text, 1);
        put(&mut index, &format!("{number}.py"), text, 1);
    }
    let mut library = AskIndex::default();
    assert!(library.update(&index, &mut || true));
    answer(&library, &index, &"a b c # = ".repeat(10_000));
}
