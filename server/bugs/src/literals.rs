//! Comparisons with literals that can never be what they say: `is "a"`, `=== NaN`, `=== []`, `==`
//! between strings in Java and C, `typeof x === "int"`.

use super::finding::Finding;
use super::operands::parts;
use super::unbound::is_near;
use super::view::{View, callee, is_among, is_plain_text};
use grammars::{NewLists, TypeQuestion};
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
    let Some(test) = &view.semantics().nan else {
        return;
    };
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let negated = match operator {
            "==" | "===" => "",
            "!=" | "!==" => "!",
            _ => continue,
        };
        let Some((before, after)) = test.test.split_once("{}") else {
            return;
        };
        if is_among(&test.values, right.text()) {
            let edits = vec![
                Edit::insert(left.start(), format!("{negated}{before}")),
                Edit::replace(left.end()..right.end(), after),
            ];
            let message = "a comparison with NaN is always false: NaN does not equal itself";
            let name = test.test.replace("({})", "").replace("{}.", "");
            let title = format!("Use `{name}`");
            found.push(Finding::new(node.range(), message, title, edits));
        }
    }
}

/// `x === []`.
pub fn new_array(view: &View, found: &mut Vec<Finding>) {
    let Some(lists) = &view.semantics().new_lists else {
        return;
    };
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let plain = left.is([Role::Identifier, Role::Member]);
        if is_among(&lists.operators, operator) && plain && is_empty_list(lists, right) {
            let edits = vec![
                Edit::insert(left.end(), lists.length.as_str()),
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

/// Whether a list is made here that holds nothing.
fn is_empty_list(lists: &NewLists, node: Node) -> bool {
    if node.is(Role::Call) {
        let name = callee(node).split('<').next().unwrap_or_default();
        let takes = |all: Node| all.children().next().is_some();
        return is_among(&lists.functions, name.trim_end())
            && !node.child(Part::Arguments).is_none_or(takes);
    }
    let text = node.words().join("");
    let ends = |end: &String| text.ends_with(end.as_str());
    node.is(Role::List) && (node.children().next().is_none() || lists.empty_ends.iter().any(ends))
}

/// `s == "a"` in Java and C. Java that speaks of interned strings compares them so on purpose, a
/// header may be C++, and Kotlin that becomes JavaScript compares texts by what they say.
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
    // An operator only for identity is written on purpose where identity is tested.
    let [same, _] = &equality.operators;
    if same != "==" && view.is_test() {
        return;
    }
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let literal = |side: Node| side.is(Role::String);
        let macro_ = node.ancestors().any(|up| up.is(Role::Preprocessor));
        let compares = is_among(&equality.operators, operator);
        if !compares || literal(left) == literal(right) || macro_ {
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
        let template = match operator == same {
            true => &equality.equal,
            false => &equality.different,
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

/// `typeof x === "strnig"`.
pub fn type_names(view: &View, found: &mut Vec<Finding>) {
    let Some(TypeQuestion { word, names, meant }) = &view.semantics().type_question else {
        return;
    };
    for node in view.code.of(Role::Binary) {
        let Some((left, operator, right)) = parts(node) else {
            continue;
        };
        let asks = left.is(Role::Unary) && left.text().starts_with(word.as_str())
            || left.is(Role::Call) && callee(left) == word;
        let name = right.text().trim_matches(['"', '\'']);
        if !asks || !operator.contains('=') || !is_plain_text(right) || is_among(names, name) {
            continue;
        }
        let near = |kind: &&String| is_near(name, kind) || name.eq_ignore_ascii_case(kind);
        let other = || meant.iter().find(|[wrong, _]| wrong == name);
        let meant = names
            .iter()
            .find(near)
            .or_else(|| other().map(|[_, right]| right));
        if let Some(meant) = meant {
            let edit = Edit::replace(right.start() + 1..right.end() - 1, meant.as_str());
            let message = format!("`{word}` never returns `{name}`");
            found.push(Finding::new(
                right.range(),
                message,
                format!("Change it to `{meant}`"),
                vec![edit],
            ));
        }
    }
}
