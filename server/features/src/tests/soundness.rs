//! Candidates settled at marked places: what stays, what is cut back, what goes.

use super::at_mark;
use crate::candidates::Candidate;
use crate::filters::Place;
use crate::soundness::Soundness;

/// What is left of candidates with these texts at `$0`; a head that was made stands with `…` behind
/// it.
fn settled(path: &str, text: &str, candidates: &[&str]) -> Vec<String> {
    at_mark(path, text, |place| settled_at(place, candidates))
}

fn settled_at(place: &Place, candidates: &[&str]) -> Vec<String> {
    let new = |text: &&str| Candidate {
        text: (*text).to_owned(),
        ..Candidate::default()
    };
    let mut candidates: Vec<Candidate> = candidates.iter().map(new).collect();
    let soundness = Soundness::settle(place, &mut candidates);
    assert!(soundness.least <= soundness.before);
    assert!(
        candidates
            .iter()
            .filter(|one| one.cut)
            .all(|one| one.errors == soundness.least)
    );
    candidates
        .iter()
        .map(|one| format!("{}{}", one.text, if one.cut { "…" } else { "" }))
        .collect()
}

#[test]
fn what_leaves_more_errors_than_another_goes_or_is_cut_back() {
    let text = "fn f() -> PathBuf {\n    return $0\n}\n";
    assert_eq!(
        settled("a.rs", text, &["path.join(", "directory()"]),
        ["directory()", "path.join…"]
    );
    assert_eq!(
        settled("a.rs", text, &["new(", "directory()"]),
        ["directory()"],
        "a head of three characters is none"
    );
}

#[test]
fn what_mends_the_line_is_wanted_where_something_does() {
    let text = "x = call(\n    one if $0\n)\ny = 2\n";
    assert_eq!(
        settled("a.py", text, &["other", "other else two"]),
        ["other else two"]
    );
    assert_eq!(
        settled("a.py", text, &["other", "another"]),
        ["other", "another"],
        "nobody mends it"
    );
}

#[test]
fn a_line_that_opens_a_block_stays() {
    let text = "void f(int x) {\n    $0\n}\n";
    assert_eq!(
        settled("a.c", text, &["if (x) {", "x++;"]),
        ["if (x) {", "x++;"]
    );
}

#[test]
fn a_text_of_several_lines_has_no_head() {
    let text = "void f(int x) {\n    $0\n}\n";
    assert_eq!(
        settled("a.c", text, &["x++;\n    call(x,", "x++;"]),
        ["x++;"]
    );
}

#[test]
fn without_a_tree_everything_is_sound() {
    assert_eq!(
        settled("notes.unknown", "some $0\n", &["text (", "more"]),
        ["text (", "more"]
    );
}
