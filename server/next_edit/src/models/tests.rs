//! What each format is asked, how answers are read, and which are not shown.

use super::{EditFormat, PredictedEdit, predict, read_ahead, regions};
use context::testing::snapshot;
use context::{Alternative, Answer, Budget, CountTokens, Effort, FimFormat, Generate};
use context::{GenerateError, Prompt, Recent, RecentEdit, Segment, Snapshot};
use proptest::prelude::*;
use std::ops::ControlFlow;
use std::sync::Arc;
use text::{Rope, apply};

const TEXT: &str = "def area(width, height):\n    return w * height\n\nprint(area(2, 3))\n";
/// The cursor, after `width`.
const OFFSET: usize = 14;
const QWEN: &[&str] = &["<|file_sep|>", "<|fim_middle|>"];
const SEED: &[&str] = &[
    "<[fim-suffix]>",
    "<[fim-prefix]>",
    "<[fim-middle]>",
    "<filename>",
];

/// Gives one answer, one character a token, each as likely as the others.
struct Fake {
    name: &'static str,
    special: &'static [&'static str],
    answer: String,
    logprob: f32,
    prompts: Vec<Prompt>,
    drafts: Vec<String>,
    /// How much of the answer was taken.
    taken: usize,
}

impl Fake {
    fn new(format: EditFormat, answer: &str) -> Self {
        let (name, special) = match format {
            EditFormat::Sweep => ("sweep-next-edit-0.5b", QWEN),
            EditFormat::Zeta => ("zeta", QWEN),
            EditFormat::Zeta2 => ("zeta-2", SEED),
            EditFormat::Zeta21 => ("zeta-2.1", SEED),
        };
        Self {
            name,
            special,
            answer: answer.to_owned(),
            logprob: -0.1,
            prompts: Vec::new(),
            drafts: Vec::new(),
            taken: 0,
        }
    }

    fn prompt(&self) -> String {
        self.prompts.last().unwrap().display()
    }
}

impl CountTokens for Fake {
    fn count(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }
}

impl Generate for Fake {
    fn fim_format(&self) -> Option<FimFormat> {
        None
    }

    fn budget(&self) -> Budget {
        Budget::window_only(768)
    }

    fn spare_tokens(&self) -> usize {
        0
    }

