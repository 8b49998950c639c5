//! Candidates at marked places: which stay, which are cut back, which are dropped.

use super::at_mark;
use crate::candidates::Candidate;
use crate::completion_context::CompletionContext;
use crate::syntax_errors::drop_broken;

/// What is left of candidates with these texts at `$0`; a head that was made ends with `…`.
fn left(path: &str, text: &str, candidates: &[&str]) -> Vec<String> {
    at_mark(path, text, |context| left_at(context, candidates))
}

fn left_at(context: &CompletionContext, candidates: &[&str]) -> Vec<String> {
    let new = |text: &&str| Candidate {
        text: (*text).to_owned(),
        ..Candidate::default()
    };
    let mut candidates: Vec<Candidate> = candidates.iter().map(new).collect();
    let errors = drop_broken(context, &mut candidates);
    assert!(errors.fewest <= errors.before);
    assert!(
        candidates
            .iter()
            .filter(|one| one.cut)
            .all(|one| one.errors == errors.fewest)
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
        left("a.rs", text, &["path.join(", "directory()"]),
        ["directory()", "path.join…"]
    );
    assert_eq!(
        left("a.rs", text, &["new(", "directory()"]),
        ["directory()"],
        "a head of three characters is none"
    );
}

#[test]
fn what_fixes_the_line_is_wanted_where_something_does() {
    let text = "x = call(\n    one if $0\n)\ny = 2\n";
    assert_eq!(
        left("a.py", text, &["other", "other else two"]),
        ["other else two"]
    );
    assert_eq!(
        left("a.py", text, &["other", "another"]),
        ["other", "another"],
        "nothing fixes it"
    );
}

#[test]
fn a_line_that_opens_a_block_stays() {
    let text = "void f(int x) {\n    $0\n}\n";
    assert_eq!(
        left("a.c", text, &["if (x) {", "x++;"]),
        ["if (x) {", "x++;"]
    );
}

#[test]
fn a_text_of_several_lines_has_no_head() {
    let text = "void f(int x) {\n    $0\n}\n";
    assert_eq!(left("a.c", text, &["x++;\n    call(x,", "x++;"]), ["x++;"]);
}

#[test]
fn without_a_tree_nothing_is_broken() {
    assert_eq!(
        left("notes.unknown", "some $0\n", &["text (", "more"]),
        ["text (", "more"]
    );
}
