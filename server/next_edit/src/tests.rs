//! The cases in `next_edit/cases/`, one file a language: a text before, after the first
//! edits, and with all places changed that are offered then. And random edits, after which every
//! offer must apply and break nothing.

use super::{insertion, learn, next_line};
use context::{Recent, RecentEdit, Snapshot};
use proptest::prelude::*;
use similar::{DiffTag, TextDiff};
use std::sync::Arc;
use text::{Document, Edit, Rope, apply};

/// A snapshot of `edited` with the history that leads there from `before`, from the first line to
/// the last.
fn snapshot(language: &str, before: &str, edited: &str) -> Snapshot {
    let grammar = grammars::by_id(language);
    let document = Document::new(edited, 1).unwrap();
    let syntax = grammar
        .and_then(|grammar| syntax::Syntax::parse(grammar, document.rope(), None, &mut || false));
    let recent = Recent {
        edits: history(before, edited),
        files: Vec::new(),
    };
    let (path, language) = ("a".into(), language.into());
    Snapshot {
        path,
        language,
        document,
        syntax,
        index: index::Index::default(),
        recent: Arc::new(recent),
    }
}

fn history(before: &str, edited: &str) -> Vec<RecentEdit> {
    let diff = TextDiff::from_lines(before, edited);
    let (old, new): (Vec<_>, Vec<_>) = (
        before.split_inclusive('\n').collect(),
        edited.split_inclusive('\n').collect(),
    );
    let mut edits = Vec::new();
    for operation in diff
        .ops()
        .iter()
        .filter(|operation| operation.tag() != DiffTag::Equal)
    {
        let (a, b) = (operation.old_range(), operation.new_range());
        let mut push = |line: usize, before: &[&str], after: &[&str]| {
            edits.insert(
                0,
                RecentEdit {
                    path: "a".into(),
                    line,
                    before: before.concat(),
                    after: after.concat(),
                },
            );
        };
        if a.len() == b.len() {
            a.zip(b)
                .for_each(|(a, b)| push(b, &old[a..=a], &new[b..=b]));
        } else {
            push(b.start, &old[a], &new[b]);
        }
    }
    edits
}

fn offered(language: &str, before: &str, edited: &str) -> Vec<Edit> {
    let snapshot = snapshot(language, before, edited);
    learn(&snapshot).map_or_else(Vec::new, |change| change.edits(&snapshot))
}

/// Name, text before, text after the first edits and text with what is offered, of each case of a
/// file.
fn cases(text: &str) -> Vec<[&str; 4]> {
    let case = |text: &'static str| {
        let (name, rest) = text.split_once('\n').unwrap();
        let (before, rest) = rest.split_once("-- edited\n").unwrap();
        let (edited, offered) = rest.split_once("-- offered\n").unwrap();
        [
            name,
            before.strip_prefix("-- before\n").unwrap(),
            edited,
            offered.trim_end(),
        ]
    };
    let leaked: &'static str = Box::leak(text.to_owned().into_boxed_str());
    leaked.split("## ").skip(1).map(case).collect()
}

