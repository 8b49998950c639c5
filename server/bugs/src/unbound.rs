//! Python names that are used and bound nowhere: a list that was never made, a forgotten import, a
//! misspelling, a forgotten `self`.
//!
//! A name counts as unbound only where no scope around binds it and the file gets no names from
//! elsewhere. It is reported only with what most likely should stand there.

use super::cells;
use super::finding::Finding;
use super::scopes::{Scopes, is_use};
use super::view::{View, function_of, is_among, mentions, own};
use std::collections::HashSet;
use syntax::{Node, Part, Role};
use text::Edit;

/// Names that nothing binds.
pub fn names(view: &View, found: &mut Vec<Finding>) {
    let scopes = view.scopes();
    if scopes.is_open() || cells::is_lone(view.path) || cells::brings_names(view) {
        return;
    }
    let mut known = HashSet::new();
    for name in view.code.of(Role::Identifier) {
        let unbound = !scopes.resolves(name, name.text()) && is_use(name);
        if !unbound || !known.insert((function_of(name).map(Node::id), name.text())) {
            continue;
        }
        if cells::may_bring(view, name.text()) {
            continue;
        }
        let fix = builder(view, name)
            .or_else(|| import(view, name))
            .or_else(|| method(scopes, name))
            .or_else(|| misspelt(scopes, name));
        found.extend(fix);
    }
}

fn message(name: Node) -> String {
    format!("`{}` is used but never bound", name.text())
}

/// A list, set or dictionary that a loop fills and no one made.
fn builder(view: &View, name: Node) -> Option<Finding> {
    let attribute = name
        .parent()
        .filter(|up| up.is(Role::Member) && up.child(Part::Object) == Some(name))?;
    attribute
        .parent()
        .filter(|up| up.is(Role::Call) && up.child(Part::Function) == Some(attribute))?;
    if is_put_somewhere(view, name.text()) {
        return None;
    }
    let empty = match attribute.child(Part::Member)?.text() {
        "append" | "extend" | "insert" => "[]",
        "add" => "set()",
        _ => return None,
    };
    let function = function_of(name).filter(|function| function.is(Role::NamedFunction))?;
    let body = function.child(Part::Body)?;
    let statement = name
        .ancestors()
        .take_while(|up| up.id() > body.id())
        .last()?;
    if !statement.is(Role::Loop) || !view.begins_line(statement) {
        return None;
    }
    let indent = view.indent(statement.start());
    let (line_break, text) = (view.line_break(), name.text());
    let mut edits = vec![Edit::insert(
        statement.start(),
        format!("{text} = {empty}{line_break}{indent}"),
    )];
    let mut title = format!("Bind `{text}` before the loop");
    let gives = |part: Node| {
        part.is(Role::Yield) || part.is(Role::Return) && part.children().next().is_some()
    };
    if !own(function).any(gives) {
        let last = body.children().last()?;
        edits.push(Edit::insert(
            last.end(),
            format!("{line_break}{indent}return {text}"),
        ));
        title.push_str(" and return it");
    }
    Some(Finding::new(name.range(), message(name), title, edits))
}

/// Whether the file gives something of another object this name, or says it as a text: it may be
/// put where it is found.
fn is_put_somewhere(view: &View, name: &str) -> bool {
    let given = |node: Node| {
        node.part() == Some(Part::Member)
            && node
                .parent()
                .is_some_and(|up| up.part() == Some(Part::Left))
    };
    view.code
        .of([Role::Identifier, Role::StringContent])
        .any(|node| {
            let text = node.text() == name;
            text && (node.is(Role::StringContent) || given(node))
        })
}

/// A module of the standard library that was not imported.
fn import(view: &View, name: Node) -> Option<Finding> {
    let attribute = name
        .parent()
        .filter(|up| up.is(Role::Member) && up.child(Part::Object) == Some(name))?;
    if !is_module(view, name.text()) || attribute.part() == Some(Part::Left) {
        return None;
    }
    let edit = import_edit(view, name, &format!("import {}", name.text()))?;
    Some(Finding::new(
        name.range(),
        message(name),
        format!("Import `{}`", name.text()),
        vec![edit],
    ))
}

/// Whether a name is that of a module of the standard library that is often used.
pub fn is_module(view: &View, name: &str) -> bool {
    is_among(&view.library().modules, name)
}

/// Adds an import, a line without its break, after the others at the top of the file; `None` where
/// that is after its use.
pub fn import_edit(view: &View, used: Node, line: &str) -> Option<Edit> {
    let top: Vec<Node> = view.code.root().children().collect();
    let imports = |node: &Node| node.is(Role::Import);
    let is_docstring = |node: &Node| {
        node.children()
            .next()
            .is_some_and(|child| child.is(Role::String))
    };
    let after = top
        .iter()
        .rev()
        .find(|node| imports(node))
        .or_else(|| top.first().filter(|node| is_docstring(node)));
    let line = format!("{line}{}", view.line_break());
    match after {
        Some(after) if after.end() >= used.start() => None,
        Some(after) => Some(Edit::insert(view.whole_lines(after.range()).end, line)),
        None => Some(Edit::insert(view.line_start(top.first()?.start()), line)),
    }
}

