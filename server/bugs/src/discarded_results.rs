//! Results that are lost or never made: `name.strip()` as a statement, `x = x.append(y)`, `if
//! s.isdigit:`.

use super::finding::Finding;
use super::lost::{is_lost, lost};
use super::operands::parts;
use super::types::{Type, type_of};
use super::view::{self, View, function_of, is_among, is_name};
use grammars::InPlace;
use syntax::{Node, Part, Role};
use text::Edit;

/// A call of a method: its object, name and arguments.
fn method<'a>(call: Node<'a>) -> Option<(Node<'a>, &'a str, Vec<Node<'a>>)> {
    let list = call.child(Part::Arguments);
    let arguments = list.into_iter().flat_map(view::arguments).collect();
    if let (Some(object), Some(name)) = (call.child(Part::Object), call.child(Part::Name)) {
        return Some((object, name.text(), arguments));
    }
    let function = call.child(Part::Function)?;
    let name = function.child(Part::Member)?;
    Some((function.child(Part::Object)?, name.text(), arguments))
}

/// `name.strip()` as a statement.
pub fn discarded(view: &View, found: &mut Vec<Finding>) {
    let methods = &view.library().text_methods;
    for (statement, call) in lost(view) {
        found.extend(unused_function(view, call));
        let Some((object, name, arguments)) = method(call) else {
            continue;
        };
        let known = methods
            .iter()
            .any(|(own, count)| own == name && *count == arguments.len());
        let texts = arguments.iter().all(|argument| {
            argument.is([Role::String, Role::Regex, Role::Identifier, Role::Number])
        });
        let certain = name != "replace"
            || arguments
                .first()
                .is_some_and(|a| a.is([Role::String, Role::Regex]));
        let tried = statement
            .ancestors()
            .any(|up| up.is([Role::Try, Role::With, Role::Lambda]));
        let own = || {
            let functions = view.code.of([Role::NamedFunction, Role::Method]);
            functions.into_iter().any(|function| {
                function
                    .child(Part::Name)
                    .is_some_and(|own| own.text() == name)
            })
        };
        let plain = object.is(Role::Identifier)
            && object.text() != "self"
            && object.text().chars().next().is_some_and(char::is_lowercase);
        let text = || {
            function_of(statement).is_some_and(|function| is_text(view, function, object.text()))
        };
        if known
            && texts
            && certain
            && plain
            && !tried
            && !view.is_test()
            && !history(object.text())
            && !own()
            && text()
        {
            let edit = Edit::insert(statement.start(), format!("{} = ", object.text()));
            let message = format!("`{name}` returns a new string, which is not used");
            found.push(Finding::new(
                statement.range(),
                message,
                format!("Assign the result to `{}`", object.text()),
                vec![edit],
            ));
        }
    }
}

/// `trim($text);` as a statement: a function that does nothing but to give something.
fn unused_function(view: &View, call: Node) -> Option<Finding> {
    if !call.is(Role::Call) || view.library().pure_functions.is_empty() || view.is_test() {
        return None;
    }
    let name = call.child(Part::Function)?.text();
    let functions = &view.library().pure_functions;
    let (_, at) = functions.iter().find(|(own, _)| own == name)?;
    let changed = view::arguments(call.child(Part::Arguments)?).nth(*at)?;
    let tried = call.ancestors().any(|up| up.is([Role::Try, Role::Lambda]));
    let defined = view.code.of(Role::NamedFunction);
    let own = defined.filter_map(|function| function.child(Part::Name));
    let is_own = own.into_iter().any(|own| own.text() == name);
    if tried || is_own || !changed.is([Role::Identifier, Role::Member]) {
        return None;
    }
    let edit = Edit::insert(call.start(), format!("{} = ", changed.text()));
    let message = format!("`{name}` returns a new value, which is not used");
    let title = format!("Assign the result to `{}`", changed.text());
    Some(Finding::new(call.range(), message, title, vec![edit]))
}

/// Methods that only strings have.
const OF_STRINGS: &[&str] = &[
    "split",
    "splitlines",
    "startswith",
    "endswith",
    "encode",
    "substring",
    "substr",
    "charAt",
    "charCodeAt",
    "startsWith",
    "endsWith",
    "isdigit",
    "isalpha",
    "rsplit",
    "format",
    "partition",
    "slice",
    "length",
    "toLowerCase",
    "toUpperCase",
    "strip",
];
const STRING_TYPES: &[&str] = &["str", "string", "String"];

