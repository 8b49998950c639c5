//! Outcomes concluded from scripts of edits, as different editors send them; and random edits.

use super::*;
use text::{ContentChange, Document, Encoding, Position};

/// A document with `|` where the suggestion is shown.
struct Script {
    document: Document,
    watch: Watch,
    now: u64,
}

impl Script {
    fn new(marked: &str, suggestion: &str) -> Self {
        let offset = marked.find('|').unwrap();
        let document = Document::new(&marked.replace('|', ""), 0).unwrap();
        let watch = Watch::new(document.rope().clone(), offset, suggestion.into(), 0);
        Self {
            document,
            watch,
            now: 1000,
        }
    }

    /// Replaces the text between two byte offsets.
    fn replace(&mut self, start: usize, end: usize, text: &str) -> &mut Self {
        let at = |offset| self.document.position(offset, Encoding::Utf8);
        self.change(ContentChange {
            range: Some((at(start), at(end))),
            text: text.into(),
        })
    }

    fn full(&mut self, text: &str) -> &mut Self {
        self.change(ContentChange {
            range: None,
            text: text.into(),
        })
    }

    fn change(&mut self, change: ContentChange) -> &mut Self {
        for change in self.document.apply(&[change], 0, Encoding::Utf8).unwrap() {
            self.watch.edited(&change, self.document.rope(), self.now);
        }
        self.now += 100;
        self
    }

    fn type_by_hand(&mut self, mut offset: usize, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.replace(offset, offset, &letter.to_string());
            offset += letter.len_utf8();
        }
        self
    }

    fn outcome(&self) -> SuggestionOutcome {
        self.watch.outcome()
    }
}

#[test]
fn inserted_at_once_is_accepted() {
    let mut script = Script::new("x = |\ny", "value + 1");
    assert_eq!(
        script.replace(4, 4, "value + 1").outcome(),
        SuggestionOutcome::Accepted
    );
    assert_eq!(
        script.type_by_hand(13, " + more").outcome(),
        SuggestionOutcome::Accepted
    );
    assert_eq!(
        script
            .replace(0, 0, "import a\n")
            .replace(3, 6, "")
            .outcome(),
        SuggestionOutcome::Accepted
    );
}

#[test]
fn a_line_replaced_whole_or_a_full_text_is_accepted_as_well() {
    assert_eq!(
        Script::new("x = |;\ny", "value")
            .replace(0, 5, "x = value;")
            .outcome(),
        SuggestionOutcome::Accepted
    );
    assert_eq!(
        Script::new("x = |;\ny", "value")
            .full("x = value;\ny")
            .outcome(),
        SuggestionOutcome::Accepted
    );
    assert_eq!(
        Script::new("f():|\n\nx", "\n    a\n")
            .full("f():\n    a\n\n\nx")
            .outcome(),
        SuggestionOutcome::Accepted
    );
    assert_eq!(
        Script::new("x.val|\ny", "ue()")
            .replace(2, 5, "value()")
            .outcome(),
        SuggestionOutcome::Accepted
    );
}

#[test]
fn other_line_breaks_change_nothing() {
    let mut script = Script::new("def f():|\r\nx\r\n", "\n    a = 1\n    return a");
    assert_eq!(
        script
            .replace(8, 8, "\r\n    a = 1\r\n    return a")
            .outcome(),
        SuggestionOutcome::Accepted
    );
}

#[test]
fn words_of_it_are_a_part() {
    let mut script = Script::new("x = |\n", "first(second, third)");
    assert_eq!(
        script.replace(4, 4, "first").outcome(),
        SuggestionOutcome::AcceptedPart
    );
    assert_eq!(
        script.replace(9, 9, "[0]").outcome(),
        SuggestionOutcome::AcceptedPart
    );
    let mut shortened = Script::new("x = |\n", "first(second, third)");
    assert_eq!(
        shortened
            .replace(4, 4, "first(second, third)")
            .replace(16, 24, "")
            .outcome(),
        SuggestionOutcome::AcceptedPart
    );
    assert_eq!(
        Script::new("x = |\n", "first(second)")
            .replace(4, 4, "fir")
            .outcome(),
        SuggestionOutcome::Ignored
    );
}

#[test]
fn typing_the_same_is_agreement() {
    assert_eq!(
        Script::new("x = |\n", "größe")
            .type_by_hand(4, "größe")
            .outcome(),
        SuggestionOutcome::TypedOver
    );
    assert_eq!(
        Script::new("x = |\n", "größe")
            .type_by_hand(4, "größer")
            .outcome(),
        SuggestionOutcome::TypedOver
    );
    assert_eq!(
        Script::new("x = |\n", "größe")
            .type_by_hand(4, "gro")
            .outcome(),
        SuggestionOutcome::Ignored
    );
    assert_eq!(
        Script::new("x = |\n", "value")
            .type_by_hand(4, "va")
            .replace(6, 6, "lue")
            .outcome(),
        SuggestionOutcome::Accepted
    );
}

#[test]
fn brackets_closed_by_the_editor_are_no_acceptance() {
    let mut script = Script::new("f|\n", "(a, b)");
    assert_eq!(
        script.replace(1, 1, "()").type_by_hand(2, "a, b").outcome(),
        SuggestionOutcome::TypedOver
    );
}

