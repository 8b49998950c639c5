//! What was changed last, as it reads now: who edits in several places often does the same thing
//! again.
//!
//! Models that fill in code have read files, not diffs, so only the new lines are shown.

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;

/// Edits at most, and lines of each.
const MAX_EDITS: usize = 6;
const LINES: usize = 12;
/// What an edit counts compared with the one after it.
const FADING: f32 = 0.8;

/// The last edits that are not shown anyway, the latest first.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let edits = near
        .snapshot
        .recent
        .edits
        .iter()
        .take(MAX_EDITS)
        .enumerate();
    let shown = |line| near.shows_line(line);
    let news = edits.filter(|(_, edit)| !edit.after.trim().is_empty());
    let unseen = news.filter(|(_, edit)| !(near.is_own(&edit.path) && shown(edit.line)));
    let candidate = |(age, edit): (usize, &crate::RecentEdit)| Snippet {
        path: edit.path.to_string(),
        line: edit.line,
        text: pieces::whole(edit.after.split_inclusive('\n').take(LINES).collect()),
        score: FADING.powi(age as i32),
    };
    unseen.map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::{near_with, texts};
    use crate::{Recent, RecentEdit};

    #[test]
    fn edits_elsewhere_are_shown_as_they_read_now() {
        let edit = |path: &str, after: &str| RecentEdit {
            path: path.into(),
            line: 0,
            before: "old\n".into(),
            after: after.into(),
        };
        let edits = vec![
            edit("b.py", "new = 1\r\n"),
            edit("a.py", "shown = 1\n"),
            edit("c.py", ""),
        ];
        let near = near_with(
            "a.py",
            "shown = 1\n$0\n",
            Default::default(),
            Recent {
                edits,
                files: Vec::new(),
            },
        );
        assert_eq!(texts(super::gather(&near)), ["new = 1\n"]);
    }
}
