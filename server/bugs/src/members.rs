//! Names of members: misspelt ones, keys that stand twice, constructors that are none.

use super::finding::Finding;
use super::types::{Type, type_of};
use super::view::{View, is_pure};
use std::collections::HashMap;
use syntax::Node;
use text::Edit;

/// What is often written for what is meant.
const MISSPELT: &[(&str, &str)] = &[
    ("lenght", "length"),
    ("legnth", "length"),
    ("lengh", "length"),
    ("lengthh", "length"),
    ("innerHtml", "innerHTML"),
    ("getElementByID", "getElementById"),
    ("getElementsById", "getElementById"),
    ("tostring", "toString"),
    ("addEventlistener", "addEventListener"),
    ("toLowercase", "toLowerCase"),
    ("toUppercase", "toUpperCase"),
    ("hasOwnproperty", "hasOwnProperty"),
    ("indexof", "indexOf"),
    ("startWith", "startsWith"),
    ("endWith", "endsWith"),
    ("startwith", "startswith"),
    ("endwith", "endswith"),
    ("appned", "append"),
    ("apend", "append"),
    ("extand", "extend"),
    ("querySelectorALL", "querySelectorAll"),
    ("preventdefault", "preventDefault"),
    ("lowwer", "lower"),
    ("retrun", "return"),
];
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
        .child("object")
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

/// Members that only Python has, and those that it has not.
const PYTHON_ONLY: &[&str] = &[
    "startwith",
    "endwith",
    "appned",
    "apend",
    "extand",
    "lowwer",
];

/// Members whose names are misspelt.
pub fn misspelt(view: &View, found: &mut Vec<Finding>) {
    let python = view.code.language() == "python";
    for node in view.code.of_kind(&["identifier", "property_identifier"]) {
        let member = ["attribute", "property", "field", "name"]
            .contains(&node.field().unwrap_or_default())
            && node.parent().is_some_and(|up| {
                up.is(&[
                    "attribute",
                    "member_expression",
                    "field_access",
                    "method_invocation",
                ])
            });
        let Some((_, right)) = MISSPELT
            .iter()
            .find(|(wrong, _)| *wrong == node.text())
            .filter(|_| member)
        else {
            continue;
        };
        let written = node.parent().is_some_and(|up| up.field() == Some("left"));
        // Another class of a Java program may write the same words with other capitals.
        let capitals = view.code.language() == "java" && node.text().eq_ignore_ascii_case(right);
        let fits = PYTHON_ONLY.contains(&node.text()) == python && !capitals;
        let uses = view
            .code
            .of_kind(&["identifier", "property_identifier", "string_fragment"])
            .filter(|other| other.text() == node.text());
        let defined = uses
            .filter(|other| {
                !["attribute", "property", "field"].contains(&other.field().unwrap_or_default())
            })
            .any(|other| {
                other
                    .parent()
                    .is_none_or(|up| up.kind() != "method_invocation")
            });
        let certain = || {
            node.parent()
                .is_some_and(|member| is_certain(view, member, node.text()))
        };
        if fits && !written && !defined && certain() {
            let message = format!("unknown member `{}`; did you mean `{right}`?", node.text());
            let edit = Edit::replace(node.range(), *right);
            found.push(Finding::new(
                node.range(),
                message,
                format!("Change it to `{right}`"),
                vec![edit],
            ));
        }
    }
}

/// `_init_`, `__int__` beside the fields of `self`, and `"main"` beside `__name__`.
pub fn dunder(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of_kind(&["comparison_operator"]) {
        let Some((left, "==", right)) = super::operands::parts(node) else {
            continue;
        };
        let text = right.text().trim_matches(['"', '\'']);
        let wrong = ["main", "_main_", "__main", "__mian__", "_main__", "__main_"].contains(&text);
        if left.text() == "__name__" && right.kind() == "string" && wrong {
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
    for function in view.code.of_kind(&["function_definition"]) {
        let in_class = super::scopes::scope_of(function)
            .is_some_and(|scope| scope.kind() == "class_definition");
        let Some(name) = function.child("name").filter(|_| in_class) else {
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
            .child("parameters")
            .is_some_and(|p| p.text().starts_with("(self"));
        let fills = function
            .child("body")
            .is_some_and(|body| body.text().contains("self."));
        let uses = || {
            view.code
                .of_kind(&["identifier"])
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
    for method in view.code.of_kind(&["method_declaration"]) {
        let class = method.ancestors().find(|up| {
            up.is(&[
                "class_declaration",
                "interface_declaration",
                "enum_declaration",
            ])
        });
        let (Some(name), Some(kind), Some(class)) =
            (method.child("name"), method.child("type"), class)
        else {
            continue;
        };
        let same = class
            .child("name")
            .is_some_and(|own| own.text() == name.text());
        let fills = method.child("body").is_some_and(|body| {
            body.inside()
                .any(|part| part.is(&["assignment_expression"]))
        });
        if same && kind.kind() == "void_type" && class.kind() == "class_declaration" && fills {
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
    for literal in view.code.of_kind(&["dictionary", "object"]) {
        let mut seen: HashMap<&str, Node> = HashMap::new();
        let mut keys: Vec<&str> = literal
            .children()
            .filter_map(|entry| Some(entry.child("key")?.text()))
            .collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        // A table with many keys twice was made by a program.
        if all > keys.len() + 2
            || view.is_test()
            || literal.children().any(|entry| entry.kind() != "pair")
        {
            continue;
        }
        for entry in literal.children() {
            let Some(key) = entry
                .child("key")
                .filter(|key| key.is(&["string", "integer", "property_identifier", "number"]))
            else {
                continue;
            };
            let Some(first) = seen.insert(key.text(), entry) else {
                continue;
            };
            let behind = literal
                .tokens()
                .find(|part| part.id() > first.id())
                .filter(|part| part.kind() == ",");
            let value = first.child("value").filter(|value| is_pure(*value));
            let (Some(comma), Some(_)) = (behind, value) else {
                continue;
            };
            let mut range = first.start()..comma.end();
            let whole = view.whole_lines(range.clone());
            let alone =
                view.code.text[whole.clone()].trim() == view.code.text[range.clone()].trim();
            if alone {
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
