//! Leaves out what would break the text: the tree must have no more errors with the change than
//! without.

use super::Replacement;
use super::view::View;
use syntax::Syntax;
use text::{Change, Point, Rope};

/// So many places are tried one by one when all of them together break the text.
const TRIED: usize = 8;

/// The places that add no syntax error; those marked `true` cannot and are not looked at.
pub(super) fn only_sound(view: &View, places: Vec<(Replacement, bool)>) -> Vec<Replacement> {
    let doubtful: Vec<&Replacement> = places
        .iter()
        .filter(|(_, sound)| !sound)
        .map(|(place, _)| place)
        .collect();
    let Some(tree) = view.tree().filter(|_| !doubtful.is_empty()) else {
        return places.into_iter().map(|(place, _)| place).collect();
    };
    let before = tree.errors().len();
    let breaks = |some: &[&Replacement]| {
        errors_with(tree, view.rope(), some).is_none_or(|after| after > before)
    };
    if !breaks(&doubtful) {
        return places.into_iter().map(|(place, _)| place).collect();
    }
    let mut tried = 0;
    let keeps = |(place, sound): &(Replacement, bool)| {
        tried += usize::from(!sound);
        *sound || tried <= TRIED && !breaks(&[place])
    };
    places
        .into_iter()
        .filter(keeps_all(keeps))
        .map(|(place, _)| place)
        .collect()
}

/// A test that may count what it has seen.
fn keeps_all<T>(mut keeps: impl FnMut(&T) -> bool) -> impl FnMut(&T) -> bool {
    move |one| keeps(one)
}

/// How many errors the text has with these places changed, which stand in its order; `None` when it
/// cannot be parsed.
fn errors_with(tree: &Syntax, rope: &Rope, places: &[&Replacement]) -> Option<usize> {
    let (mut tree, mut rope) = (tree.clone(), rope.clone());
    for place in places.iter().rev() {
        let start_point = Point::of(&rope, place.range.start);
        let old_end_point = Point::of(&rope, place.range.end);
        let at = rope.byte_to_char(place.range.start);
        rope.remove(at..rope.byte_to_char(place.range.end));
        rope.insert(at, &place.text);
        tree.edit(&Change {
            start_byte: place.range.start,
            old_end_byte: place.range.end,
            new_end_byte: place.range.start + place.text.len(),
            start_point,
            old_end_point,
            new_end_point: start_point.after(&place.text),
        });
    }
    Some(
        Syntax::parse(tree.grammar, &rope, Some(&tree), &mut || false)?
            .errors()
            .len(),
    )
}
