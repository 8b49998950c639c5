//! The prompt of every check that asks how likely a text is at a place: the text before it, in the
//! function or from the start of the file, after the path.

use context::{CountTokens, Generate, PathHeader, Prompt, Segment, Snapshot, heal_start};

/// The prompt for what is at `end`, of the text from `start` on, and the beginning of a word
/// before `end` that every continuation must begin with.
pub(super) fn prompt_before(
    snapshot: &Snapshot,
    start: usize,
    end: usize,
    model: &dyn Generate,
) -> (Prompt, String) {
    let before = snapshot.slice(start.min(end), end);
    let before = last_lines(&before, model.budget().tokens, model);
    let (before, healed) = before.split_at(heal_start(before));
    let prompt = Prompt {
        segments: with_path(snapshot, before, model),
        ..Prompt::default()
    };
    (prompt, healed.to_owned())
}

/// The last whole lines of a text that are at most `most` tokens; nothing where even the last line
/// is more.
fn last_lines<'a>(text: &'a str, most: usize, tokens: &dyn CountTokens) -> &'a str {
    let line_feeds = text.match_indices('\n').map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(line_feeds).collect();
    let last = |lines: usize| &text[starts[starts.len() - lines]..];
    let fits = |lines: usize| tokens.count(last(lines)) <= most;
    // From the end on: the text may be many times as long as what fits.
    let (mut fitting, mut too_many) = (0, 1);
    while too_many <= starts.len() && fits(too_many) {
        (fitting, too_many) = (too_many, 2 * too_many);
    }
    too_many = too_many.min(starts.len() + 1);
    while too_many - fitting > 1 {
        let middle = fitting.midpoint(too_many);
        if fits(middle) {
            fitting = middle;
        } else {
            too_many = middle;
        }
    }
    match fitting {
        0 => "",
        lines => last(lines),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// A byte is a token; sums what was counted.
    #[derive(Default)]
    struct Bytes(Cell<usize>);

    impl CountTokens for Bytes {
        fn count(&self, text: &str) -> usize {
            self.0.set(self.0.get() + text.len());
            text.len()
        }
    }

    #[test]
    fn as_many_last_lines_as_fit_are_kept() {
        for (text, most, wanted) in [
            ("", 3, ""),
            ("a\nbb\nccc", 100, "a\nbb\nccc"),
            ("a\nbb\nccc", 8, "a\nbb\nccc"),
            ("a\nbb\nccc", 7, "bb\nccc"),
            ("a\nbb\nccc", 5, "ccc"),
            ("a\nbb\nccc", 2, ""),
            ("a\nbb\n", 3, "bb\n"),
            ("a\nbb\n", 2, ""),
        ] {
            let kept = last_lines(text, most, &Bytes::default());
            assert_eq!(kept, wanted, "{text:?}, {most}");
        }
    }

    #[test]
    fn of_a_long_text_little_more_is_counted_than_what_fits() {
        let (text, tokens) = ("x = 1\n".repeat(20_000), Bytes::default());
        assert_eq!(last_lines(&text, 600, &tokens).len(), 600);
        assert!(tokens.0.get() < 20 * 600, "{} bytes", tokens.0.get());
    }
}
