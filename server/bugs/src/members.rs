//! Names of members: misspelt ones, keys that stand twice, constructors that are none.

use super::finding::Finding;
use super::operands::parts;
use super::types::{Type, type_of};
use super::view::{View, callee, is_among, is_plain_text, is_pure, only};
use std::collections::HashMap;
use syntax::{Node, Part, Role, Roles};
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

const NAMES: Roles = Roles::of(&[Role::Identifier, Role::MemberName, Role::VariableName]);

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
    for node in view.code.of(NAMES) {
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
            .of(NAMES.or(Role::StringContent.into()))
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
        let scope = super::scopes::scope_of(function);
        if scope.is_some_and(|scope| scope.is(Role::Class)) {
            let takes = function.child(Part::Parameters);
            let takes = takes.is_some_and(|all| all.text().starts_with("(self"));
            found.extend(misspelt_method(view, function).filter(|_| takes));
        }
    }
    for method in view.code.of(Role::Method) {
        found.extend(misspelt_method(view, method));
    }
}

/// A method that fills the fields of its object, nothing calls and is called nearly like a
/// constructor.
fn misspelt_method(view: &View, method: Node) -> Option<Finding> {
    let name = method.child(Part::Name)?;
    let words = &view.library().misspelt_methods;
    let [_, right] = words.iter().find(|[wrong, _]| wrong == name.text())?;
    let (field, _) = view.semantics().own_field.as_ref()?.split_once("{}")?;
    let fills = method.child(Part::Body)?.text().contains(field);
    let called = |part: &Node| part.text() == name.text() && *part != name;
    let class = method
        .ancestors()
        .find(|up| up.is([Role::Class, Role::ClassScope]))?;
    let has_right = || {
        class
            .inside()
            .any(|part| part.is(Role::AnyName) && part.text() == right)
    };
    if !fills || view.code.of(Role::AnyName).any(|part| called(&part)) || has_right() {
        return None;
    }
    let message = format!("`{}` is never called; did you mean `{right}`?", name.text());
    let edit = Edit::replace(name.range(), right.as_str());
    let title = format!("Change it to `{right}`");
    Some(Finding::new(name.range(), message, title, vec![edit]))
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

/// One entry of a literal of values by keys.
struct Entry<'a> {
    /// The list of entries.
    list: Node<'a>,
    whole: Node<'a>,
    key: Node<'a>,
    value: Node<'a>,
}

/// The entries of a literal, or of a call that makes a map; `None` where it is none or has others.
fn entries<'a>(view: &View<'a>, literal: Node<'a>) -> Option<Vec<Entry<'a>>> {
    if literal.is(Role::Call) {
        let sign = view.semantics().pair_operator.as_deref()?;
        let name = callee(literal).split('<').next()?;
        let list = literal.child(Part::Arguments)?;
        let makes = is_among(&view.library().functions.map, name);
        let entry = |argument: Node<'a>| {
            let (key, _, value) =
                parts(only(argument.children())?).filter(|(_, own, _)| *own == sign)?;
            Some(Entry {
                list,
                whole: argument,
                key,
                value,
            })
        };
        return list
            .children()
            .map(entry)
            .collect::<Option<_>>()
            .filter(|_| makes);
    }
    let around = literal.parent().filter(|up| up.is(Role::New));
    let is_map = around.is_some_and(|new| type_of(view, new) == Some(Type::Map));
    if view.semantics().maps_are_typed && !is_map {
        return None;
    }
    let entry = |entry: Node<'a>| {
        let (key, value) = (entry.child(Part::Key)?, entry.child(Part::Value)?);
        entry.is(Role::Pair).then_some(Entry {
            list: literal,
            whole: entry,
            key,
            value,
        })
    };
    literal.children().map(entry).collect()
}

/// Two entries of a literal with one key.
pub fn duplicate_keys(view: &View, found: &mut Vec<Finding>) {
    for literal in view.code.of([Role::Map, Role::List, Role::Call]) {
        let Some(entries) = entries(view, literal) else {
            continue;
        };
        let mut seen: HashMap<&str, Entry> = HashMap::new();
        let mut keys: Vec<&str> = entries.iter().map(|entry| entry.key.text()).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        // A table with many keys twice was made by a program.
        if all > keys.len() + 2 || view.is_test() {
            continue;
        }
        for entry in entries {
            let key = entry.key;
            let literal_key = is_plain_text(key) || key.is([Role::Number, Role::MemberName]);
            let Some(first) = seen.insert(key.text(), entry).filter(|_| literal_key) else {
                continue;
            };
            let literal = first.list;
            let (first, value) = (first.whole, first.value);
            let comma = literal
                .tokens()
                .find(|part| part.id() > first.id())
                .filter(|part| part.text() == ",");
            let value = Some(value).filter(|value| is_pure(*value));
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
            let effect = match view.semantics().maps_are_typed {
                true => "adding it again is an error",
                false => "the earlier entry is lost",
            };
            let message = format!("duplicate key {}: {effect}", key.text());
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