#[test]
fn much_changed_is_edited_and_little_changed_is_accepted() {
    let mut script = Script::new("|\n", "return compute(alpha, beta)");
    script.replace(0, 0, "return compute(alpha, beta)");
    assert_eq!(
        script.replace(22, 26, "gamm").outcome(),
        SuggestionOutcome::Accepted
    );
    assert_eq!(
        script.replace(7, 21, "other(delta").outcome(),
        SuggestionOutcome::Edited
    );
}

#[test]
fn undo_is_reverted_and_redo_is_accepted() {
    let mut script = Script::new("x = |\n", "value");
    assert_eq!(
        script.replace(4, 4, "value").replace(4, 9, "").outcome(),
        SuggestionOutcome::Reverted
    );
    assert_eq!(
        script.clone_with("w").outcome(),
        SuggestionOutcome::Reverted
    );
    assert_eq!(
        script.replace(4, 4, "value").outcome(),
        SuggestionOutcome::Accepted
    );
    assert_eq!(
        Script::new("a\nx = |\nb", "value")
            .replace(6, 6, "value")
            .replace(2, 12, "")
            .outcome(),
        SuggestionOutcome::Reverted
    );
}

impl Script {
    /// The same script after something was typed at the place.
    fn clone_with(&self, text: &str) -> Self {
        let mut clone = Self {
            document: self.document.clone(),
            watch: self.watch.clone(),
            now: self.now,
        };
        clone.type_by_hand(4, text);
        clone
    }
}

#[test]
fn something_else_is_ignored_and_nothing_is_unseen() {
    assert_eq!(
        Script::new("x = |\n", "value")
            .type_by_hand(4, "other")
            .outcome(),
        SuggestionOutcome::Ignored
    );
    assert_eq!(
        Script::new("x = |\n", "value")
            .replace(0, 0, "y = 1\n")
            .outcome(),
        SuggestionOutcome::Ignored
    );
    assert_eq!(
        Script::new("x = |\n", "value").replace(0, 5, "").outcome(),
        SuggestionOutcome::Ignored
    );
    assert_eq!(
        Script::new("x = |\n", "value").outcome(),
        SuggestionOutcome::Unseen
    );
}

#[test]
fn several_cursors_insert_at_the_place_too() {
    let mut script = Script::new("a.\nb.\nc.|\n", "len()");
    assert_eq!(
        script
            .replace(8, 8, "len()")
            .replace(5, 5, "len()")
            .replace(2, 2, "len()")
            .outcome(),
        SuggestionOutcome::Accepted
    );
    let mut script = Script::new("a.|\nb.\n", "len()");
    assert_eq!(
        script
            .replace(5, 5, "len()")
            .replace(2, 2, "len()")
            .outcome(),
        SuggestionOutcome::Accepted
    );
}

#[test]
fn what_gives_way_at_a_glance_is_unseen() {
    let script = Script::new("x = |\n", "value");
    assert_eq!(
        script.watch.replaced(MIN_VISIBLE - 1),
        Some(SuggestionOutcome::Unseen)
    );
    assert_eq!(
        script.watch.replaced(MIN_VISIBLE),
        Some(SuggestionOutcome::Ignored)
    );
    let mut taken = Script::new("x = |\n", "value");
    taken.now = 10;
    assert_eq!(taken.replace(4, 4, "value").watch.replaced(20), None);
}

#[test]
fn typing_along_goes_on_with_the_suggestion() {
    let mut script = Script::new("x = |\n", "value");
    assert!(script.watch.goes_on(4, "value") && !script.watch.goes_on(5, "value"));
    script.type_by_hand(4, "va");
    assert!(script.watch.goes_on(6, "lue") && !script.watch.goes_on(6, "due"));
    script.replace(6, 6, "lue").replace(4, 9, "");
    assert!(
        !script.watch.goes_on(4, "value"),
        "it was taken and removed, so this is another one"
    );
}

#[test]
fn the_wait_begins_with_the_first_edit_and_has_an_end() {
    let mut script = Script::new("x = |\n", "value");
    assert_eq!(script.watch.due(15_000), None);
    assert_eq!(script.replace(4, 4, "v").watch.due(15_000), Some(16_000));
    script.now = 60_000;
    assert_eq!(script.replace(5, 5, "a").watch.due(15_000), Some(61_000));
}

#[test]
fn random_edits_never_fail() {
    let mut random = 11u32;
    let mut next = |most: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % most
    };
    let pieces = [
        "",
        "a",
        "value",
        "value + é🦀\n  more",
        "\n",
        "\r\n",
        "\r",
        "é🦀",
        "()",
        "x\ny\n",
        "🦀 more",
    ];
    for round in 0..300 {
        let mut script = Script::new("one é\r\n|two\n🦀", pieces[2 + round % 2]);
        for _ in 0..30 {
            let lines = script.document.rope().len_lines();
            let line = next(lines) as u32;
            let start = Position::new(line, next(9) as u32);
            let end = Position::new(
                (line + next(2) as u32).min(lines as u32 - 1),
                start.character + next(6) as u32,
            );
            let range = (next(12) > 0).then_some((start, end.max(start)));
            script.change(ContentChange {
                range,
                text: pieces[next(pieces.len())].into(),
            });
            script.outcome();
            let place = script.watch.place.clone();
            assert!(
                place.start <= place.end && place.end <= script.document.rope().len_bytes(),
                "{place:?}"
            );
        }
    }
}
