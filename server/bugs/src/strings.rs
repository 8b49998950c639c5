//! Strings that are put together wrongly: values outside of a format's parentheses, a missing `f`,
//! a missing comma.

use super::finding::Finding;
use super::interpolations::{self, directives};
use super::operands::are_twins;
use super::types::{Type, type_of};
use super::view::{View, function_of, is_name};
use syntax::{Node, Part, Role};
use text::Edit;
use text::is_word;

/// `"%s %s" % a, b`.
pub fn loose_values(view: &View, found: &mut Vec<Finding>) {
    let Some([open, close]) = &view.semantics().format_brackets else {
        return;
    };
    let brackets = match open.as_str() {
        "(" => "parentheses",
        _ => "brackets",
    };
    for list in view.code.of([Role::ExpressionList, Role::Arguments]) {
        let parts: Vec<Node> = list.children().collect();
        let Some(format) = parts.first().filter(|first| {
            first.is(Role::Binary) && first.child(Part::Operator).is_some_and(|o| o.text() == "%")
        }) else {
            continue;
        };
        let (Some(text), Some(value)) = (format.child(Part::Left), format.child(Part::Right))
        else {
            continue;
        };
        let wanted = text.text().replace("%%", "").matches('%').count();
        let named = text.text().contains("%(") || text.text().contains('*');
        if !text.is(Role::String) || named || wanted != parts.len() || wanted < 2 {
            continue;
        }
        let plain = parts[1..]
            .iter()
            .all(|part| !part.is(Role::KeywordArgument));
        if plain && is_single(view, value, parts[1]) {
            let last = parts[parts.len() - 1];
            let edits = vec![
                Edit::insert(value.start(), open.as_str()),
                Edit::insert(last.end(), close.as_str()),
            ];
            let message = format!(
                "the format string needs {wanted} values but gets one: the others are outside the parentheses"
            );
            found.push(Finding::new(
                format.start()..last.end(),
                message,
                format!("Add {brackets} around the values"),
                edits,
            ));
        }
    }
}

/// Whether a value is certainly none of several, which a format takes apart: it is known to be a
/// number or a text, or it is a parameter that goes together with the next value, such as `a` with
/// `b`.
fn is_single(view: &View, value: Node, next: Node) -> bool {
    const SINGLE: &[Type] = &[Type::Number, Type::Text, Type::Truth, Type::List];
    let parameters = || function_of(value).and_then(|function| function.child(Part::Parameters));
    let parameter = |name: Node| {
        is_name(name)
            && parameters().is_some_and(|all| all.children().any(|one| one.text() == name.text()))
    };
    match type_of(view, value) {
        Some(kind) => SINGLE.contains(&kind),
        None => parameter(value) && parameter(next) && are_twins(value.text(), next.text()),
    }
}

/// `raise ValueError("bad %s", x)` and `fmt.Println("n is %d", n)`: values that no one puts into
/// the text.
pub fn unformatted(view: &View, found: &mut Vec<Finding>) {
    if let Some(format) = &view.semantics().message_format {
        return interpolations::messages(view, format, found);
    }
    for call in view.code.of(Role::Call) {
        let (Some(function), Some(list)) =
            (call.child(Part::Function), call.child(Part::Arguments))
        else {
            continue;
        };
        let arguments: Vec<Node> = list.children().collect();
        let [format, values @ ..] = arguments.as_slice() else {
            continue;
        };
        let plain =
            |value: &Node| !value.is([Role::KeywordArgument, Role::Spread, Role::KeywordSpread]);
        if values.is_empty() || !values.iter().all(plain) {
            continue;
        }
        let fix = exception(call, function, *format, values)
            .or_else(|| println(function, *format, values));
        if let Some((title, edits)) = fix {
            let message = "the values are never inserted: this call does not format the string";
            found.push(Finding::new(call.range(), message, title, edits));
        }
    }
}

/// A built-in exception that is raised.
fn exception(
    call: Node,
    function: Node,
    format: Node,
    values: &[Node],
) -> Option<(&'static str, Vec<Edit>)> {
    let raised = call.parent().is_some_and(|up| up.is(Role::Throw));
    let known = SHOWING.contains(&function.text()) && function.text() != "print";
    let text = format.text();
    if !raised || !known || !format.is(Role::String) || !text.starts_with(['"', '\'']) {
        return None;
    }
    let (first, last) = (values.first()?.start(), values.last()?.end());
    let join = |before: &str, rest: &str| {
        vec![
            Edit::replace(format.end()..first, before),
            Edit::insert(last, rest),
        ]
    };
    if directives(text) == Some(values.len()) {
        return Some((
            "Format the string with the values",
            join(" % (", if values.len() == 1 { ",)" } else { ")" }),
        ));
    }
    let braces =
        text.matches("{}").count() == values.len() && text.matches('{').count() == values.len();
    braces.then(|| ("Format the string with the values", join(".format(", ")")))
}

/// Go's `Println` with a text for `Printf`.
fn println(function: Node, format: Node, values: &[Node]) -> Option<(&'static str, Vec<Edit>)> {
    let name = function.child(Part::Member)?;
    let is_print = function.child(Part::Object)?.text() == "fmt" && name.text() == "Println";
    let fits = format.is(Role::String) && directives(format.text()) == Some(values.len());
    let edits = vec![
        Edit::replace(name.range(), "Printf"),
        Edit::insert(format.end() - 1, "\\n"),
    ];
    (is_print && fits).then_some(("Use `Printf`", edits))
}

