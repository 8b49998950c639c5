//! Edits by hand, with several cursors and by undo: the history must always report what really
//! changed.

use super::*;
use text::{ContentChange, Document, Encoding, Position};

struct Typist {
    document: Document,
    history: History,
    path: Arc<str>,
    now: Instant,
}

impl Typist {
    fn new(text: &str) -> Self {
        let history = History::new(|path| path.ends_with(".env"));
        Self {
            document: Document::new(text, 0).unwrap(),
            history,
            path: "a.py".into(),
            now: Instant::now(),
        }
    }

    fn replace(&mut self, [line, from, to]: [u32; 3], text: &str) {
        let range = Some((Position::new(line, from), Position::new(line, to)));
        self.apply(ContentChange {
            range,
            text: text.into(),
        });
    }

    fn apply(&mut self, change: ContentChange) {
        let before = self.document.rope().clone();
        for change in self.document.apply(&[change], 0, Encoding::Utf16).unwrap() {
            let step = Step {
                change,
                before: before.clone(),
                after: self.document.rope().clone(),
            };
            self.history
                .edited("file:///a.py", &self.path, &step, self.now);
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn edits(&self) -> Vec<(usize, String, String)> {
        self.history
            .edits()
            .into_iter()
            .map(|edit| (edit.line, edit.before, edit.after))
            .collect()
    }
}

fn edit(line: usize, before: &str, after: &str) -> (usize, String, String) {
    (line, before.into(), after.into())
}

#[test]
fn a_word_typed_letter_by_letter_is_one_edit() {
    let mut typist = Typist::new("a\nb\nc\n");
    for (at, letter) in ["x", "y", "z"].iter().enumerate() {
        typist.replace([1, 1 + at as u32, 1 + at as u32], letter);
        typist.wait(1);
    }
    assert_eq!(typist.edits(), [edit(1, "b\n", "bxyz\n")]);
}

#[test]
fn a_pause_begins_another_edit() {
    let mut typist = Typist::new("a\n");
    typist.replace([0, 1, 1], "x");
    typist.wait(3);
    typist.replace([0, 2, 2], "y");
    assert_eq!(
        typist.edits(),
        [edit(0, "ax\n", "axy\n"), edit(0, "a\n", "ax\n")]
    );
}

#[test]
fn new_lines_join_the_line_they_were_typed_from() {
    let mut typist = Typist::new("def f():\nend");
    typist.replace([0, 8, 8], "\n    ");
    typist.replace([1, 4, 4], "pass");
    assert_eq!(typist.edits(), [edit(1, "", "    pass\n")]);
    typist.replace([2, 3, 3], "!");
    assert_eq!(typist.edits()[0], edit(2, "end", "end!"));
}

#[test]
fn cursors_on_several_lines_are_several_edits() {
    let mut typist = Typist::new("f(a)\nf(b)\n\nf(c)\n");
    for line in [3, 1, 0] {
        typist.replace([line, 3, 3], ", 1");
    }
    let expected = [
        edit(0, "f(a)\n", "f(a, 1)\n"),
        edit(1, "f(b)\n", "f(b, 1)\n"),
        edit(3, "f(c)\n", "f(c, 1)\n"),
    ];
    assert_eq!(typist.edits(), expected);
}

#[test]
fn what_is_undone_at_once_never_was() {
    let mut typist = Typist::new("a\r\nb\r\n");
    typist.replace([1, 0, 1], "x");
    typist.replace([1, 0, 1], "b");
    assert_eq!(typist.edits(), []);
}

#[test]
fn an_edit_keeps_its_place_while_lines_come_above_it() {
    let mut typist = Typist::new("a\nb\n");
    typist.replace([1, 1, 1], "x");
    typist.replace([0, 0, 0], "new\n");
    typist.replace([2, 2, 2], "y");
    assert_eq!(
        typist.edits(),
        [edit(2, "b\n", "bxy\n"), edit(0, "", "new\n")]
    );
}

#[test]
fn a_full_text_becomes_its_differences() {
    let mut typist = Typist::new("a\nb\nc\n");
    typist.apply(ContentChange {
        range: None,
        text: "a\nB\nc\n".into(),
    });
    assert_eq!(typist.edits(), [edit(1, "b\n", "B\n")]);
}

#[test]
fn large_and_secret_edits_are_not_kept_and_the_oldest_go() {
    let mut typist = Typist::new(&"x\n".repeat(60));
    typist.replace([0, 0, 0], &"y".repeat(3000));
    assert_eq!(typist.edits(), []);
    for line in 1..50 {
        typist.replace([line, 0, 1], "z");
    }
    assert_eq!(typist.edits().len(), MAX_EDITS);
    assert_eq!(typist.edits()[0], edit(49, "x\n", "z\n"));
    let mut typist = Typist::new("");
    typist.path = "deploy/.env".into();
    typist.replace([0, 0, 0], "KEY=1");
    assert_eq!(typist.edits(), []);
}

#[test]
fn random_edits_never_fail_and_the_last_one_is_true() {
    let mut random = 7u32;
    let mut next = |most: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % most
    };
    let pieces = ["", "a", "\n", "\r\n", "\r", "é🦀", "x\ny\n", "    "];
    let mut typist = Typist::new("one\ntwo\r\nthree\n");
    for _ in 0..4000 {
        let lines = typist.document.rope().len_lines() as u32;
        let (line, from) = (next(lines), next(8));
        let to = Position::new((line + next(2)).min(lines - 1), from + next(4));
        let range = Some((Position::new(line, from), to.max(Position::new(line, from))));
        typist.apply(ContentChange {
            range,
            text: pieces[next(pieces.len() as u32) as usize].into(),
        });
        if next(5) == 0 {
            typist.wait(3);
        }
        let text = typist.document.rope().to_string();
        if let Some(last) = typist.history.edits().first() {
            assert!(text.contains(&last.after), "{last:?} in {text:?}");
        }
        if text.len() > 400 {
            typist.apply(ContentChange {
                range: None,
                text: "one\ntwo\r\n".into(),
            });
        }
    }
}
