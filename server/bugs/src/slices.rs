//! A slice of a text compared with a longer one: `name[-3:] == ".txt"` is never true.
//!
//! The numbers and the text must be literals. The fix takes as many characters as the text has.

use super::finding::Finding;
use super::view::{View, arguments, is_plain_text, method_called};
use grammars::{SliceCall, SliceEnd};
use syntax::{Node, Part, Role};
use text::Edit;

/// A piece that is cut out: how many characters, and the number that is to grow where it is too
/// short.
struct Piece<'a> {
    length: u64,
    number: Node<'a>,
}

/// Pieces that are too short for what they are compared with.
pub fn too_short(view: &View, found: &mut Vec<Finding>) {
    for comparison in view.code.of([Role::Comparison, Role::Binary, Role::Call]) {
        let Some((piece, text)) = sides(comparison) else {
            continue;
        };
        let (Some(cut), Some(wanted)) = (cut(view, piece), length(text)) else {
            continue;
        };
        let Some(more) = wanted
            .checked_sub(cut.length)
            .filter(|more| *more > 0 && cut.length > 0)
        else {
            continue;
        };
        let Some(new) = cut
            .number
            .text()
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_add(more))
        else {
            continue;
        };
        let message = format!(
            "a slice of {} characters is compared with a string of {wanted}",
            cut.length
        );
        let edits = vec![Edit::replace(cut.number.range(), new.to_string())];
        found.push(Finding::new(
            comparison.range(),
            message,
            format!("Slice {wanted} characters"),
            edits,
        ));
    }
}

/// What may be a piece, and the text it is compared with.
fn sides<'a>(comparison: Node<'a>) -> Option<(Node<'a>, Node<'a>)> {
    if comparison.is(Role::Call) {
        let equals = comparison.child(Part::Name)?.text() == "equals";
        let other = comparison.child(Part::Arguments)?.children().next()?;
        return equals.then_some((comparison.child(Part::Object)?, other));
    }
    let mut parts = comparison.children();
    let (left, right) = (parts.next()?, parts.next()?);
    let between = comparison.tokens().find(|token| !token.is_named())?.text();
    let compares = ["==", "!=", "===", "!=="].contains(&between) && parts.next().is_none();
    compares.then_some((left, right))
}

/// The characters of a plain text literal; `None` where escapes or other letters make counting
/// differ.
fn length(text: Node) -> Option<u64> {
    let is_text = is_plain_text(text);
    let word = text.text().strip_prefix('b').unwrap_or(text.text());
    let quote = word
        .chars()
        .next()
        .filter(|c| ['"', '\''].contains(c) && is_text)?;
    let inner = word.strip_prefix(quote)?.strip_suffix(quote)?;
    (inner.is_ascii() && !inner.contains(['\\', quote])).then_some(inner.len() as u64)
}

/// The piece that an expression cuts out.
fn cut<'a>(view: &View<'a>, node: Node<'a>) -> Option<Piece<'a>> {
    if node.is(Role::Index) && view.semantics().second_index_counts {
        return indexed(view, node);
    }
    if node.is(Role::Index) {
        return bounds(node.children().find(|child| child.is(Role::Slice))?);
    }
    if node.is(Role::SliceExpression) {
        let start = node.child(Part::Start);
        let start = start.map_or(Some(0), |start| start.text().parse().ok())?;
        return between(start, node.child(Part::End)?);
    }
    if !node.is(Role::Call) {
        return None;
    }
    let method = method_called(node).map(|(_, name)| name);
    let name = method.or_else(|| node.child(Part::Function).map(Node::text))?;
    let calls = &view.library().slices;
    let call = calls.iter().find(|call| call.name == name)?;
    let fits = call.of_argument == method.is_none();
    fits.then(|| called(call, node.child(Part::Arguments)?))?
}

/// `s[0, 3]`, where the second number counts, and `s[0..2]`.
fn indexed<'a>(view: &View<'a>, node: Node<'a>) -> Option<Piece<'a>> {
    let parts: Vec<Node> = node.children().skip(1).collect();
    let [with_end, _] = view.semantics().range_operators.as_ref()?;
    match parts.as_slice() {
        [_, count] => between(0, *count),
        [range] if range.is(Role::Range) => {
            let includes = range.tokens().any(|part| part.text() == with_end);
            let ends: Vec<Node> = range
                .children()
                .filter(|end| end.is(Role::Number))
                .collect();
            let [start, end] = ends.as_slice() else {
                return None;
            };
            let piece = between(start.text().parse().ok()?, *end)?;
            let length = piece.length + u64::from(includes);
            Some(Piece { length, ..piece })
        }
        _ => None,
    }
}

/// `[:n]`, `[m:n]`, `[-n:]`.
fn bounds<'a>(slice: Node<'a>) -> Option<Piece<'a>> {
    let colon = slice.tokens().find(|token| token.text() == ":")?;
    let parts: Vec<Node> = slice.children().collect();
    if slice.tokens().filter(|token| token.text() == ":").count() > 1 {
        return None;
    }
    match parts.as_slice() {
        [end] if end.start() > colon.start() => between(0, *end),
        [start] => {
            let number = start
                .children()
                .next()
                .filter(|_| start.is(Role::Unary) && start.text().starts_with('-'))?;
            Some(Piece {
                length: number.text().parse().ok()?,
                number,
            })
        }
        [start, end] => between(start.text().parse().ok()?, *end),
        _ => None,
    }
}

/// `slice(m, n)`, `substring(m, n)`, `substr($s, m, n)`, `take(n)`.
fn called<'a>(call: &SliceCall, list: Node<'a>) -> Option<Piece<'a>> {
    let skipped = usize::from(call.of_argument);
    let list: Vec<Node> = arguments(list).skip(skipped).collect();
    match (list.as_slice(), call.last) {
        ([count], SliceEnd::Take) => between(0, *count),
        ([start, end], SliceEnd::End) => between(start.text().parse().ok()?, *end),
        ([start, count], SliceEnd::Count) => {
            start.text().trim_start_matches('-').parse::<u64>().ok()?;
            between(0, *count)
        }
        ([start], SliceEnd::Count) if call.of_argument && start.is(Role::Unary) => {
            let number = start
                .child(Part::Operand)
                .filter(|_| start.text().starts_with('-'))?;
            between(0, number)
        }
        _ => None,
    }
}

fn between(start: u64, end: Node<'_>) -> Option<Piece<'_>> {
    let length = end.text().parse::<u64>().ok()?.checked_sub(start)?;
    Some(Piece {
        length,
        number: end,
    })
}
