//! Names of members: misspelt ones, keys that stand twice, constructors that are none.

use super::finding::Finding;
use super::types::{Type, type_of};
use super::view::{View, is_pure};
use std::collections::HashMap;
use syntax::{Node, Part, Role};
use text::Edit;

/// Words that libraries have as well, such as `startWith` of streams and `tostring` of lxml:
/// misspelt only on a text.
const ELSEWHERE: &[&str] = &[
    "startWith",
    "endWith",
    "startwith",
    "endwith",
    "tostring",
    "indexof",
    "toLowercase",
    "toUppercase",
    "innerHtml",
    "getElementByID",
    "getElementsById",
];

/// Whether the object of a member is one that has what the misspelt name means.
fn is_certain(view: &View, member: Node, wrong: &str) -> bool {
    let Some(object) = member
        .child(Part::Object)
        .filter(|_| ELSEWHERE.contains(&wrong))
    else {
        return !ELSEWHERE.contains(&wrong);
    };
    match wrong {
        "innerHtml" => object.text().starts_with("document."),
        "getElementByID" | "getElementsById" => object.text() == "document",
        _ => type_of(view, object) == Some(Type::Text),
    }
}

/// Members whose names are misspelt.
pub fn misspelt(view: &View, found: &mut Vec<Finding>) {
    const MEMBERS: &[Part] = &[Part::Member, Part::Name];
    let words = &view.library().misspelt_members;
    if !words
        .iter()
        .any(|[wrong, _]| view.code.text.contains(wrong))
    {
        return;
    }
    for node in view.code.of([Role::Identifier, Role::MemberName]) {
        let member = node.part().is_some_and(|part| MEMBERS.contains(&part))
            && node
                .parent()
                .is_some_and(|up| up.is([Role::Member, Role::Call]));
        let Some([_, right]) = words
            .iter()
            .find(|[wrong, _]| wrong == node.text())
            .filter(|_| member)
        else {
            continue;
        };
        let written = node
            .parent()
            .is_some_and(|up| up.part() == Some(Part::Left));
        // Another class of the program may write the same words with other capitals.
        let capitals = view.semantics().static_types && node.text().eq_ignore_ascii_case(right);
        let fits = !capitals;
        let uses = view
            .code
            .of([Role::Identifier, Role::MemberName, Role::StringContent])
            .filter(|other| other.text() == node.text());
        let defined = uses
            .filter(|other| other.part() != Some(Part::Member))
            .any(|other| {
                other
                    .parent()
                    .is_none_or(|up| !up.is(Role::Call) || up.child(Part::Name).is_none())
            });
        let certain = || {
            node.parent()
                .is_some_and(|member| is_certain(view, member, node.text()))
        };
        if fits && !written && !defined && certain() {
            let message = format!("unknown member `{}`; did you mean `{right}`?", node.text());
            let edit = Edit::replace(node.range(), right.as_str());
            found.push(Finding::new(
                node.range(),
                message,
                format!("Change it to `{right}`"),
                vec![edit],
            ));
        }
    }
}

