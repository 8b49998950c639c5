//! Zeta 2, which continues Seed-Coder-8B: suffix, prefix, middle.
//!
//! All context is in the prefix: the last edits as a file of diffs, then the file with its
//! editable region in the form of a merge conflict, whose other side is the answer. Source: Zed's
//! `zeta_prompt`.

use super::prompt_writer::PromptWriter;
use super::rewrite::Rewritten;
use super::window::EditWindow;
use super::zeta::{CONTEXT_BYTES, last_edits};
use context::{Generate, Prompt};

const SUFFIX: &str = "<[fim-suffix]>";
const PREFIX: &str = "<[fim-prefix]>";
/// Where the answer begins.
pub(super) const MIDDLE: &str = "<[fim-middle]>";
const FILE: &str = "<filename>";
const END_OF_TEXT: &str = "<[end▁of▁sentence]>";
/// The special tokens of the format.
pub(super) const MARKERS: &[&str] = &[SUFFIX, PREFIX, MIDDLE, FILE, END_OF_TEXT];
const START: &str = "<<<<<<< CURRENT\n";
const SEPARATOR: &str = "=======\n";
/// Ends the region.
pub(super) const END: &str = ">>>>>>> UPDATED";
const CURSOR: &str = "<|user_cursor|>";
const NO_EDITS: &str = "NO_EDITS";
/// Texts that mean something in the prompt.
pub(super) const RESERVED: &[&str] = &[CURSOR, START, SEPARATOR, ">>>>>>> UPDATED\n"];

/// What the model is asked, and its answer if nothing changes.
pub(super) fn prompt(window: &EditWindow, model: &dyn Generate) -> (Prompt, Vec<String>) {
    let (before, after) = window.halves();
    let mut region = PromptWriter::new(model);
    region.text(START);
    region.text(&format!("{before}{CURSOR}"));
    region.lines(after);
    region.text(SEPARATOR);
    let draft = format!("{}\n{END}\n", window.text);
    (laid_out(window, region), vec![draft])
}

/// A prompt with this region, in the order of Seed-Coder.
pub(super) fn laid_out(window: &EditWindow, region: PromptWriter) -> Prompt {
    let model = region.model;
    let path = &window.snapshot.path;
    let mut head = PromptWriter::new(model);
    head.marker(SUFFIX);
    head.lines(&window.below(CONTEXT_BYTES));
    head.marker(PREFIX);
    let mut file = PromptWriter::new(model);
    file.marker(FILE);
    file.text(&format!("{path}\n{}", window.above(CONTEXT_BYTES)));
    let used = head.tokens() + file.tokens() + region.tokens();
    let room = model.budget().tokens.saturating_sub(used);
    let edits = last_edits(window.snapshot, model, room, |path, hunk| {
        format!("--- a/{path}\n+++ b/{path}\n{hunk}")
    });
    if !edits.is_empty() {
        head.marker(FILE);
        head.text(&format!("edit_history\n{edits}\n"));
    }
    head.extend(file);
    head.extend(region);
    head.marker(MIDDLE);
    Prompt {
        segments: head.segments,
        reply: None,
        required: String::new(),
        stops: vec![END_OF_TEXT.into()],
        pieces: Vec::new(),
    }
}

/// The region of an answer; one that says that nothing changes is the window's own text.
pub(super) fn read(window: &EditWindow, answer: &str) -> Option<Rewritten> {
    let (region, _) = answer.split_once(END).unwrap_or((answer, ""));
    if region.trim_end() == NO_EDITS {
        return Some(Rewritten::whole(&window.text));
    }
    let region = region.strip_suffix('\n').unwrap_or(region);
    Some(Rewritten::without(region, CURSOR))
}
