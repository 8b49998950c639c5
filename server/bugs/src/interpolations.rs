//! Values that never get into a text: the name in `'Hello #{name}'`, and the second argument of an
//! exception whose message is a format.
//!
//! `strings` asks here where the facts of a language say how names get into texts and how messages
//! are put together. Only a text that is shown or raised counts, and only names that the function
//! around binds before: what is kept may be filled in later.

use super::exceptions::is_of_language;
use super::finding::Finding;
use super::view::{View, arguments, bare, callee, function_of, is_among, is_plain_text, only};
use grammars::{Interpolation, MessageFormat};
use syntax::{Node, Part, Role, Roles};
use text::{Edit, is_word};

/// Texts with the places of names that stay as they are.
pub fn missing(view: &View, places: &Interpolation, found: &mut Vec<Finding>) {
    for text in view.code.of(Role::String) {
        let written = text.text();
        let quoted = written.strip_prefix(places.quote.as_str());
        let Some(inner) = quoted.and_then(|rest| rest.strip_suffix(places.quote.as_str())) else {
            continue;
        };
        let has_other = inner.contains(places.quoted.as_str()) && places.quote != places.quoted;
        let Some(names) = names_in(inner, &places.open).filter(|_| !has_other) else {
            continue;
        };
        let Some(function) = function_of(text).filter(|_| is_shown(view, text)) else {
            continue;
        };
        let Some(first) = names.first() else {
            continue;
        };
        if !names
            .iter()
            .all(|name| is_bound_before(function, name, text))
        {
            continue;
        }
        let (quote, end) = (&places.quoted, text.end());
        let size = places.quote.len();
        let opening = format!("{}{quote}", places.prefix);
        let edits = vec![
            Edit::replace(text.start()..text.start() + size, opening),
            Edit::replace(end - size..end, quote.as_str()),
        ];
        let message = format!("`{}{first}}}` is not replaced in this text", places.open);
        let title = match places.prefix.is_empty() {
            true => "Use double quotes".to_owned(),
            false => format!("Add the prefix `{}`", places.prefix),
        };
        found.push(Finding::new(text.range(), message, title, edits));
    }
}

/// The names in the places of a text; `None` where something else is in any, or where there are
/// other marks of another language.
fn names_in<'a>(text: &'a str, open: &str) -> Option<Vec<&'a str>> {
    let is_plain = !text.contains(['\\', '%', '<', '`']) && !text.contains("{{");
    let mut names = Vec::new();
    for part in text.split(open).skip(1) {
        let (name, _) = part.split_once('}')?;
        let fits = name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit());
        if name.is_empty() || !fits {
            return None;
        }
        names.push(name);
    }
    let all = text.matches('{').count();
    (is_plain && all == names.len()).then_some(names)
}

/// Whether a text is the only thing that is shown or raised here.
fn is_shown(view: &View, text: Node) -> bool {
    let up = text
        .parent()
        .filter(|up| up.is(Role::Argument))
        .unwrap_or(text);
    let Some(list) = up.parent() else {
        return false;
    };
    if list.is(Role::Output) {
        return only(list.children()).is_some();
    }
    let Some(call) = list.parent().filter(|_| list.is(Role::Arguments)) else {
        return false;
    };
    let raises = view.is_throw(call) && list.children().last() == Some(up);
    let is_only = list.children().count() == 1;
    let shows = call.is(Role::Call) && is_among(&view.library().showing, callee(call));
    let made = view.made_class(call);
    let raised = made.is_some_and(|class| is_of_language(view, class.text()));
    raises || is_only && (shows || raised)
}

/// Whether a function binds a name before a text: as a parameter, or by giving it something.
fn is_bound_before(function: Node, name: &str, text: Node) -> bool {
    const BINDING: Roles = Roles::of(&[Role::Declaration, Role::Parameter, Role::Parameters]);
    const TARGETS: [Option<Part>; 3] = [Some(Part::Left), Some(Part::Name), None];
    let plain = |node: Node| super::view::plain_name(node.text()) == name;
    let binds = |node: Node| {
        let up = node.parent().filter(|up| up.is(BINDING));
        node.is(Role::Name) && plain(node) && up.is_some() && TARGETS.contains(&node.part())
    };
    let before = |node: &Node| node.end() <= text.start();
    function.inside().filter(before).any(binds)
}

/// `throw new Exception('bad %s', $x)`: values that no one puts into the message.
pub fn messages(view: &View, format: &MessageFormat, found: &mut Vec<Finding>) {
    for node in view.code.of([Role::New, Role::Call]) {
        let Some(class) = raised(view, node) else {
            continue;
        };
        let Some(list) = node.child(Part::Arguments) else {
            continue;
        };
        let skipped = usize::from(view.is_throw(node));
        let all: Vec<Node> = arguments(list).skip(skipped).map(bare).collect();
        let [text, values @ ..] = all.as_slice() else {
            continue;
        };
        let known = is_of_language(view, class.text()) && is_plain_text(*text);
        let plain = |value: &Node| !value.is([Role::KeywordArgument, Role::Spread, Role::Pair]);
        let wanted = match format.numbered {
            true => numbered(text.text()),
            false => directives(text.text()),
        };
        if !known || values.is_empty() || wanted != Some(values.len()) || !values.iter().all(plain)
        {
            continue;
        }
        let (Some(last), Some((before, after))) = (values.last(), format.call.split_once("{}"))
        else {
            continue;
        };
        let edits = vec![
            Edit::insert(text.start(), before),
            Edit::insert(last.end(), after),
        ];
        let message = "the values are never inserted: this call does not format the string";
        let title = "Format the string with the values";
        found.push(Finding::new(node.range(), message, title, edits));
    }
}

/// The exception that a node makes to raise it, or raises together with its message.
fn raised<'a>(view: &View<'a>, node: Node<'a>) -> Option<Node<'a>> {
    if view.is_throw(node) {
        return node.child(Part::Arguments)?.children().next();
    }
    let in_call =
        |up: Node<'a>| up.is(Role::Arguments) && up.parent().is_some_and(|up| view.is_throw(up));
    let is_raised = node
        .parent()
        .is_some_and(|up| up.is(Role::Throw) || in_call(up))
        || node.ancestors().take(2).any(|up| up.is(Role::Throw));
    view.made_class(node).filter(|_| is_raised)
}

/// How many values a text with numbers in braces takes, where they are `{0}`, `{1}` and so on.
fn numbered(text: &str) -> Option<usize> {
    let count = text.matches('{').count();
    let all = (0..count).all(|at| text.contains(&format!("{{{at}")));
    (count > 0 && all && !text.contains("{{")).then_some(count)
}

/// How many values a text with `%` takes; `None` where a `%` is none of a format.
pub fn directives(text: &str) -> Option<usize> {
    let mut count = 0;
    for part in text.replace("%%", "").split('%').skip(1) {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || "#+-.".contains(c));
        rest.starts_with(|c: char| "diouxXeEfFgGcrsavqtTp".contains(c))
            .then_some(())?;
        count += 1;
    }
    (count > 0).then_some(count)
}
