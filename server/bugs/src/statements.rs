//! Statements that do nothing or not what they say: `x == 1`, an exception no one raises, `if
//! (a);`, `except A or B`, `assert (a, "b")`, `raise NotImplemented`.

use super::exceptions;
use super::finding::Finding;
use super::lost::lost;
use super::operands::parts;
use super::view::{View, bare, is_name, is_pure, only};
use syntax::{Node, Part, Role, Roles};
use text::Edit;

/// `x == 1` as a statement.
pub fn comparison(view: &View, found: &mut Vec<Finding>) {
    for (statement, node) in lost(view) {
        let Some((left, operator, _)) =
            parts(node).filter(|(_, operator, _)| ["==", "==="].contains(operator))
        else {
            continue;
        };
        let raising = statement
            .ancestors()
            .any(|up| up.is([Role::With, Role::Try, Role::Arrow]));
        let target = is_name(left) || left.is([Role::Member, Role::Index]);
        let lone = statement.next().is_none() && statement.previous().is_none();
        let sign = node
            .tokens()
            .find(|part| part.id() > left.id() && part.text() == operator);
        // Tables compare element by element: what comes out is no truth value, and asserting it
        // raises.
        let table = left
            .child(Part::Member)
            .is_some_and(|own| ["columns", "index", "values"].contains(&own.text()));
        let quiet = raising || lone || table || view.is_shown(statement);
        let Some(sign) = sign.filter(|_| !quiet && target && is_pure(left)) else {
            continue;
        };
        let message = "the result of this comparison is not used";
        let in_test = view.code.knows(Role::Assert) && view.is_test();
        let finding = match in_test {
            true => Finding::new(
                node.range(),
                message,
                "Assert the comparison",
                vec![Edit::insert(node.start(), "assert ")],
            ),
            false => Finding::new(
                node.range(),
                message,
                "Replace the comparison with an assignment",
                vec![Edit::replace(sign.range(), "=")],
            ),
        };
        found.push(finding);
    }
}

/// `ValueError("...")` as a statement.
pub fn not_raised(view: &View, found: &mut Vec<Finding>) {
    let Some([word, done]) = &view.semantics().throw_words else {
        return;
    };
    for (statement, node) in lost(view) {
        let name = view.made_class(node).map_or("", |class| class.text());
        let named = name.ends_with("Error") || name.ends_with("Exception");
        if !named || view.is_shown(statement) || !exceptions::is_exception(view, name) {
            continue;
        }
        let tried = statement
            .ancestors()
            .any(|up| up.is([Role::With, Role::Try, Role::Lambda, Role::Arrow]));
        let global = view
            .semantics()
            .global_prefix
            .as_deref()
            .unwrap_or_default();
        let last = name.strip_prefix(global).unwrap_or(name);
        let plain = last.starts_with(char::is_uppercase) && last.chars().all(char::is_alphanumeric);
        if plain && !tried && !view.is_test() {
            let message = format!("this `{name}` is created but never {done}");
            let edit = Edit::insert(node.start(), format!("{word} "));
            found.push(Finding::new(
                node.range(),
                message,
                format!("Add `{word}`"),
                vec![edit],
            ));
        }
    }
}

/// `raise NotImplemented`.
pub fn not_implemented(view: &View, found: &mut Vec<Finding>) {
    let raising = |node: &Node| view.is_throw(*node);
    for statement in view.code.nodes().filter(raising) {
        let list = statement.child(Part::Arguments).unwrap_or(statement);
        let Some(raised) = list.children().next() else {
            continue;
        };
        let name = view.made_class(raised).unwrap_or(raised);
        if is_name(name) && name.text() == "NotImplemented" {
            let edit = Edit::insert(name.end(), "Error");
            let message = "`NotImplemented` is not an exception";
            found.push(Finding::new(
                name.range(),
                message,
                "Raise `NotImplementedError`",
                vec![edit],
            ));
        }
    }
}

const EITHER: Roles = Roles::of(&[Role::Logical, Role::Binary]);

/// `except A or B:`.
pub fn except_or(view: &View, found: &mut Vec<Finding>) {
    for clause in view.code.of(Role::CatchClause) {
        let caught = clause.inside().find(|part| part.is(EITHER));
        let Some(caught) = caught.filter(|node| node.ancestors().take(2).any(|up| up == clause))
        else {
            continue;
        };
        let Some((left, "or" | "||", right)) = parts(caught) else {
            continue;
        };
        let Some(between) = &view.semantics().caught_between else {
            return;
        };
        let names = |side: Node| is_name(side) || side.is(Role::Member);
        if names(left) && names(right) {
            let both = between
                .replace("{one}", left.text())
                .replace("{other}", right.text());
            let edit = Edit::replace(caught.range(), both);
            let message = "this catches only the first exception";
            found.push(Finding::new(
                caught.range(),
                message,
                "Catch both exceptions",
                vec![edit],
            ));
        }
    }
}

/// `assert (a, "b")`.
pub fn assert_tuple(view: &View, found: &mut Vec<Finding>) {
    for statement in view.code.of(Role::Assert) {
        let Some(tuple) = only(statement.children()).filter(|node| node.is(Role::Tuple)) else {
            continue;
        };
        let parts: Vec<Node> = tuple.children().collect();
        if let [_, last] = parts.as_slice() {
            let edits = vec![
                Edit::delete(tuple.start()..tuple.start() + 1),
                Edit::delete(last.end()..tuple.end()),
            ];
            let single = !tuple.text().contains('\n');
            let message = "this assertion never fails: a non-empty tuple is always true";
            if single {
                found.push(Finding::new(
                    tuple.range(),
                    message,
                    "Remove the parentheses",
                    edits,
                ));
            }
        }
    }
}

/// `if (a);` before a block.
pub fn empty_body(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of([Role::If, Role::CountingLoop, Role::ForEach]) {
        let body = node
            .child(Part::Consequence)
            .or_else(|| node.child(Part::Body));
        let Some(body) = body.filter(|body| body.text() == ";") else {
            continue;
        };
        let next = node.next().filter(|next| next.is(Role::Block));
        let lonely = node.child(Part::Alternative).is_none() && !node.is_broken();
        let near =
            next.is_some_and(|next| view.code.text[node.end()..next.start()].trim().is_empty());
        let in_macro = node.ancestors().any(|up| up.is(Role::Preprocessor));
        if near && lonely && !in_macro && bare(node).id() == node.id() {
            let message = "this semicolon is the whole body; the block after it always runs";
            found.push(Finding::new(
                body.range(),
                message,
                "Remove the semicolon",
                vec![Edit::delete(body.range())],
            ));
        }
    }
}