#[test]
fn the_cases_are_offered_as_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let language = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(
            grammars::by_id(&language).is_some(),
            "{language} is no language"
        );
        for [name, before, edited, wanted] in cases(&std::fs::read_to_string(&path).unwrap()) {
            assert_ne!(before, edited, "{language}: {name} changes nothing");
            let found = apply(edited, &offered(&language, before, edited));
            if found.trim_end() != wanted {
                wrong.push(format!("{language}: {name}\n{found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_offered_once_the_edits_are_taken_back() {
    let (before, edited) = (
        "a = get(1)\nb = get(2)\nc = get(3)\n",
        "a = fetch(1)\nb = fetch(2)\nc = get(3)\n",
    );
    assert_eq!(offered("python", before, edited).len(), 1);
    let mut back = snapshot("python", edited, before);
    let mut edits = history(edited, before);
    edits.extend(history(before, edited));
    back.recent = Arc::new(Recent {
        edits,
        files: Vec::new(),
    });
    assert!(learn(&back).is_none());
}

#[test]
fn half_typed_words_are_one_change() {
    let after = "a = fetch(1)\nb = fetch(2)\nc = get(3)\n";
    let mut snapshot = snapshot("python", after, after);
    let line = |line: usize, before: &str, after: &str| {
        let [before, after] =
            [before, after].map(|name| format!("{} = {name}({})\n", ["a", "b"][line], line + 1));
        RecentEdit {
            path: "a".into(),
            line,
            before,
            after,
        }
    };
    let edits = vec![
        line(1, "fe", "fetch"),
        line(1, "get", "fe"),
        line(0, "f", "fetch"),
        line(0, "get", "f"),
    ];
    snapshot.recent = Arc::new(Recent {
        edits,
        files: Vec::new(),
    });
    let places = learn(&snapshot).unwrap().edits(&snapshot);
    assert_eq!(
        places
            .iter()
            .map(|place| (
                snapshot.rope().byte_to_line(place.range.start),
                place.text.as_str()
            ))
            .collect::<Vec<_>>(),
        [(2, "fetch")]
    );
}

#[test]
fn the_next_line_is_the_first_below_the_cursor_then_the_first_of_all() {
    let rope = Rope::from_str(&"ab\n".repeat(10));
    let at = |line: usize, column: usize| Edit::insert(rope.line_to_byte(line) + column, "");
    let places = [at(2, 0), at(5, 0), at(5, 2), at(9, 1)];
    assert_eq!(next_line(&rope, &places, 3), &places[1..3]);
    assert_eq!(next_line(&rope, &places, 9), &places[..1]);
    assert!(next_line(&rope, &[], 0).is_empty());
}

#[test]
fn what_is_inserted_at_the_cursor_is_ghost_text() {
    let (before, edited) = ("f(a)\nf(b)\nf(c)\n", "f(a, log)\nf(b, log)\nf(c)\n");
    let snapshot = snapshot("python", before, edited);
    let end = edited.len() - 2;
    assert_eq!(insertion(&snapshot, end).as_deref(), Some(", log"));
    assert_eq!(insertion(&snapshot, end - 1), None);
}

#[test]
fn what_is_left_of_a_half_typed_insertion_is_ghost_text() {
    let (before, edited) = ("f(a)\nf(b)\nf(c)\n", "f(a, log)\nf(b, log)\nf(c, l)\n");
    let snapshot = snapshot("python", before, edited);
    assert_eq!(
        insertion(&snapshot, edited.len() - 2).as_deref(),
        Some("og")
    );
    assert_eq!(insertion(&snapshot, edited.len() - 3), None);
}

const PROGRAM: &str = "import os\n\n\ndef load(path, mode):\n    data = open(path, mode)\n    print(\"data\", data)\n    \
                       return data  # data\n\n\ndef save(path, data):\n    f = load(path, 'w')\n    f.write(data)\n    \
                       f.data = self.load(path, data)\n    return os.path.join(path, f.data)\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Two or three words of the program are exchanged, doubled or taken away on several lines.
    #[test]
    fn every_offer_applies_and_breaks_nothing(
        word in "data|path|load|f|open|,|\\(|os",
        other in "[a-z]{1,4}|, x|g\\(|\\)|é|",
        lines in prop::collection::vec(3usize..14, 1..4),
        language in "python|rust|javascript|go|none",
    ) {
        let mut edited: Vec<String> = PROGRAM.split_inclusive('\n').map(str::to_owned).collect();
        for line in lines {
            let word = word.trim_start_matches('\\');
            edited[line] = edited[line].replacen(word, &other, 1);
        }
        let edited = edited.concat();
        let snapshot = snapshot(&language, PROGRAM, &edited);
        let Some(change) = learn(&snapshot) else { return Ok(()) };
        let places = change.edits(&snapshot);
        prop_assert!(places.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
        let text = apply(&edited, &places);
        if let Some(tree) = &snapshot.syntax {
            let rope = Rope::from_str(&text);
            let after = syntax::Syntax::parse(tree.grammar, &rope, None, &mut || false).unwrap();
            prop_assert!(after.errors().len() <= tree.errors().len(), "{}\nbecame\n{}", edited, text);
        }
        for place in &places {
            let line = edited[..place.range.start].matches('\n').count();
            let rope = snapshot.rope();
            prop_assert!(line == 0 || next_line(rope, &places, line - 1).contains(place));
            insertion(&snapshot, place.range.start);
        }
    }
}
