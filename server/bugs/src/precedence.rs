//! Operators that bind otherwise than they look: `!a in b`, `!a instanceof B`, `a & b == c`.

use super::finding::Finding;
use super::operands::parts;
use super::reads::is_in_capitals;
use super::types::{Type, type_of};
use super::view::{View, is_among, is_name, is_plain_text};
use syntax::{Node, Role};
use text::Edit;

/// `!a in b` and `!a instanceof B` ask whether `false` or `true` is in it.
pub fn negation(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let negated =
            left.is(Role::Unary) && left.text().starts_with('!') && !left.text().starts_with("!!");
        let semantics = view.semantics();
        let compares = is_among(&semantics.negation_compares, operator) && is_value(right);
        if negated && (compares || is_among(&semantics.negation_misses, operator)) {
            let edits = vec![
                Edit::insert(left.start() + 1, "("),
                Edit::insert(right.end(), ")"),
            ];
            let message = format!("`!` applies only to the left operand, not to `{operator}`");
            found.push(Finding::new(
                node.range(),
                message,
                format!("Negate the whole `{operator}` expression"),
                edits,
            ));
        }
    }
}

/// Whether a literal is neither true nor false, nor a number with such a value.
fn is_value(node: Node) -> bool {
    is_plain_text(node) || node.is(Role::Number) && !["0", "1"].contains(&node.text())
}

/// `flags & MASK == 0` compares first. Between truths that is meant, so the right side must say
/// that it is a mask: a number or a name in capitals, compared with a number or with itself.
pub fn bitwise(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) =
            parts(node).filter(|(_, operator, _)| ["&", "|"].contains(operator))
        else {
            continue;
        };
        let Some((mask, comparison, value)) = parts(right) else {
            continue;
        };
        let number = |side: Node| side.is(Role::Number);
        let plain = is_name(left) || number(left) || left.is(Role::Member);
        let capitals = is_name(mask) && operator == "&" && is_in_capitals(mask.text());
        let masks = (number(mask) || capitals) && (number(value) || value.same(mask));
        let truth = type_of(view, left) == Some(Type::Truth);
        if ["==", "!=", "===", "!=="].contains(&comparison) && plain && masks && !truth {
            let edits = vec![
                Edit::insert(left.start(), "("),
                Edit::insert(mask.end(), ")"),
            ];
            let message = format!("`{comparison}` is evaluated before `{operator}`");
            found.push(Finding::new(
                node.range(),
                message,
                format!("Add parentheses around `{operator}`"),
                edits,
            ));
        }
    }
}