/// Whether a function treats a name as a string: declared so, given a literal, or asked what only
/// strings know.
fn is_text(view: &View, function: Node, name: &str) -> bool {
    let named = |part: Option<Node>| part.is_some_and(|part| part.text() == name);
    let typed = |part: Node| {
        let kind = part
            .child(Part::Type)
            .map_or("", |kind| kind.text().trim_start_matches([':', ' ']));
        let is_value = |inner: Node| {
            let mut up = std::iter::once(inner).chain(inner.ancestors());
            up.find(|up| up.part() == Some(Part::Value) || *up == part)
                .is_some_and(|up| up != part)
        };
        let declared = part
            .inside()
            .any(|inner| inner.is(Role::Identifier) && inner.text() == name && !is_value(inner));
        STRING_TYPES.contains(&kind) && declared
    };
    let given = |part: Node| {
        let value = part.child(Part::Right).or_else(|| part.child(Part::Value));
        let target = part.child(Part::Left).or_else(|| part.child(Part::Name));
        value.is_some_and(|value| value.is([Role::String, Role::Template])) && named(target)
    };
    let asked = |part: Node| {
        let member = part.child(Part::Member).or_else(|| part.child(Part::Name));
        named(part.child(Part::Object))
            && member.is_some_and(|member| is_of_strings(view, member.text()))
    };
    let statement = |part: Node| is_statement(view, part);
    // What has a method that no string has, and is called for what it does, is no string.
    let other = |part: Node| {
        let member = part.child(Part::Member).or_else(|| part.child(Part::Name));
        let called = part.is(Role::Call) || part.parent().is_some_and(|up| up.is(Role::Call));
        named(part.child(Part::Object))
            && called
            && statement(part)
            && member.is_some_and(|member| !is_known(view, member.text()))
    };
    function
        .inside()
        .any(|part| typed(part) || given(part) || asked(part) && !statement(part))
        && !function.inside().any(other)
}

/// Whether a call, or what one calls, is a statement.
fn is_statement(view: &View, part: Node) -> bool {
    if view.code.knows(Role::ExpressionStatement) {
        let mut around = part.ancestors().take(2);
        return around.any(|up| up.is(Role::ExpressionStatement));
    }
    let call = part.parent().filter(|_| !part.is(Role::Call));
    is_lost(view, call.filter(|up| up.is(Role::Call)).unwrap_or(part))
}

/// Whether strings have a method of this name.
fn is_known(view: &View, name: &str) -> bool {
    let own = view
        .library()
        .text_methods
        .iter()
        .any(|(own, _)| own == name);
    own || is_of_strings(view, name)
}

/// Whether only strings have a method of this name.
fn is_of_strings(view: &View, name: &str) -> bool {
    let further = &view.library().methods_of_texts;
    is_among(further, name) || further.is_empty() && OF_STRINGS.contains(&name)
}

/// Objects whose `replace` does something.
fn history(name: &str) -> bool {
    [
        "history",
        "router",
        "location",
        "navigation",
        "nav",
        "os",
        "df",
        "frame",
        "editor",
        "cm",
        "doc",
    ]
    .contains(&name)
}

/// `x = x.append(y)` where `x` is a list.
pub fn none(view: &View, found: &mut Vec<Finding>) {
    let Some(in_place) = &view.semantics().in_place else {
        return;
    };
    for node in view.code.of(Role::Assignment) {
        let (Some(left), Some(right)) = (node.child(Part::Left), node.child(Part::Right)) else {
            continue;
        };
        let Some((object, name)) = Some(right)
            .filter(|right| right.is(Role::Call))
            .and_then(|call| changed_in_place(in_place, call))
        else {
            continue;
        };
        let scope = function_of(node).unwrap_or(view.code.root());
        let is_list = |part: Node| {
            part.is(Role::Assignment)
                && part
                    .child(Part::Left)
                    .is_some_and(|l| l.text() == object.text())
                && part.child(Part::Right).is_some_and(|r| {
                    r.is([Role::List, Role::ListComprehension]) || r.text() == "list()"
                })
        };
        let plain = left.is(Role::Identifier) || !in_place.of_lists && is_name(left);
        let asked = is_asked_for(view, node);
        if left.same(object)
            && plain
            && !asked
            && (!in_place.of_lists || scope.inside().any(is_list))
        {
            let edit = Edit::delete(left.start()..right.start());
            let gives = &in_place.gives;
            let message = format!("`{name}` returns {gives}, so `{}` is lost", left.text());
            found.push(Finding::new(
                node.range(),
                message,
                "Remove the assignment",
                vec![edit],
            ));
        }
    }
}

