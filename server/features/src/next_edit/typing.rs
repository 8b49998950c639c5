//! The document as it was before what is being typed at the cursor.
//!
//! While the user types what the change would insert, the half of it is an edit of its own, and the
//! line may be broken. So the change is looked for without it, and its rest is offered.

use context::{Recent, Snapshot};
use std::sync::Arc;
use syntax::Syntax;
use text::{Change, Document, Point};

/// The most bytes that are taken back.
const TYPED: usize = 60;

/// The snapshot without what the last edit inserted right before `offset`, and what that was.
pub(super) fn taken_back(snapshot: &Snapshot, offset: usize) -> Option<(Snapshot, String)> {
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
        .filter(|typed| !typed.is_empty() && typed.len() <= TYPED)?;
    let stands = edit.line == rope.byte_to_line(offset)
        && snapshot.slice(start, start + after.len()) == after;
    stands
        .then(|| without(snapshot, offset - typed.len(), typed))
        .flatten()
}

fn without(snapshot: &Snapshot, start: usize, typed: &str) -> Option<(Snapshot, String)> {
    let mut rope = snapshot.rope().clone();
    let at = rope.byte_to_char(start);
    rope.remove(at..at + typed.chars().count());
    let start_point = Point::of(&rope, start);
    let change = Change {
        start_byte: start,
        old_end_byte: start + typed.len(),
        new_end_byte: start,
        start_point,
        old_end_point: start_point.after(typed),
        new_end_point: start_point,
    };
    let tree = snapshot.syntax.clone().and_then(|mut tree| {
        tree.edit(&change);
        Syntax::parse(tree.grammar, &rope, Some(&tree), &mut || false)
    });
    let edits = snapshot.recent.edits[1..].to_vec();
    let before = Snapshot {
        document: Document::new(&rope.to_string(), snapshot.document.version()).ok()?,
        syntax: tree,
        recent: Arc::new(Recent {
            edits,
            files: Vec::new(),
        }),
        ..snapshot.clone()
    };
    Some((before, typed.to_owned()))
}
