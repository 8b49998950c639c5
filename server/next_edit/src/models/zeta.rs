//! Zed's first Zeta, which continues Qwen2.5-Coder-7B with an instruction.
//!
//! Edits are diffs, the code is an excerpt with the editable region between two marks, and the
//! answer repeats the region with the marks. The marks are plain text: the vocabulary has no
//! tokens for them. Source: Zed's `zeta_prompt` and the data set of the model.

use super::history::past_edits;
use super::prompt_writer::{BYTES_PER_TOKEN, PromptWriter};
use super::rewrite::Rewritten;
use super::window::{EditWindow, WindowSize};
use context::{Generate, Prompt, Snapshot};

/// Bytes of lines that are shown above, and below, the region.
pub(super) const CONTEXT_BYTES: usize = 225;
/// Bytes of the region at most, some 350 tokens.
const MAX_REGION: usize = 350 * BYTES_PER_TOKEN;
/// Edits that are shown.
const MAX_EDITS: usize = 6;

/// A special token that shows that the vocabulary is that of Qwen's coders.
pub(super) const KNOWN: &str = "<|fim_middle|>";
const END_OF_TEXT: &str = "<|endoftext|>";
/// The special tokens of the format.
pub(super) const MARKERS: &[&str] = &[KNOWN, END_OF_TEXT];

const FILE_START: &str = "<|start_of_file|>";
const START: &str = "<|editable_region_start|>";
/// Ends the region.
pub(super) const END: &str = "<|editable_region_end|>";
const CURSOR: &str = "<|user_cursor_is_here|>";
/// Texts that mean something in the prompt.
pub(super) const RESERVED: &[&str] = &[FILE_START, START, END, CURSOR];

const INSTRUCTION: &str = "### Instruction:\n\
    You are a code completion assistant and your task is to analyze user edits and then rewrite \
    an excerpt that the user provides, suggesting the appropriate edits within the excerpt, taking \
    into account the cursor location.\n\n### User Edits:\n\n";
const EXCERPT: &str = "\n\n### User Excerpt:\n\n";
const RESPONSE: &str = "\n\n### Response:\n";

/// The lines that are rewritten, by all versions of Zeta.
pub(super) fn window(snapshot: &Snapshot, offset: usize, room: usize) -> EditWindow<'_> {
    let size = WindowSize {
        above: usize::MAX,
        below: usize::MAX,
        bytes: MAX_REGION.min(room * BYTES_PER_TOKEN / 2),
    };
    EditWindow::around(snapshot, offset, size)
}

/// What the model is asked, and its answer if nothing changes.
pub(super) fn prompt(window: &EditWindow, model: &dyn Generate) -> (Prompt, Vec<String>) {
    let end = format!("{EXCERPT}{}{RESPONSE}", excerpt(window));
    let known = format!("{INSTRUCTION}{end}");
    let room = model.budget().tokens.saturating_sub(model.count(&known));
    let edits = last_edits(window.snapshot, model, room, |path, hunk| {
        format!("User edited {path:?}:\n```diff\n{hunk}\n```\n\n")
    });
    let mut prompt = PromptWriter::new(model);
    prompt.text(INSTRUCTION);
    prompt.text(edits.trim_end());
    prompt.text(&end);
    let prompt = Prompt {
        segments: prompt.segments,
        reply: None,
        required: format!("{START}\n"),
        stops: vec![END_OF_TEXT.into()],
        pieces: Vec::new(),
    };
    (prompt, vec![format!("{}\n{END}", window.text)])
}

/// The code with all marks, between the marks of Markdown.
fn excerpt(window: &EditWindow) -> String {
    let above = window.above(CONTEXT_BYTES);
    let is_start = window.lines.start == above.matches('\n').count();
    let file_start = match is_start {
        true => format!("{FILE_START}\n"),
        false => String::new(),
    };
    let (before, after) = window.halves();
    format!(
        "```{}\n{file_start}{above}{START}\n{before}{CURSOR}{after}\n{END}{}\n```",
        window.snapshot.path,
        window.below(CONTEXT_BYTES)
    )
}

/// The last edits that fit into the room, in the words of `write`, the latest last.
pub(super) fn last_edits(
    snapshot: &Snapshot,
    model: &dyn Generate,
    mut room: usize,
    write: impl Fn(&str, &str) -> String,
) -> String {
    let mut fitting = Vec::new();
    for edit in past_edits(snapshot, MAX_EDITS) {
        let text = write(edit.path, &edit.hunk());
        match room.checked_sub(model.count(&text)) {
            Some(left) => room = left,
            None => break,
        }
        fitting.push(text);
    }
    fitting.reverse();
    fitting.concat()
}

/// The region of an answer; `None` if it has no end.
pub(super) fn read(answer: &str) -> Option<Rewritten> {
    let (region, _) = answer.split_once(END)?;
    let region = region.strip_suffix('\n').unwrap_or(region);
    Some(Rewritten::without(region, CURSOR))
}