/// A method of the class around, called without `self`.
fn method(scopes: &Scopes, name: Node) -> Option<Finding> {
    let call = name
        .parent()
        .filter(|up| up.is(Role::Call) && up.child(Part::Function) == Some(name))?;
    let class = call.ancestors().find(|up| up.is(Role::Class))?;
    let function = function_of(call)
        .filter(|function| first_parameter(*function).is_some_and(|first| first == "self"))?;
    let is_method = |node: &Node| {
        node.is(Role::NamedFunction)
            && node
                .child(Part::Name)
                .is_some_and(|own| own.text() == name.text())
            && super::scopes::scope_of(*node) == Some(class)
            && first_parameter(*node).is_some_and(|first| first == "self")
    };
    let method = class.inside().find(is_method)?;
    if !class.holds(function) || !scopes.binds(class, name.text()) {
        return None;
    }
    let edit = Edit::insert(name.start(), "self.");
    let message = format!("`{}` is a method: call it with `self.`", name.text());
    Some(
        Finding::new(name.range(), message, "Add `self.`", vec![edit])
            .see(method.child(Part::Name)?.range(), "defined here"),
    )
}

fn first_parameter<'a>(function: Node<'a>) -> Option<&'a str> {
    function
        .child(Part::Parameters)?
        .children()
        .next()
        .map(Node::text)
}

/// The one name in sight that differs by one letter.
fn misspelt(scopes: &Scopes, name: Node) -> Option<Finding> {
    let text = name.text();
    if text.len() < 4 {
        return None;
    }
    let statement = name
        .ancestors()
        .find(|up| up.is(Role::Statement))
        .unwrap_or(name);
    let differs = |other: &str| {
        let plain = |word: &str| {
            word.trim_end_matches('s')
                .trim_matches('_')
                .to_ascii_lowercase()
        };
        let turned = ["get", "set"].map(|word| (text.starts_with(word), other.starts_with(word)));
        let opposite =
            turned == [(true, false), (false, true)] || turned == [(false, true), (true, false)];
        other.len() >= 4 && plain(text) != plain(other) && !opposite && !mentions(statement, other)
    };
    let near: HashSet<&str> = scopes
        .visible(name)
        .filter(|other| differs(other) && is_near(text, other))
        .collect();
    let mut near = near.into_iter();
    let right = near.next().filter(|_| near.next().is_none())?;
    let edit = Edit::replace(name.range(), right);
    Some(Finding::new(
        name.range(),
        message(name),
        format!("Change it to `{right}`"),
        vec![edit],
    ))
}

/// Whether two names differ by one letter added, left out, changed or exchanged with its neighbour;
/// digits count.
pub fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > b.len() {
        return near(&b, &a);
    }
    near(&a, &b)
}

/// The same for the shorter one first.
fn near(a: &[char], b: &[char]) -> bool {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let letters = |rest: &[char]| rest.iter().take(2).all(|c| !c.is_ascii_digit());
    match (a, b) {
        ([], [extra]) => letters(&[*extra]),
        ([x, y, a @ ..], [u, v, b @ ..]) if x == v && y == u && a == b => letters(&[*x, *y]),
        ([x, rest @ ..], [y, other @ ..]) if a.len() == b.len() => {
            rest == other && letters(&[*x, *y])
        }
        (a, [extra, rest @ ..]) => a == rest && letters(&[*extra]),
        _ => false,
    }
}

/// Methods that use `self` and do not take it.
pub fn methods(view: &View, found: &mut Vec<Finding>) {
    for function in view.code.of(Role::NamedFunction) {
        let in_class = super::scopes::scope_of(function).is_some_and(|scope| scope.is(Role::Class));
        let decorated = function.parent().is_some_and(|up| up.is(Role::Decorated));
        let Some(parameters) = function
            .child(Part::Parameters)
            .filter(|_| in_class && !decorated)
        else {
            continue;
        };
        let names: Vec<&str> = parameters.children().map(Node::text).collect();
        let takes = parameters
            .inside()
            .any(|part| part.text() == "self" || part.text() == "cls");
        let splat = names.iter().any(|name| name.starts_with('*'));
        let uses = |part: Node| {
            part.is(Role::Identifier)
                && part.text() == "self"
                && part.part() == Some(Part::Object)
                && is_use(part)
        };
        let Some(body) = function.child(Part::Body) else {
            continue;
        };
        let binds =
            |part: Node| part.text() == "self" && super::scopes::binding_scope(part).is_some();
        let closed_over = view.scopes().visible(function).any(|name| name == "self");
        if takes || splat || closed_over || body.inside().any(binds) || view.scopes().is_open() {
            continue;
        }
        if let (Some(used), Some(name)) = (
            own(body).find(|part| uses(*part)),
            function.child(Part::Name),
        ) {
            let message = format!(
                "`{}` uses `self` but lacks the parameter `self`",
                name.text()
            );
            let (title, edit) = take_self(parameters, body);
            found.push(
                Finding::new(name.range(), message, title, vec![edit])
                    .see(used.range(), "used here"),
            );
        }
    }
}

/// What a method does to take `self`: one more parameter, or the first one, which is the object in
/// any case, by that name where the body never says its own.
fn take_self(parameters: Node, body: Node) -> (String, Edit) {
    let first = parameters
        .children()
        .next()
        .filter(|first| first.is(Role::Identifier));
    let is_used = |name: Node| body.inside().any(|part| part.text() == name.text());
    match first {
        Some(first) if !is_used(first) => (
            format!("Rename the parameter `{}` to `self`", first.text()),
            Edit::replace(first.range(), "self"),
        ),
        _ => {
            let text = if parameters.children().next().is_some() {
                "self, "
            } else {
                "self"
            };
            (
                "Add the parameter `self`".to_owned(),
                Edit::insert(parameters.start() + 1, text),
            )
        }
    }
}