/// What a call changes in place, and the name of what does it.
fn changed_in_place<'a>(in_place: &InPlace, call: Node<'a>) -> Option<(Node<'a>, &'a str)> {
    if let Some((object, name)) = view::method_called(call) {
        return is_among(&in_place.methods, name).then_some((object, name));
    }
    let name = call.child(Part::Function)?.text();
    let first = view::arguments(call.child(Part::Arguments)?).next()?;
    is_among(&in_place.functions, name).then_some((first, name))
}

/// Whether a condition asks for what an assignment gives.
fn is_asked_for(view: &View, assignment: Node) -> bool {
    let condition = |up: Node| up.part() == Some(Part::Condition);
    let statement = assignment
        .parent()
        .is_some_and(|up| up.is([Role::ExpressionStatement, Role::Block]));
    let mut around = std::iter::once(assignment).chain(assignment.ancestors().take(3));
    around.any(condition) || !statement && !view.code.knows(Role::ExpressionStatement)
}

/// `if s.isdigit:`, `s.lower == "a"`.
pub fn not_called(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Member) {
        let Some(name) = node.child(Part::Member) else {
            continue;
        };
        let compared = is_among(&view.library().compared_methods, name.text());
        let lost = compared && is_compared(node) || is_asked(view, node, name.text());
        let field = FIELDS.contains(&name.text()) && !is_of_text(view, node);
        if lost && !field && !is_field(view, name.text()) {
            let message = format!("`{}` is the method itself, not its result", name.text());
            found.push(Finding::new(
                node.range(),
                message,
                "Call the method",
                vec![Edit::insert(node.end(), "()")],
            ));
        }
    }
}

/// Methods of strings that are also names of fields: the ends of a range, a lamp, the equipment of
/// a car.
const FIELDS: &[&str] = &["lower", "upper", "strip", "trim"];

/// What lists and others have as well as texts.
const SHARED: &[&str] = &["slice", "length", "format"];

/// Whether the object of a member is known to be a text: the file says so, or the function calls
/// what only texts have.
fn is_of_text(view: &View, member: Node) -> bool {
    let Some(object) = member.child(Part::Object) else {
        return false;
    };
    let called = |part: Node| {
        let name = part.child(Part::Member).map_or("", |name| name.text());
        let is_called = part.part() == Some(Part::Function);
        let text = is_among(&view.library().asked_methods, name)
            || is_called && OF_STRINGS.contains(&name) && !SHARED.contains(&name);
        text && part.child(Part::Object).is_some_and(|own| own.same(object))
    };
    let around = || function_of(member).unwrap_or(view.code.root());
    match type_of(view, object) {
        Some(kind) => kind == Type::Text,
        None => around().inside().any(called),
    }
}

/// Methods that tell something, asked without being called; those of files only of what is called a
/// path.
fn is_asked(view: &View, node: Node, name: &str) -> bool {
    let condition = node
        .parent()
        .is_some_and(|up| up.is([Role::Logical, Role::Not]));
    let path = node
        .child(Part::Object)
        .is_some_and(|object| object.text().ends_with("path"));
    let is_question = is_among(&view.library().asked_methods, name)
        || path && ["is_file", "is_dir"].contains(&name);
    is_question && (condition || node.part() == Some(Part::Condition))
}

/// Whether a node is compared with a text.
fn is_compared(node: Node) -> bool {
    node.parent()
        .and_then(parts)
        .is_some_and(|(left, operator, right)| {
            ["==", "===", "!=", "!=="].contains(&operator) && left == node && right.is(Role::String)
        })
}

/// Whether the file gives something this name, so that it may be no method.
fn is_field(view: &View, name: &str) -> bool {
    view.code
        .of([
            Role::NamedFunction,
            Role::Assignment,
            Role::Method,
            Role::Pair,
        ])
        .any(|part| {
            let target = part
                .child(Part::Name)
                .or_else(|| part.child(Part::Left))
                .or_else(|| part.child(Part::Key));
            target.is_some_and(|target| target.text().ends_with(name))
        })
}
