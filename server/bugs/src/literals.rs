//! Comparisons with literals that can never be what they say: `is "a"`, `=== NaN`, `=== []`, `==`
//! between strings in Java and C, `typeof x === "int"`.

use super::finding::Finding;
use super::operands::parts;
use super::unbound::is_near;
use super::view::View;
use syntax::{Node, Part, Role};
use text::Edit;

/// `x is "a"`.
pub fn identity(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Comparison) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let literal =
            |side: Node| side.is([Role::String, Role::Number, Role::Float, Role::Concatenated]);
        let equal = match operator {
            "is" => "==",
            "is not" => "!=",
            _ => continue,
        };
        let words: Vec<Node> = node
            .tokens()
            .filter(|part| part.part() == Some(Part::Operator))
            .collect();
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            continue;
        };
        if literal(left) || literal(right) {
            let edit = Edit::replace(first.start()..last.end(), equal);
            let message = format!("`{operator}` compares identity, not equality");
            found.push(Finding::new(
                node.range(),
                message,
                format!("Change `{operator}` to `{equal}`"),
                vec![edit],
            ));
        }
    }
}

/// `x === NaN`.
pub fn nan(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let negated = match operator {
            "==" | "===" => "",
            "!=" | "!==" => "!",
            _ => continue,
        };
        if ["NaN", "Number.NaN"].contains(&right.text()) {
            let edits = vec![
                Edit::insert(left.start(), format!("{negated}Number.isNaN(")),
                Edit::replace(left.end()..right.end(), ")"),
            ];
            let message = "a comparison with NaN is always false: NaN does not equal itself";
            found.push(Finding::new(
                node.range(),
                message,
                "Use `Number.isNaN`",
                edits,
            ));
        }
    }
}

/// `x === []`.
pub fn new_array(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let plain = left.is([Role::Identifier, Role::Member]);
        if ["===", "!=="].contains(&operator)
            && plain
            && right.is(Role::List)
            && right.children().next().is_none()
        {
            let edits = vec![
                Edit::insert(left.end(), ".length"),
                Edit::replace(right.range(), "0"),
            ];
            let message = "a new array never equals another value";
            found.push(Finding::new(
                node.range(),
                message,
                "Compare the length with 0",
                edits,
            ));
        }
    }
}

/// `s == "a"` in Java and C. Java that speaks of interned strings compares them so on purpose, and
/// a header may be C++.
pub fn strings(view: &View, found: &mut Vec<Finding>) {
    let Some(equality) = &view.semantics().text_equality else {
        return;
    };
    if equality
        .unless
        .iter()
        .any(|sign| view.code.text.contains(sign))
    {
        return;
    }
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let literal = |side: Node| side.is(Role::String);
        let macro_ = node.ancestors().any(|up| up.is(Role::Preprocessor));
        if !["==", "!="].contains(&operator) || literal(left) == literal(right) || macro_ {
            continue;
        }
        let (subject, text) = if literal(left) {
            (right, left)
        } else {
            (left, right)
        };
        if !subject.is([Role::Identifier, Role::Member, Role::Call, Role::Index]) {
            continue;
        }
        let template = match operator {
            "!=" => &equality.different,
            _ => &equality.equal,
        };
        let replacement = template
            .replace("{text}", text.text())
            .replace("{other}", subject.text());
        let edits = vec![Edit::replace(node.range(), replacement)];
        let title = format!("Compare with `{}`", equality.name);
        let message = format!("`{operator}` compares string addresses, not contents");
        found.push(Finding::new(node.range(), message, title, edits));
    }
}

const TYPES: &[&str] = &[
    "undefined",
    "object",
    "boolean",
    "number",
    "bigint",
    "string",
    "symbol",
    "function",
    "unknown",
];

/// `typeof x === "strnig"`.
pub fn type_names(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let asks = left.is(Role::Unary) && left.text().starts_with("typeof");
        let name = right.text().trim_matches(['"', '\'']);
        if !asks || !operator.contains('=') || !right.is(Role::String) || TYPES.contains(&name) {
            continue;
        }
        let near = |kind: &&&str| is_near(name, kind) || name.eq_ignore_ascii_case(kind);
        let meant = TYPES.iter().find(near).or(TYPES
            .get(3)
            .filter(|_| ["int", "integer", "float"].contains(&name)));
        if let Some(meant) = meant {
            let edit = Edit::replace(right.start() + 1..right.end() - 1, *meant);
            let message = format!("`typeof` never returns `{name}`");
            found.push(Finding::new(
                right.range(),
                message,
                format!("Change it to `{meant}`"),
                vec![edit],
            ));
        }
    }
}
