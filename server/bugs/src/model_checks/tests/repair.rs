//! What becomes of the answers of a model that repairs.

use crate::model_checks::repair::{LineFix, repair, repair_file, window_tokens};
use crate::model_checks::windows::windows;
use context::GenerateError;
use context::testing::{Finite, snapshot};

const TOKENS: &[&str] = &["<|file_sep|>", "<|fix|>", "<|fixed|>"];
const CODE: &str = "def total(items):\n    count = 0\n    for item in items:\n        count -= item\n    return count\n";

fn model(answers: &[(&str, f32)]) -> Finite {
    Finite::new("<|fix|>", TOKENS, answers)
}

/// The text with a fix applied.
fn fixed(text: &str, fix: &LineFix) -> String {
    text::apply(text, std::slice::from_ref(&fix.edit))
}

#[test]
fn the_likeliest_fix_comes_first_and_the_gate_hears_the_model() {
    let mut model = model(&[
        ("<|fixed|>", 0.05),
        (
            "        count -= item\n<|fixed|>        count += item\n",
            0.5,
        ),
        (
            "        count -= item\n<|fixed|>        count *= item\n",
            0.15,
        ),
        ("    count = 0\n<|fixed|>    count = 1\n", 0.3),
    ]);
    let snapshot = snapshot("a.py", CODE);
    let repair = repair(&snapshot, 0..CODE.len(), &mut model, 3).unwrap();
    assert!((repair.no_bug - 0.05).abs() < 1e-5 && repair.is_shown());
    let texts: Vec<_> = repair
        .fixes
        .iter()
        .map(|fix| fix.edit.text.trim())
        .collect();
    assert_eq!(texts, ["count += item", "count = 1", "count *= item"]);
    assert!((repair.fixes[0].logprob.exp() - 0.5).abs() < 1e-5);
    assert_eq!(fixed(CODE, &repair.fixes[0]), CODE.replace("-=", "+="));
    assert_eq!(model.prompts[0], format!("<|file_sep|>a.py\n{CODE}<|fix|>"));
    assert_eq!(
        model.prompts[1],
        format!("<|file_sep|>a.py\n{CODE}<|fix|>        count -= item\n<|fixed|>")
    );
}

#[test]
fn sound_code_is_not_shown_as_broken() {
    let answers = [
        ("<|fixed|>", 0.6),
        ("    count = 0\n<|fixed|>    count = 1\n", 0.4),
    ];
    let repair = repair(
        &snapshot("a.py", CODE),
        0..CODE.len(),
        &mut model(&answers),
        1,
    )
    .unwrap();
    assert!(repair.fixes.len() == 1 && !repair.is_shown());
}

#[test]
fn lines_are_added_and_deleted() {
    let twice = CODE.replace("    return", "    count = None\n    return");
    let answers = [
        ("    count = None\n<|fixed|>", 0.9),
        (
            "    count = 0\n<|fixed|>    count = 0\n    seen = set()\n",
            0.1,
        ),
    ];
    for (text, breaks) in [(twice.clone(), "\n"), (twice.replace('\n', "\r\n"), "\r\n")] {
        let fixes = repair(
            &snapshot("a.py", &text),
            0..text.len(),
            &mut model(&answers),
            2,
        )
        .unwrap()
        .fixes;
        assert_eq!(fixed(&text, &fixes[0]), CODE.replace('\n', breaks));
        let added = format!("    count = 0{breaks}    seen = set(){breaks}");
        assert!(fixed(&text, &fixes[1]).contains(&added), "{fixes:?}");
    }
}

#[test]
fn what_is_ambiguous_changes_nothing_or_breaks_the_code_is_left_out() {
    let text = "def f(a):\n    a += 1\n    a += 1\n    return a\n";
    let answers = [
        ("    a += 1\n<|fixed|>    a += 2\n", 0.4),
        ("    return a\n<|fixed|>    return a\n", 0.3),
        ("    return a\n<|fixed|>    return a)\n", 0.2),
        ("    return b\n<|fixed|>    return a + 1\n", 0.1),
    ];
    let repair = repair(
        &snapshot("a.py", text),
        0..text.len(),
        &mut model(&answers),
        3,
    )
    .unwrap();
    assert!(
        repair.fixes.is_empty() && !repair.is_shown(),
        "{:?}",
        repair.fixes
    );
}

#[test]
fn every_function_is_looked_at_and_a_long_one_in_parts() {
    let long = format!(
        "def long():\n{}",
        "    call(1, 2, 3, 4, 5, 6)\n".repeat(200)
    );
    let text = format!("import os\n\n\ndef short():\n    pass\n\n\n{long}");
    let (snapshot, mut model) = (snapshot("a.py", &text), model(&[("<|fixed|>", 1.0)]));
    let most = window_tokens(&snapshot, &model);
    let found = windows(&snapshot, &model, most);
    assert_eq!(&text[found[0].clone()], "def short():\n    pass\n");
    assert!(found.len() > 2 && found[1].start == text.find("def long").unwrap());
    assert!(
        found[1..]
            .windows(2)
            .all(|pair| pair[0].end == pair[1].start)
    );
    assert_eq!(found.last().unwrap().end, text.len());
    assert_eq!(
        repair_file(&snapshot, &mut model, 1).unwrap().len(),
        found.len()
    );
}

#[test]
fn a_model_that_cannot_repair_says_so() {
    let mut model = Finite::new("", &[], &[]);
    let error = repair(&snapshot("a.py", CODE), 0..CODE.len(), &mut model, 1).unwrap_err();
    assert_eq!(error, GenerateError::NoRepair);
}
