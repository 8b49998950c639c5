//! Scores of small changes: only the strongest of a function, above its margin, verified and not
//! silenced.

use crate::model_checks::unlikely::{bugs, bugs_of_file, suspicions};
use context::testing::{Finite, snapshot};

const TEXT: &str = "def total(first, second):\n    return first - second\n";

/// A model that finds the sum likelier than the difference.
fn model(text: &str) -> Finite {
    let (_, present) = text.split_once("return first").unwrap();
    Finite::new(
        "return first",
        &[],
        &[(&present.replace(" - ", " + "), 0.9), (present, 0.0001)],
    )
}

#[test]
fn the_likelier_change_is_a_bug_above_its_margin() {
    let here = snapshot("a.py", TEXT);
    let function = here
        .syntax
        .as_ref()
        .unwrap()
        .functions(here.rope())
        .remove(0);
    let found = suspicions(&here, &function, &mut model(TEXT)).unwrap();
    assert_eq!(found[0].title, "Write `+` instead of `-`");
    assert!(
        (found[0].margin - (0.9f32 / 0.0001).ln()).abs() < 0.1,
        "{found:?}"
    );
    let found = bugs(&here, &function, 5.0, &mut model(TEXT)).unwrap();
    assert_eq!(
        found[0].title(),
        "Write `+` instead of `-` (checked: parses, names)"
    );
    assert_eq!(
        (found[0].finding.code, found[0].function.as_deref()),
        ("unlikely", Some("total"))
    );
    assert!(
        bugs(&here, &function, 12.0, &mut model(TEXT))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_comment_silences_it() {
    const SILENCED: &str =
        "def total(first, second):\n    return first - second  # nigh: ignore unlikely\n";
    assert!(
        bugs_of_file(&snapshot("a.py", SILENCED), 0.0, &mut model(SILENCED))
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        bugs_of_file(&snapshot("a.py", TEXT), 0.0, &mut model(TEXT))
            .unwrap()
            .len(),
        1
    );
}
