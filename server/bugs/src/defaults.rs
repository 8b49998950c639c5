//! Values that live longer than they look: a default that all calls share, a loop variable that a
//! function sees later.

use super::finding::Finding;
use super::view::{View, function_of, mentions};
use syntax::{Node, Part, Role};
use text::Edit;

/// Defaults that hold nothing.
const EMPTY: &[&str] = &["[]", "{}", "set()", "list()", "dict()"];
/// What puts something into an empty list, dictionary or set; what only takes out leaves it empty.
const CHANGES: &[&str] = &["append", "extend", "insert", "add", "update", "setdefault"];

/// A default `[]`, `{}` or `set()` that the function changes.
pub fn mutable(view: &View, found: &mut Vec<Finding>) {
    for parameter in view.code.of([Role::DefaultParameter, Role::TypedDefault]) {
        let (Some(name), Some(value)) = (parameter.child(Part::Name), parameter.child(Part::Value))
        else {
            continue;
        };
        let (name, empty) = (name.text(), EMPTY.contains(&value.text()));
        let Some(function) =
            function_of(parameter).filter(|function| function.is(Role::NamedFunction))
        else {
            continue;
        };
        let Some(body) = function.child(Part::Body).filter(|_| empty) else {
            continue;
        };
        let Some(change) = accidental_change(function, body, parameter, name) else {
            continue;
        };
        let Some(first) = first_statement(body).filter(|first| view.begins_line(*first)) else {
            continue;
        };
        let check = none_check(view, parameter, first, name, value);
        let edits = vec![
            Edit::replace(value.range(), "None"),
            Edit::insert(first.start(), check),
        ];
        let message = format!(
            "mutable default of `{name}` is shared by all calls, and the function changes it"
        );
        let title = format!("Create a new `{name}` in each call");
        let finding = Finding::new(value.range(), message, title, edits);
        found.push(finding.see(change.range(), "changed here"));
    }
}

/// Where a function changes what its parameter holds, unless it does so on purpose.
fn accidental_change<'a>(
    function: Node<'a>,
    body: Node<'a>,
    parameter: Node,
    name: &str,
) -> Option<Node<'a>> {
    if is_kept(function, name)
        || !parameter.is(Role::DefaultParameter)
        || body.inside().any(|part| assigns(part, name))
    {
        return None;
    }
    body.inside()
        .find(|part| changes(*part, name))
        .filter(|change| !memoizes(body, *change, name))
}

/// Whether names say that a default is kept from call to call, or each call of the function around
/// makes a new one.
fn is_kept(function: Node, parameter: &str) -> bool {
    let called = function.child(Part::Name).map_or("", |name| name.text());
    let keeps = |name: &str| {
        ["cache", "memo", "seen", "state", "once"]
            .iter()
            .any(|word| name.contains(word))
    };
    // A function inside another one is made again, with its defaults, whenever the other one runs.
    let inner = function_of(function).is_some();
    parameter.starts_with('_') || keeps(parameter) || keeps(called) || inner
}

/// Whether a node gives `name` another value.
fn assigns(node: Node, name: &str) -> bool {
    node.is(Role::Assignment)
        && node
            .child(Part::Left)
            .is_some_and(|left| left.text() == name)
}

/// Whether what `name` holds is asked before `change` fills it, or is never given away: it
/// remembers from call to call on purpose.
fn memoizes(body: Node, change: Node, name: &str) -> bool {
    let inner = !body.inside().any(|part| gives_away(part, name));
    body.inside()
        .any(|part| (inner || part.start() < change.end()) && asks(part, name))
}

/// The text before the `first` statement that creates the `value` in each call.
fn none_check(view: &View, parameter: Node, first: Node, name: &str, value: Node) -> String {
    let (indent, line_break) = (view.indent(first.start()), view.line_break());
    let unit = indent
        .strip_prefix(view.indent(parameter.start()))
        .filter(|unit| !unit.is_empty())
        .unwrap_or("    ");
    format!(
        "if {name} is None:{line_break}{indent}{unit}{name} = {}{line_break}{indent}",
        value.text()
    )
}