/// Functions that show or raise a text.
const SHOWING: &[&str] = &[
    "print",
    "Exception",
    "ValueError",
    "TypeError",
    "RuntimeError",
    "KeyError",
    "OSError",
    "AssertionError",
    "NotImplementedError",
];

/// `print("{name}")` where `name` is a variable.
pub fn missing_prefix(view: &View, found: &mut Vec<Finding>) {
    if let Some(places) = &view.semantics().interpolation {
        return interpolations::missing(view, places, found);
    }
    for string in view.code.of(Role::String) {
        let text = string.text();
        let plain = text.starts_with(['"', '\''])
            && text.contains('{')
            && !text.contains("{{")
            && !text.contains('%');
        let Some(call) = string
            .parent()
            .filter(|up| plain && up.is(Role::Arguments))
            .and_then(Node::parent)
        else {
            continue;
        };
        let own = call
            .child(Part::Function)
            .is_some_and(|f| !f.text().ends_with("Error") && is_bound(view, f.text()));
        if own || is_foreign(text) {
            continue;
        }
        let is_only_argument = call
            .child(Part::Arguments)
            .is_some_and(|list| list.children().count() == 1);
        let shows = call
            .child(Part::Function)
            .is_some_and(|f| SHOWING.contains(&f.text()));
        let Some(function) = function_of(string).filter(|_| shows && is_only_argument) else {
            continue;
        };
        let names = placeholders(text);
        let appears_before =
            |part: Node, name: &str| part.text() == name && part.end() <= string.start();
        let bound = |name: &&str| {
            let before = view.scopes().binds(function, name)
                && function.inside().any(|part| appears_before(part, name));
            before && !is_filled_later(view, name)
        };
        if let Some(names) = names.filter(|names| !names.is_empty() && names.iter().all(bound)) {
            let message = format!(
                "`{{{}}}` is not replaced: the string lacks the prefix `f`",
                names[0]
            );
            found.push(Finding::new(
                string.range(),
                message,
                "Add the prefix `f`",
                vec![Edit::insert(string.start(), "f")],
            ));
        }
    }
}

/// Whether the file itself binds a name, so that it is not Python's own.
fn is_bound(view: &View, name: &str) -> bool {
    view.scopes().binds(view.code.root(), name)
}

/// Whether braces are those of another language: `${name}` and `#{name}`, `\section{name}`,
/// `[a-z]{n}`, `x^{n}`.
fn is_foreign(text: &str) -> bool {
    let mut before = text.split('{');
    let last = before.next_back();
    let marked = before.any(|part| {
        let command = part
            .rsplit('\\')
            .next()
            .filter(|_| part.contains('\\'))
            .unwrap_or_default();
        part.ends_with(['$', '#', '%', '^', ']', ')', '\\'])
            || command.len() > 1
                && !part.ends_with(char::is_whitespace)
                && command.chars().all(char::is_alphanumeric)
    });
    last.is_some() && marked
}

/// Whether a text of the file that is kept somewhere is filled in by this name:
/// `text.format(name=..)`.
fn is_filled_later(view: &View, name: &str) -> bool {
    let fills = |call: Node| {
        let Some(function) = call.child(Part::Function).filter(|f| f.is(Role::Member)) else {
            return false;
        };
        let method = function
            .child(Part::Member)
            .map_or("", |method| method.text());
        let kept = function
            .child(Part::Object)
            .is_some_and(|object| !object.is(Role::String));
        let named = |one: Node| {
            one.is(Role::KeywordSpread)
                || one.child(Part::Name).is_some_and(|own| own.text() == name)
        };
        let takes = call
            .child(Part::Arguments)
            .is_some_and(|all| all.children().any(named));
        kept && (method == "format_map"
            || method == "format" && takes
            || method == "safe_substitute")
    };
    view.code.of(Role::Call).any(fills)
}

/// The names in braces; `None` where something else is in any.
fn placeholders(text: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for part in text.split('{').skip(1) {
        let inner = part.split_once('}')?.0;
        let name = inner.split([':', '!', '.']).next()?;
        let fits = name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit());
        // `{name: what it is}` describes something.
        if name.is_empty() || !fits || inner.contains(": ") {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

/// `["a", "b" "c"]` over several lines, all of one word.
pub fn missing_comma(view: &View, found: &mut Vec<Finding>) {
    for joined in view.code.of(Role::Concatenated) {
        let list = joined
            .parent()
            .filter(|up| up.is([Role::List, Role::Set, Role::Tuple]));
        let parts: Vec<Node> = joined.children().collect();
        let (Some(list), [first, second]) = (list, parts.as_slice()) else {
            continue;
        };
        let word = |part: &Node| {
            let text = part.text().trim_matches(['"', '\'']);
            !text.is_empty()
                && text.len() < 40
                && text
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_-.".contains(c))
                && part.text().starts_with(['"', '\''])
        };
        let others: Vec<Node> = list.children().filter(|child| *child != joined).collect();
        let lines = view.line_start(first.start()) != view.line_start(second.start());
        if lines
            && others.len() > 1
            && others.iter().all(|o| o.is(Role::String) && word(o))
            && word(first)
            && word(second)
        {
            let message = format!(
                "missing comma: {} and {} become one string",
                first.text(),
                second.text()
            );
            found.push(Finding::new(
                first.range(),
                message,
                "Add the comma",
                vec![Edit::insert(first.end(), ",")],
            ));
        }
    }
}
