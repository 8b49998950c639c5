//! Sweep Next-Edit 0.5B and 1.5B, which continue Qwen2.5-Coder.
//!
//! The prompt is a row of files: the last changes as `PATH.diff`, then the 21 lines around the
//! cursor three times: before the last change, now, and as the model expects them next. Each file
//! begins with the marker of Qwen's repositories. Source: the models' cards, and Zed's client.

use super::history::past_edits;
use super::prompt_writer::{BYTES_PER_TOKEN, PromptWriter};
use super::window::{EditWindow, WindowSize};
use context::{Generate, Prompt, Snapshot};

/// Begins a file.
pub(super) const FILE: &str = "<|file_sep|>";
/// The special tokens of the format.
pub(super) const MARKERS: &[&str] = &[FILE, END];
const END: &str = "<|endoftext|>";
/// Lines above and below that of the cursor.
const LINES: usize = 10;
/// Changes that are shown.
const MAX_CHANGES: usize = 3;
/// The window is there twice, and the changes need room too.
const PARTS: usize = 5;

/// The lines that are rewritten.
pub(super) fn window(snapshot: &Snapshot, offset: usize, room: usize) -> EditWindow<'_> {
    let size = WindowSize {
        above: LINES,
        below: LINES,
        bytes: room * BYTES_PER_TOKEN * 2 / PARTS,
    };
    let mut window = EditWindow::around(snapshot, offset, size);
    // The end of a file is no line of its own.
    if window.text.ends_with('\n') && window.cursor < window.text.len() {
        let is_last = window.lines.end == snapshot.rope().len_lines();
        if is_last && snapshot.rope().line(window.lines.end - 1).len_bytes() == 0 {
            window.text.pop();
            window.lines.end -= 1;
        }
    }
    window
}

/// What the model is asked, and its answer if nothing changes.
pub(super) fn prompt(window: &EditWindow, model: &dyn Generate) -> (Prompt, Vec<String>) {
    let path = &window.snapshot.path;
    let original = window.before_last_edit();
    let mut end = PromptWriter::new(model);
    for (state, text) in [
        ("original", original.as_ref().unwrap_or(&window.text)),
        ("current", &window.text),
    ] {
        end.marker(FILE);
        end.text(&format!("{state}/{path}\n"));
        end.lines(text);
    }
    end.marker(FILE);
    end.text(&format!("updated/{path}"));
    let mut prompt = PromptWriter::new(model);
    changes(&mut prompt, window.snapshot, &end);
    prompt.extend(end);
    let prompt = Prompt {
        segments: prompt.segments,
        // Where the window begins with blank lines, one token holds this break and theirs.
        reply: None,
        required: "\n".into(),
        stops: vec![FILE.into(), END.into()],
        pieces: Vec::new(),
    };
    (prompt, vec![window.text.clone()])
}

/// The last changes that fit, the latest last.
fn changes(prompt: &mut PromptWriter, snapshot: &Snapshot, end: &PromptWriter) {
    let mut room = prompt.model.budget().tokens.saturating_sub(end.tokens());
    let mut fitting = Vec::new();
    for edit in past_edits(snapshot, MAX_CHANGES) {
        let (before, after) = edit.sides();
        let text = format!(
            "{}.diff\noriginal:\n{before}\nupdated:\n{after}\n",
            edit.path
        );
        match room.checked_sub(prompt.model.count(&text) + 1) {
            Some(left) => room = left,
            None => break,
        }
        fitting.push(text);
    }
    for text in fitting.iter().rev() {
        prompt.marker(FILE);
        prompt.text(text);
    }
}
