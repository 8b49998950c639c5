//! The prompt of every check that asks how likely a text is at a place: the text before it, in the
//! function or from the start of the file, after the path.

use context::{Generate, PathHeader, Prompt, Segment, Snapshot, heal_start};

/// The prompt for what is at `end`, of the text from `start` on, and the beginning of a word
/// before `end` that every continuation must begin with.
pub(super) fn prompt_before(
    snapshot: &Snapshot,
    start: usize,
    end: usize,
    model: &dyn Generate,
) -> (Prompt, String) {
    let before = head(snapshot, start, end, model);
    let (before, healed) = before.split_at(heal_start(&before));
    let prompt = Prompt {
        segments: with_path(snapshot, before, model),
        ..Prompt::default()
    };
    (prompt, healed.to_owned())
}

/// The text before the place from the start of the function, or its last lines where it is too long
/// for the model.
fn head(snapshot: &Snapshot, start: usize, end: usize, model: &dyn Generate) -> String {
    let most = model.budget().tokens;
    let mut head = snapshot.slice(start.min(end), end);
    while model.count(&head) > most {
        match head.find('\n') {
            Some(line_feed) => drop(head.drain(..=line_feed)),
            None => return String::new(),
        }
    }
    head
}

/// The text after the path, where the model's family has a marker for it.
fn with_path(snapshot: &Snapshot, text: &str, model: &dyn Generate) -> Vec<Segment> {
    let text = Segment::Text(text.to_owned());
    match model.fim_format().map(|format| format.path) {
        Some(PathHeader::Marker(marker)) => {
            vec![
                Segment::Marker(marker.to_owned()),
                Segment::Text(format!("{}\n", snapshot.path)),
                text,
            ]
        }
        _ => vec![text],
    }
}
