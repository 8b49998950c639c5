//! What is watched, how long, and what it costs.

use super::*;
use text::{ContentChange, Document, Encoding, Position};

fn snapshot(path: &str, document: &Document) -> Snapshot {
    Snapshot {
        path: path.into(),
        language: "rust".into(),
        document: document.clone(),
        syntax: None,
        index: index::Index::default(),
        recent: Arc::default(),
    }
}

fn about() -> About {
    About {
        language: "rust".into(),
        kind: Kind::MidLine,
        source: Source::Model,
        confidence: 0.6,
    }
}

fn learning(wait: Duration) -> Learning {
    let learning = Learning::new(LearningOptions { file: None, wait });
    learning.set_enabled(true);
    learning
}

/// Inserts `text` at the start of the document.
fn step(document: &mut Document, text: &str) -> Vec<Step> {
    let before = document.rope().clone();
    let change = ContentChange {
        range: Some((Position::new(0, 0), Position::new(0, 0))),
        text: text.into(),
    };
    let changes = document.apply(&[change], 0, Encoding::Utf8).unwrap();
    changes
        .into_iter()
        .map(|change| Step {
            change,
            before: before.clone(),
            after: document.rope().clone(),
        })
        .collect()
}

#[test]
fn outcomes_are_due_after_an_edit_and_settled_once() {
    let learning = learning(Duration::from_millis(1));
    let mut document = Document::new("", 0).unwrap();
    learning.edited("a", &step(&mut document, "x"));
    learning.shown("a", &snapshot("a.rs", &document), 1, "value", about());
    assert_eq!(learning.next_due(), None, "nothing is due before an edit");
    learning.edited("a", &step(&mut document, "y"));
    learning.edited("a", &step(&mut document, "y"));
    assert!(learning.next_due().is_some());
    std::thread::sleep(Duration::from_millis(10));
    learning.settle();
    let ignored = learning.totals().1.ignored;
    assert_eq!((learning.next_due(), ignored), (None, 1.0));
}

#[test]
fn taken_phrases_become_familiar() {
    let learning = learning(WAIT);
    let mut document = Document::new("", 0).unwrap();
    for _ in 0..5 {
        learning.shown(
            "a",
            &snapshot("a.rs", &document),
            0,
            "self.value()\n",
            about(),
        );
        learning.edited("a", &step(&mut document, "self.value()\n"));
        learning.closed("a");
    }
    assert_eq!(learning.totals().1.accepted.round(), 5.0);
    assert!(learning.familiarity("self.value() + 1") > 0.2);
    learning.set_enabled(false);
    assert_eq!(learning.familiarity("self.value() + 1"), 0.0);
}

#[test]
fn the_same_suggestion_shown_again_is_one() {
    let learning = learning(WAIT);
    let mut document = Document::new("", 0).unwrap();
    for _ in 0..3 {
        learning.shown("a", &snapshot("a.rs", &document), 0, "value", about());
    }
    learning.edited("a", &step(&mut document, "other"));
    learning.closed("a");
    assert_eq!(learning.totals().1.shown(), 1.0);
}

#[test]
fn what_nothing_follows_and_what_is_secret_counts_for_nothing() {
    let learning = learning(WAIT);
    let mut document = Document::new("", 0).unwrap();
    learning.shown("a", &snapshot("a.rs", &document), 0, "value", about());
    learning.closed("a");
    learning.shown("b", &snapshot("app/.env", &document), 0, "value", about());
    learning.edited("b", &step(&mut document, "value"));
    learning.close();
    assert_eq!(learning.totals().1.shown(), 0.0);
}

#[test]
fn following_an_edit_is_quick() {
    let learning = learning(WAIT);
    let mut document =
        Document::new(&"let value = compute(alpha, beta);\n".repeat(20_000), 0).unwrap();
    for offset in 0..WATCHED {
        learning.shown(
            "a",
            &snapshot("a.rs", &document),
            offset,
            "value(alpha, beta)\n    more(x)",
            about(),
        );
        learning.edited("a", &step(&mut document, "x"));
    }
    let steps: Vec<_> = (0..200).map(|_| step(&mut document, "x")).collect();
    let start = Instant::now();
    for steps in &steps {
        learning.edited("a", steps);
    }
    let each = start.elapsed() / 200;
    assert!(
        each < Duration::from_millis(1),
        "{each:?} for {WATCHED} suggestions, without optimisation"
    );
}

/// A wait this long cannot be counted, which is a panic where numbers are checked.
#[cfg(debug_assertions)]
#[tokio::test]
async fn a_failure_while_settling_does_not_end_learning() {
    let learning = Arc::new(learning(Duration::MAX));
    let mut document = Document::new("", 0).unwrap();
    learning.shown("a", &snapshot("a.rs", &document), 0, "value", about());
    let follows = tokio::spawn(Arc::clone(&learning).follow());
    for _ in 0..2 {
        learning.edited("a", &step(&mut document, "x"));
        assert!(
            tokio::spawn(Arc::clone(&learning).settle_all())
                .await
                .is_err()
        );
        assert!(!follows.is_finished());
    }
}