/// The first statement that is no docstring.
fn first_statement(body: Node<'_>) -> Option<Node<'_>> {
    let docstring = |node: &Node| {
        node.is(Role::String)
            || node.is(Role::ExpressionStatement)
                && node.children().next().is_some_and(|c| c.is(Role::String))
    };
    body.children().find(|node| !docstring(node))
}

/// Whether what `name` holds is returned, passed on, kept elsewhere or walked over here.
fn gives_away(node: Node, name: &str) -> bool {
    let Some(up) = node
        .parent()
        .filter(|_| node.is(Role::Identifier) && node.text() == name)
    else {
        return false;
    };
    let counted = up
        .parent()
        .is_some_and(|call| super::view::callee(call) == "len");
    up.is([Role::Return, Role::ExpressionList, Role::Tuple, Role::Yield])
        || up.is(Role::Arguments) && !counted
        || node.part() == Some(Part::Right)
        || up.is(Role::KeywordArgument)
}

/// Whether a node asks what `name` holds.
fn asks(node: Node, name: &str) -> bool {
    let is = |part: Option<Node>| part.is_some_and(|part| part.text() == name);
    if node.is(Role::Comparison) {
        return super::operands::parts(node).is_some_and(|(left, sign, right)| {
            is(Some(right)) && sign.ends_with("in") || left.text() == name
        });
    }
    if node.is(Role::Index) {
        return is(node.child(Part::Object)) && node.part() != Some(Part::Left);
    }
    if node.is(Role::Identifier) {
        let tested = node.part() == Some(Part::Condition)
            || node.parent().is_some_and(|up| up.is(Role::Not));
        return tested && node.text() == name;
    }
    if !node.is(Role::Call) {
        return false;
    }
    let takes = || {
        node.child(Part::Arguments)
            .is_some_and(|all| all.children().any(|one| one.text() == name))
    };
    let method = node
        .child(Part::Function)
        .filter(|function| is(function.child(Part::Object)));
    let member = method
        .and_then(|method| method.child(Part::Member))
        .map_or("", |member| member.text());
    ["get", "setdefault", "count", "index"].contains(&member)
        || super::view::callee(node) == "len" && takes()
}

/// Whether a node changes what `name` holds.
fn changes(node: Node, name: &str) -> bool {
    let is = |part: Option<Node>| part.is_some_and(|part| part.text() == name);
    if node.is(Role::Call) {
        return node.child(Part::Function).is_some_and(|function| {
            is(function.child(Part::Object))
                && function
                    .child(Part::Member)
                    .is_some_and(|member| CHANGES.contains(&member.text()))
        });
    }
    let left = node
        .child(Part::Left)
        .filter(|_| node.is([Role::Assignment, Role::CompoundAssignment]));
    left.is_some_and(|left| left.is(Role::Index) && is(left.child(Part::Object)))
}

/// `calls.append(lambda: i)` in a loop over `i`.
pub fn late(view: &View, found: &mut Vec<Finding>) {
    for lambda in view.code.of(Role::Lambda) {
        let Some(body) = lambda.child(Part::Body) else {
            continue;
        };
        let stored = lambda.ancestors().take(2).any(|up| {
            up.is(Role::Call)
                && up
                    .child(Part::Function)
                    .and_then(|f| f.child(Part::Member))
                    .is_some_and(|a| a.text() == "append")
        }) || lambda.part() == Some(Part::Right)
            && lambda
                .parent()
                .and_then(|up| up.child(Part::Left))
                .is_some_and(|l| l.is(Role::Index));
        let function = function_of(lambda);
        let enclosing = lambda
            .ancestors()
            .find(|up| up.is(Role::ForEach))
            .filter(|l| function.is_none_or(|f| f.holds(*l)));
        let Some(target) = enclosing
            .and_then(|l| l.child(Part::Left))
            .filter(|t| stored && t.is(Role::Identifier))
        else {
            continue;
        };
        let name = target.text();
        if enclosing.is_some_and(|around| !outlives(view, lambda, around)) {
            continue;
        }
        let taken = lambda.child(Part::Parameters).is_some();
        if !taken && mentions(body, name) {
            let Some(colon) = lambda.tokens().find(|part| part.text() == ":") else {
                continue;
            };
            let edit = Edit::insert(colon.start(), format!(" {name}={name}"));
            let message =
                format!("this function uses the last value of the loop variable `{name}`");
            let finding = Finding::new(
                lambda.range(),
                message,
                format!("Bind the current value of `{name}`"),
                vec![edit],
            );
            found.push(finding.see(target.range(), "loop variable defined here"));
        }
    }
}

/// Whether a function that a loop stores may be called after its round: what it is stored in was
/// made before the loop, is not used in it, and the round goes on to the next.
fn outlives(view: &View, lambda: Node, around: Node) -> bool {
    let Some(body) = around.child(Part::Body) else {
        return false;
    };
    let call = lambda
        .ancestors()
        .find(|up| up.is(Role::Call))
        .and_then(|call| call.child(Part::Function));
    let item = lambda
        .parent()
        .and_then(|up| up.child(Part::Left))
        .and_then(|left| left.child(Part::Object));
    let Some(store) = item.or_else(|| call.and_then(|function| function.child(Part::Object)))
    else {
        return false;
    };
    let stores = |part: Node| {
        part.parent().is_some_and(|up| {
            up.child(Part::Member)
                .is_some_and(|name| name.text() == "append")
                || item.is_some() && up.is(Role::Index) && up.part() == Some(Part::Left)
        })
    };
    let used = body
        .inside()
        .any(|part| part.is_like(store) && part.text() == store.text() && !stores(part));
    !used && !leaves_after(view, lambda, body)
}

/// Whether the loop of this body ends after a node in it: a statement that leaves follows in its
/// block or in one around.
pub fn leaves_after(view: &View, node: Node, body: Node) -> bool {
    let around = std::iter::once(node)
        .chain(node.ancestors())
        .take_while(|up| up.id() >= body.id());
    around.into_iter().any(|up| {
        let mut following = std::iter::successors(up.next(), |at| at.next());
        up.parent().is_some_and(|parent| parent.is(Role::Block))
            && following.any(|node| ends_the_loop(view, node))
    })
}

/// Whether a statement itself leaves the loop.
fn ends_the_loop(view: &View, statement: Node) -> bool {
    let call = statement
        .children()
        .next()
        .filter(|_| statement.is(Role::ExpressionStatement));
    view.is_way_out(statement) || call.is_some_and(|call| view.is_way_out(call))
}
