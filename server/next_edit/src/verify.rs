//! Leaves out edits that would break the text: the tree must have no more errors with an edit than
//! without.

use super::view::DocumentView;
use context::Snapshot;
use syntax::{Reuse, errors_after};
use text::Edit;

/// How many edits are tried one by one if all together break the text.
const MAX_TRIED: usize = 8;

/// The edits that add no syntax error; those marked `true` cannot add one and are not tried.
pub(super) fn without_new_errors(view: &DocumentView, edits: Vec<(Edit, bool)>) -> Vec<Edit> {
    let unchecked: Vec<Edit> = edits
        .iter()
        .filter(|(_, is_safe)| !is_safe)
        .map(|(edit, _)| edit.clone())
        .collect();
    if unchecked.is_empty() || !adds_errors(view.snapshot, &unchecked) {
        return edits.into_iter().map(|(edit, _)| edit).collect();
    }
    let mut tried = 0;
    let mut kept = Vec::new();
    for (edit, is_safe) in edits {
        tried += usize::from(!is_safe);
        if is_safe || tried <= MAX_TRIED && !adds_errors(view.snapshot, std::slice::from_ref(&edit))
        {
            kept.push(edit);
        }
    }
    kept
}

/// Whether the text has more errors with these edits made, which are in its order, or gets no tree.
/// Without a tree now, nothing is known.
pub(super) fn adds_errors(snapshot: &Snapshot, edits: &[Edit]) -> bool {
    let Some(tree) = &snapshot.syntax else {
        return false;
    };
    errors_after(tree, snapshot.rope(), edits, Reuse::IfLarge)
        .is_none_or(|after| after.len() > tree.errors().len())
}
