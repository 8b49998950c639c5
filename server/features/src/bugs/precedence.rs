//! Operators that bind otherwise than they look: `!a in b`, `!a instanceof B`, `a & b == c`.

use super::finding::{Edit, Finding};
use super::operands::parts;
use super::view::{View, is_name};

/// `!a in b` and `!a instanceof B` ask whether `false` or `true` is in it.
pub fn negation(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of_kind(&["binary_expression"]) {
        let Some((left, operator, right)) = parts(node) else { continue };
        let negated =
            left.kind() == "unary_expression" && left.text().starts_with('!') && !left.text().starts_with("!!");
        if negated && ["in", "instanceof"].contains(&operator) {
            let edits = vec![Edit::insert(left.start() + 1, "("), Edit::insert(right.end(), ")")];
            let message = format!("`!` belongs to the left side alone, not to `{operator}`");
            found.push(Finding::new(node.range(), message, format!("Negate the whole `{operator}`"), edits));
        }
    }
}

/// `flags & MASK == 0` compares first.
pub fn bitwise(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of_kind(&["binary_expression"]) {
        let Some((left, operator, right)) = parts(node).filter(|(_, operator, _)| ["&", "|"].contains(operator)) else {
            continue;
        };
        let Some((mask, comparison, value)) = parts(right) else { continue };
        let plain = |side: syntax::Node| {
            is_name(side) || side.is(&["number_literal", "number", "field_expression", "member_expression"])
        };
        let number = value.is(&["number_literal", "number"]) || is_name(value);
        if ["==", "!=", "===", "!=="].contains(&comparison) && plain(left) && plain(mask) && number {
            let edits = vec![Edit::insert(left.start(), "("), Edit::insert(mask.end(), ")")];
            let message = format!("`{comparison}` is evaluated before `{operator}`");
            found.push(Finding::new(node.range(), message, format!("Put `{operator}` into parentheses"), edits));
        }
    }
}