/// `_init_`, `__int__` next to the fields of `self`, and `"main"` next to `__name__`.
pub fn dunder(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Comparison) {
        let Some((left, "==", right)) = super::operands::parts(node) else {
            continue;
        };
        let text = right.text().trim_matches(['"', '\'']);
        let wrong = ["main", "_main_", "__main", "__mian__", "_main__", "__main_"].contains(&text);
        if left.text() == "__name__" && right.is(Role::String) && wrong {
            let edit = Edit::replace(right.start() + 1..right.end() - 1, "__main__");
            let message = format!("`__name__` is never `{text}`; did you mean `__main__`?");
            found.push(Finding::new(
                right.range(),
                message,
                "Change it to `__main__`",
                vec![edit],
            ));
        }
    }
    for function in view.code.of(Role::NamedFunction) {
        let in_class = super::scopes::scope_of(function).is_some_and(|scope| scope.is(Role::Class));
        let Some(name) = function.child(Part::Name).filter(|_| in_class) else {
            continue;
        };
        let wrong = [
            "_init_",
            "__init",
            "_init__",
            "__init_",
            "__inti__",
            "__intit__",
            "__iniit__",
        ]
        .contains(&name.text());
        let takes = function
            .child(Part::Parameters)
            .is_some_and(|p| p.text().starts_with("(self"));
        let fills = function
            .child(Part::Body)
            .is_some_and(|body| body.text().contains("self."));
        let uses = || {
            view.code
                .of(Role::Identifier)
                .filter(|other| other.text() == name.text())
                .count()
        };
        if wrong && takes && fills && uses() == 1 {
            let message = format!(
                "`{}` is never called; did you mean `__init__`?",
                name.text()
            );
            let edit = Edit::replace(name.range(), "__init__");
            found.push(Finding::new(
                name.range(),
                message,
                "Change it to `__init__`",
                vec![edit],
            ));
        }
    }
}

/// `public void Name()` in the class `Name`.
pub fn constructors(view: &View, found: &mut Vec<Finding>) {
    for method in view.code.of(Role::Method) {
        let class = method
            .ancestors()
            .find(|up| up.is([Role::Class, Role::Interface, Role::Enum]));
        let (Some(name), Some(kind), Some(class)) =
            (method.child(Part::Name), method.child(Part::Type), class)
        else {
            continue;
        };
        let same = class
            .child(Part::Name)
            .is_some_and(|own| own.text() == name.text());
        let fills = method
            .child(Part::Body)
            .is_some_and(|body| body.inside().any(|part| part.is(Role::Assignment)));
        if same && kind.is(Role::VoidType) && class.is(Role::Class) && fills {
            let message = format!(
                "`void` makes this a method, not the constructor of `{}`",
                name.text()
            );
            let edit = Edit::delete(kind.start()..name.start());
            found.push(Finding::new(
                name.range(),
                message,
                "Remove `void`",
                vec![edit],
            ));
        }
    }
}

/// Two entries of a literal with one key.
pub fn duplicate_keys(view: &View, found: &mut Vec<Finding>) {
    for literal in view.code.of(Role::Map) {
        let mut seen: HashMap<&str, Node> = HashMap::new();
        let mut keys: Vec<&str> = literal
            .children()
            .filter_map(|entry| Some(entry.child(Part::Key)?.text()))
            .collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        // A table with many keys twice was made by a program.
        if all > keys.len() + 2
            || view.is_test()
            || literal.children().any(|entry| !entry.is(Role::Pair))
        {
            continue;
        }
        for entry in literal.children() {
            let Some(key) = entry
                .child(Part::Key)
                .filter(|key| key.is([Role::String, Role::Number, Role::MemberName]))
                .filter(|key| !key.inside().any(|part| part.is(Role::Interpolation)))
            else {
                continue;
            };
            let Some(first) = seen.insert(key.text(), entry) else {
                continue;
            };
            let comma = literal
                .tokens()
                .find(|part| part.id() > first.id())
                .filter(|part| part.text() == ",");
            let value = first.child(Part::Value).filter(|value| is_pure(*value));
            let (Some(comma), Some(_)) = (comma, value) else {
                continue;
            };
            let mut range = first.start()..comma.end();
            let whole = view.whole_lines(range.clone());
            let fills_lines =
                view.code.text[whole.clone()].trim() == view.code.text[range.clone()].trim();
            if fills_lines {
                range = whole;
            } else if view.code.text[range.end..].starts_with(' ') {
                range.end += 1;
            }
            let message = format!("duplicate key {}: the earlier entry is lost", key.text());
            let finding = Finding::new(
                key.range(),
                message,
                "Remove the earlier entry",
                vec![Edit::delete(range)],
            );
            found.push(finding.see(first.range(), "earlier entry"));
        }
    }
}