    fn generate(
        &mut self,
        prompt: &Prompt,
        effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError> {
        self.prompts.push(prompt.clone());
        self.drafts = effort.drafts.to_vec();
        let mut answer = Answer::default();
        for c in self.answer.chars() {
            if answer.text.len() >= 4 * effort.max_tokens {
                answer.cut_short = true;
                break;
            }
            answer.text.push(c);
            answer.tokens.push((answer.text.len(), self.logprob));
            if on_text(&answer.text).is_break() {
                break;
            }
        }
        self.taken = answer.text.len();
        Ok(answer)
    }

    fn names(&self) -> Vec<String> {
        vec![self.name.to_owned()]
    }

    fn knows(&self, marker: &str) -> bool {
        self.special.contains(&marker)
    }

    fn score(&mut self, _: &Prompt, _: &[Vec<Segment>]) -> Result<Vec<Vec<f32>>, GenerateError> {
        Err(GenerateError::NoFillIn)
    }

    fn begin(&mut self, prompt: &Prompt, _: &[Vec<Segment>]) -> Result<Vec<f32>, GenerateError> {
        self.prompts.push(prompt.clone());
        Ok(Vec::new())
    }

    fn alternatives(
        &mut self,
        _: &Prompt,
        _: usize,
        _: usize,
        _: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        Err(GenerateError::NoFillIn)
    }
}

/// A document in which `w` has just become `width` in the first line.
fn renamed(text: &str) -> Snapshot {
    edited(
        text,
        0,
        "def area(w, height):\n",
        "def area(width, height):\n",
    )
}

fn edited(text: &str, line: usize, before: &str, after: &str) -> Snapshot {
    let mut snapshot = snapshot("a.py", text);
    let edit = RecentEdit {
        path: "a.py".into(),
        line,
        before: before.into(),
        after: after.into(),
    };
    snapshot.recent = Arc::new(Recent {
        edits: vec![edit],
        files: Vec::new(),
    });
    snapshot
}

fn predicted(format: EditFormat, answer: &str) -> Option<PredictedEdit> {
    predict(&renamed(TEXT), OFFSET, &mut Fake::new(format, answer)).unwrap()
}

/// An answer of a format that makes `region` of the window.
fn answer(format: EditFormat, region: &str) -> String {
    match format {
        EditFormat::Sweep => region.to_owned(),
        EditFormat::Zeta => format!("{region}\n<|editable_region_end|>\n```"),
        EditFormat::Zeta2 => format!("{region}>>>>>>> UPDATED\n"),
        EditFormat::Zeta21 => format!("<|marker_1|>{region}<|marker_2|>"),
    }
}

const FORMATS: [EditFormat; 4] = [
    EditFormat::Sweep,
    EditFormat::Zeta,
    EditFormat::Zeta2,
    EditFormat::Zeta21,
];

fn asked(format: EditFormat) -> Fake {
    let mut model = Fake::new(format, "");
    predict(&renamed(TEXT), OFFSET, &mut model).unwrap();
    model
}

#[test]
fn sweep_is_asked_for_the_third_state_of_the_window() {
    let model = asked(EditFormat::Sweep);
    let rest = "    return w * height\n\nprint(area(2, 3))\n";
    let (old, new) = (
        format!("def area(w, height):\n{rest}"),
        format!("def area(width, height):\n{rest}"),
    );
    assert_eq!(
        model.prompt(),
        format!(
            "<|file_sep|>a.py.diff\noriginal:\n{old}updated:\n{new}\
             <|file_sep|>original/a.py\n{old}<|file_sep|>current/a.py\n{new}\
             <|file_sep|>updated/a.py"
        )
    );
    assert_eq!(model.prompts[0].required, "\n");
    assert_eq!(model.drafts, [TEXT.trim_end()]);
    let markers = |segment: &&Segment| matches!(segment, Segment::Marker(_));
    assert_eq!(model.prompts[0].segments.iter().filter(markers).count(), 4);
}

const HUNK: &str = "@@ -1,4 +1,4 @@\n-def area(w, height):\n+def area(width, height):\n     \
                    return w * height\n \n print(area(2, 3))\n";

#[test]
fn zeta_is_instructed_and_sees_marks_around_the_region() {
    let model = asked(EditFormat::Zeta);
    let expected = format!(
        "### Instruction:\nYou are a code completion assistant and your task is to analyze user \
         edits and then rewrite an excerpt that the user provides, suggesting the appropriate \
         edits within the excerpt, taking into account the cursor location.\n\n### User Edits:\n\n\
         User edited \"a.py\":\n```diff\n{HUNK}\n```\n\n### User Excerpt:\n\n```a.py\n\
         <|start_of_file|>\n<|editable_region_start|>\n\
         def area(width<|user_cursor_is_here|>, height):\n    return w * height\n\n\
         print(area(2, 3))\n\n<|editable_region_end|>\n```\n\n### Response:\n"
    );
    assert_eq!(model.prompt(), expected);
    assert_eq!(model.prompts[0].required, "<|editable_region_start|>\n");
    assert_eq!(model.prompts[0].segments.len(), 1, "all of it is text");
}

#[test]
fn zeta_2_resolves_a_conflict() {
    let model = asked(EditFormat::Zeta2);
    let expected = format!(
        "<[fim-suffix]>\n<[fim-prefix]><filename>edit_history\n--- a/a.py\n+++ b/a.py\n{HUNK}\n\
         <filename>a.py\n<<<<<<< CURRENT\ndef area(width<|user_cursor|>, height):\n    \
         return w * height\n\nprint(area(2, 3))\n=======\n<[fim-middle]>"
    );
    assert_eq!(model.prompt(), expected);
    assert_eq!(model.drafts, [format!("{TEXT}\n>>>>>>> UPDATED\n")]);
}

#[test]
fn zeta_2_1_sees_numbered_blocks() {
    let model = asked(EditFormat::Zeta21);
    let expected = "<filename>a.py\n<|marker_1|>def area(width<|user_cursor|>, height):\n    \
                    return w * height\n\nprint(area(2, 3))\n<|marker_2|>\n<[fim-middle]>";
    assert!(model.prompt().ends_with(expected), "{}", model.prompt());
    assert_eq!(model.drafts, [format!("<|marker_1|>{TEXT}<|marker_2|>")]);
}

#[test]
fn other_models_are_not_asked_and_no_model_is_without_edits() {
    let mut model = Fake::new(EditFormat::Sweep, TEXT);
    let quiet = snapshot("a.py", TEXT);
    assert_eq!(predict(&quiet, OFFSET, &mut model), Ok(None));
    model.name = "qwen2.5-coder";
    assert_eq!(predict(&renamed(TEXT), OFFSET, &mut model), Ok(None));
    (model.name, model.special) = ("sweep-next-edit", SEED);
    assert_eq!(read_ahead(&renamed(TEXT), OFFSET, &mut model), Ok(false));
    assert!(model.prompts.is_empty());
    model.special = QWEN;
    assert_eq!(read_ahead(&renamed(TEXT), OFFSET, &mut model), Ok(true));
    assert_eq!(model.prompts.len(), 1);
    // Seed-Coder's vocabulary makes a Zeta without a number the second one.
    let detect = |name, special: &[&str]| EditFormat::detect([name], |m| special.contains(&m));
    assert_eq!(detect("zeta", SEED), Some(EditFormat::Zeta2));
    assert_eq!(detect("zeta-2.1", QWEN), None);
}

#[test]
fn code_that_holds_a_mark_is_not_sent() {
    for (format, mark) in [
        (EditFormat::Zeta, "<|editable_region_end|>"),
        (EditFormat::Zeta2, "=======\n"),
        (EditFormat::Zeta21, "<|marker_1|>"),
    ] {
        let mut model = Fake::new(format, "");
        let text = format!("{TEXT}{mark}");
        assert_eq!(predict(&renamed(&text), OFFSET, &mut model), Ok(None));
        assert!(model.prompts.is_empty(), "{format:?}");
    }
    let mut model = Fake::new(EditFormat::Zeta2, "");
    predict(&renamed(&format!("{TEXT}# ========\n")), OFFSET, &mut model).unwrap();
    assert_eq!(model.prompts.len(), 1, "only whole lines count");
}

#[test]
fn every_format_gives_the_smallest_edit() {
    let region = TEXT.replace("return w", "return width");
    for format in FORMATS {
        let edit = predicted(format, &answer(format, &region)).unwrap();
        assert_eq!(apply(TEXT, &edit.edits), region, "{format:?}");
        let [one] = edit.edits.as_slice() else {
            panic!("{format:?}: {:?}", edit.edits);
        };
        assert_eq!((one.text.as_str(), one.range.len()), ("idth", 0));
        assert_eq!(edit.describe(&renamed(TEXT)), "`w` to `width`");
        assert_eq!(edit.line(&Rope::from_str(TEXT)), 1);
        assert_eq!(edit.insertion(OFFSET), None);
        assert!((edit.confidence - (-0.1f32).exp()).abs() < 1e-5);
    }
}

#[test]
fn what_is_inserted_at_the_cursor_is_one_edit() {
    let region = TEXT.replace("width, height", "width: int, height");
    for format in FORMATS {
        let edit = predicted(format, &answer(format, &region)).unwrap();
        assert_eq!(
            edit.insertion(OFFSET).as_deref(),
            Some(": int"),
            "{format:?}"
        );
    }
}

#[test]
fn damaged_and_useless_answers_are_not_shown() {
    let with = |old: &str, new: &str| TEXT.replace(old, new);
    let useless = [
        TEXT.to_owned(),
        TEXT.trim_end().to_owned(),
        with("return w", "return  w"),
        with("    return w * height\n\n", "    return w * height\n"),
        with("(width, ", "(w, "),
        with("return w *", "return w * ("),
        String::new(),
        "\n\n".into(),
        "print(area(2, 3))\n".into(),
        "x = 1\n".repeat(300),
    ];
    for format in FORMATS {
        for region in &useless {
            let edit = predicted(format, &answer(format, region));
            assert_eq!(edit, None, "{format:?}: {region:?}");
        }
    }
    let region = with("return w", "return width");
    for (format, damaged) in [
        (EditFormat::Zeta, region.clone()),
        (EditFormat::Zeta2, "NO_EDITS\n>>>>>>> UPDATED\n".into()),
        (EditFormat::Zeta21, region.clone()),
        (EditFormat::Zeta21, format!("<|marker_1|>{region}")),
        (
            EditFormat::Zeta21,
            format!("<|marker_2|>{region}<|marker_1|>"),
        ),
        (
            EditFormat::Zeta21,
            format!("<|marker_1|>{region}<|marker_9|>"),
        ),
        (
            EditFormat::Zeta21,
            format!("<|marker_0|>{region}<|marker_2|>"),
        ),
        (EditFormat::Zeta21, "<|marker_1|><|marker_1|>".into()),
    ] {
        assert_eq!(predicted(format, &damaged), None, "{format:?}: {damaged:?}");
    }
    let mut unsure = Fake::new(EditFormat::Sweep, &region);
    unsure.logprob = -1.0;
    assert_eq!(predict(&renamed(TEXT), OFFSET, &mut unsure), Ok(None));
}

#[test]
fn a_mark_of_the_cursor_in_an_answer_is_left_out() {
    let region = TEXT.replace("return w", "return width<|user_cursor|>");
    for format in [EditFormat::Zeta2, EditFormat::Zeta21] {
        let edit = predicted(format, &answer(format, &region)).unwrap();
        let expected = TEXT.replace("return w", "return width");
        assert_eq!(apply(TEXT, &edit.edits), expected);
    }
}

/// A file of numbered assignments.
fn long(count: usize) -> String {
    (0..count).map(|n| format!("x{n} = f({n})\n")).collect()
}

#[test]
fn the_window_of_sweep_has_ten_lines_on_both_sides() {
    let text = long(200);
    let snapshot = edited(&text, 0, "y = 0\n", "x0 = f(0)\n");
    let mut model = Fake::new(EditFormat::Sweep, "");
    let offset = text.find("x30").unwrap();
    predict(&snapshot, offset, &mut model).unwrap();
    let lines: Vec<&str> = model.drafts[0].lines().collect();
    assert_eq!(
        (lines.len(), lines[0], lines[20]),
        (21, "x20 = f(20)", "x40 = f(40)")
    );
    let zeta = &mut Fake::new(EditFormat::Zeta2, "");
    predict(&snapshot, offset, zeta).unwrap();
    assert!(zeta.prompt().starts_with("<[fim-suffix]>\nx"));
    assert!(zeta.drafts[0].len() <= 1200);
}

#[test]
fn an_answer_that_has_come_back_to_the_window_is_stopped() {
    let text = long(40);
    let snapshot = edited(&text, 4, "x4 = g(4)\n", "x4 = f(4)\n");
    let offset = text.find("x5").unwrap();
    for (old, new) in [
        ("x6 = f(6)", "x6 = g(6)"),
        ("x6 = f(6)\n", ""),
        ("x6", "y = 1\nx6"),
    ] {
        let region = text
            .lines()
            .take(16)
            .collect::<Vec<_>>()
            .join("\n")
            .replace(old, new);
        let mut model = Fake::new(EditFormat::Sweep, &region);
        let edit = predict(&snapshot, offset, &mut model).unwrap().unwrap();
        assert_eq!(apply(&text, &edit.edits), text.replacen(old, new, 1));
        assert!(
            model.taken < region.len(),
            "{} of {}",
            model.taken,
            region.len()
        );
    }
}

#[test]
fn an_answer_that_ends_too_early_deletes_nothing() {
    let text = long(20);
    let snapshot = edited(&text, 4, "x4 = g(4)\n", "x4 = f(4)\n");
    let offset = text.find("x5").unwrap();
    for (kept, is_shown) in [(16, false), (14, true), (13, false), (10, false)] {
        let region = text.lines().take(kept).collect::<Vec<_>>().join("\n");
        let mut model = Fake::new(EditFormat::Sweep, &region);
        let edit = predict(&snapshot, offset, &mut model).unwrap();
        assert_eq!(edit.is_some(), is_shown, "{kept}: {edit:?}");
    }
}

#[test]
fn blocks_begin_after_blank_lines_and_do_not_grow_too_long() {
    let lines = |text: &str| -> Vec<usize> {
        let line = |at: &usize| text[..*at].matches('\n').count();
        regions::borders(text).iter().map(line).collect()
    };
    assert_eq!(lines(""), [0, 0]);
    assert_eq!(lines("a\n"), [0, 1]);
    assert_eq!(lines(&"a\n".repeat(40)), [0, 16, 32, 40]);
    let parted = format!("{}\n{}", "a\n".repeat(7), "b\n".repeat(7));
    assert_eq!(lines(&parted), [0, 8, 15]);
    let closing = format!("{}\n}}\nb\n{}", "a\n".repeat(7), "b\n".repeat(7));
    assert_eq!(lines(&closing), [0, 9, 17]);
}

#[test]
fn only_the_blocks_that_change_are_answered() {
    let text = format!("{}\n{}", "a = 1\n".repeat(7), "b = 2\n".repeat(7));
    let snapshot = edited(&text, 0, "a = 0\n", "a = 1\n");
    let region = "b = 2\n".repeat(6) + "b = 3\n";
    let answer = format!("<|marker_2|>{region}<|marker_3|>");
    let mut model = Fake::new(EditFormat::Zeta21, &answer);
    let edit = predict(&snapshot, 0, &mut model).unwrap().unwrap();
    assert!(apply(&text, &edit.edits).ends_with("b = 2\nb = 3\n"));
    assert_eq!(model.drafts.len(), 2);
    assert!(model.drafts[1].starts_with("<|marker_2|>b"));
}

#[test]
fn a_document_keeps_its_line_breaks() {
    let text = TEXT.replace('\n', "\r\n");
    let region = TEXT.replace("print", "print(area(1, 2))\nprint");
    let mut model = Fake::new(EditFormat::Sweep, &region);
    let snapshot = renamed(&text);
    let edit = predict(&snapshot, OFFSET, &mut model).unwrap().unwrap();
    assert_eq!(apply(&text, &edit.edits), region.replace('\n', "\r\n"));
    assert!(!model.prompt().contains('\r'));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever a model answers, its edits apply within the window and add no syntax error.
    #[test]
    fn every_answer_gives_edits_that_apply_or_none(
        format in 0usize..4,
        line in 0usize..12,
        column in 0usize..9,
        change in "(ä|x|\\(|\\n|\\r\\n|    |<\\|marker_2\\|>|<\\|user_cursor\\|>|>>>>>>> UPDATED\\n){0,4}",
        removed in 0usize..40,
        framed in any::<bool>(),
        crlf in any::<bool>(),
    ) {
        let base = "import os\n\n\ndef f(ä, b):\n    if ä:\n        return b\n\n\nx = f(1, 2)\n\ny = 3\n";
        let text = if crlf { base.replace('\n', "\r\n") } else { base.to_owned() };
        let snapshot = edited(&text, 8, "x = f(1)\n", "x = f(1, 2)\n");
        let offset = snapshot.rope().line_to_byte(line.min(11));
        let at = base.char_indices().map(|(at, _)| at).nth(line * 5 + column).unwrap_or(0);
        let end = (at + removed).min(base.len());
        let end = (end..=base.len()).find(|end| base.is_char_boundary(*end)).unwrap();
        let region = format!("{}{change}{}", &base[..at], &base[end..]);
        let text_of_answer = if framed { answer(FORMATS[format], &region) } else { region };
        let mut model = Fake::new(FORMATS[format], &text_of_answer);
        if let Some(edit) = predict(&snapshot, offset, &mut model).unwrap() {
            prop_assert!(!edit.edits.is_empty());
            prop_assert!(edit.edits.windows(2).all(|pair| !pair[0].conflicts_with(&pair[1])
                && pair[0].range.end <= pair[1].range.start));
            let new = apply(&text, &edit.edits);
            prop_assert_ne!(&new, &text);
            let tree = snapshot.syntax.as_ref().unwrap();
            let rope = Rope::from_str(&new);
            let after = syntax::Syntax::parse(tree.grammar, &rope, None, &mut || false).unwrap();
            prop_assert!(after.errors().len() <= tree.errors().len(), "{}", new);
            edit.describe(&snapshot);
        }
    }
}
