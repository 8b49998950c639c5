//! The document as it was before what is being typed at the cursor.
//!
//! While the user types what the repeated edit would insert, half of it is an edit of its own, and
//! the line may be broken. So the rule is looked for without it, and the rest is offered.

use context::{Recent, Snapshot};
use std::sync::Arc;
use syntax::Reuse;
use text::{Document, Edit};

/// The most bytes that are taken back.
const MAX_TYPED: usize = 60;

/// The snapshot without what the last edit inserted right before `offset`, and what that was.
pub(super) fn before_typing(snapshot: &Snapshot, offset: usize) -> Option<(Snapshot, String)> {
    let edit = snapshot
        .recent
        .edits
        .first()
        .filter(|edit| edit.path == snapshot.path)?;
    let rope = snapshot.rope();
    let start = rope.line_to_byte(rope.byte_to_line(offset));
    let (before, after) = (edit.before.as_str(), edit.after.as_str());
    let (head, tail) = after.split_at_checked(offset.checked_sub(start)?)?;
    let kept = before.strip_suffix(tail)?;
    let typed = head
        .strip_prefix(kept)
        .filter(|typed| !typed.is_empty() && typed.len() <= MAX_TYPED)?;
    let is_there = edit.line == rope.byte_to_line(offset)
        && snapshot.slice(start, start + after.len()) == after;
    if !is_there {
        return None;
    }
    without(snapshot, offset - typed.len(), typed)
}

fn without(snapshot: &Snapshot, start: usize, typed: &str) -> Option<(Snapshot, String)> {
    let typing = Edit::delete(start..start + typed.len());
    let text = text::apply(&snapshot.rope().to_string(), std::slice::from_ref(&typing));
    let edited = snapshot
        .syntax
        .as_ref()
        .and_then(|syntax| syntax.edited(snapshot.rope(), &[typing], Reuse::IfLarge));
    let edits = snapshot.recent.edits[1..].to_vec();
    let before = Snapshot {
        document: Document::new(&text, snapshot.document.version()).ok()?,
        syntax: edited.map(|(_, syntax)| syntax),
        recent: Arc::new(Recent {
            edits,
            files: Vec::new(),
        }),
        ..snapshot.clone()
    };
    Some((before, typed.to_owned()))
}
