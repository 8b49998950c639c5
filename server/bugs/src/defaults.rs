//! Values that live longer than they look: a default that all calls share, a loop variable that a
//! function sees later.

use super::finding::Finding;
use super::view::{View, function_of, is_way_out, mentions};
use syntax::Node;
use text::Edit;

/// What puts something into an empty list, dictionary or set; what only takes out leaves it empty.
const CHANGES: &[&str] = &["append", "extend", "insert", "add", "update", "setdefault"];

/// A default `[]`, `{}` or `set()` that the function changes.
pub fn mutable(view: &View, found: &mut Vec<Finding>) {
    for parameter in view
        .code
        .of_kind(&["default_parameter", "typed_default_parameter"])
    {
        let (Some(name), Some(value)) = (parameter.child("name"), parameter.child("value")) else {
            continue;
        };
        let empty = ["[]", "{}", "set()", "list()", "dict()"].contains(&value.text());
        let function =
            function_of(parameter).filter(|function| function.kind() == "function_definition");
        let Some(body) = function
            .and_then(|function| function.child("body"))
            .filter(|_| empty)
        else {
            continue;
        };
        let text = name.text();
        let called = function
            .and_then(|function| function.child("name"))
            .map_or("", |name| name.text());
        let keeps = |name: &str| {
            ["cache", "memo", "seen", "state", "once"]
                .iter()
                .any(|word| name.contains(word))
        };
        // A function inside another one is made anew, with its defaults, whenever the other one
        // runs.
        let inner = function.is_some_and(|function| function_of(function).is_some());
        let kept = text.starts_with('_') || keeps(text) || keeps(called) || inner;
        let bound = |part: &Node| {
            part.is(&["assignment"]) && part.child("left").is_some_and(|left| left.text() == text)
        };
        if kept || parameter.kind() != "default_parameter" || body.inside().any(|part| bound(&part))
        {
            continue;
        }
        let Some(change) = body.inside().find(|part| changes(*part, text)) else {
            continue;
        };
        // What is asked before it is filled, or is never given away, remembers from call to call on
        // purpose.
        let inner = !body.inside().any(|part| gives_away(part, text));
        if body
            .inside()
            .any(|part| (inner || part.start() < change.end()) && asks(part, text))
        {
            continue;
        }
        let Some(first) = first_statement(body).filter(|first| view.begins_line(*first)) else {
            continue;
        };
        let indent = view.indent(first.start());
        let (line_break, unit) = (
            view.line_break(),
            indent
                .strip_prefix(view.indent(parameter.start()))
                .unwrap_or("    "),
        );
        let unit = if unit.is_empty() { "    " } else { unit };
        let check = format!(
            "if {text} is None:{line_break}{indent}{unit}{text} = {}{line_break}{indent}",
            value.text()
        );
        let edits = vec![
            Edit::replace(value.range(), "None"),
            Edit::insert(first.start(), check),
        ];
        let message = format!(
            "mutable default of `{text}` is shared by all calls, and the function changes it"
        );
        let finding = Finding::new(
            value.range(),
            message,
            format!("Create a new `{text}` in each call"),
            edits,
        );
        found.push(finding.see(change.range(), "changed here"));
    }
}

/// The first statement that is no docstring.
fn first_statement(body: Node<'_>) -> Option<Node<'_>> {
    let docstring = |node: &Node| {
        node.kind() == "string"
            || node.kind() == "expression_statement"
                && node.children().next().is_some_and(|c| c.kind() == "string")
    };
    body.children().find(|node| !docstring(node))
}

/// Whether what `name` holds is returned, passed on, kept elsewhere or walked over here.
fn gives_away(node: Node, name: &str) -> bool {
    let Some(up) = node
        .parent()
        .filter(|_| node.kind() == "identifier" && node.text() == name)
    else {
        return false;
    };
    let counted = up
        .parent()
        .is_some_and(|call| super::view::callee(call) == "len");
    up.is(&["return_statement", "expression_list", "tuple", "yield"])
        || up.kind() == "argument_list" && !counted
        || node.field() == Some("right")
        || up.kind() == "keyword_argument"
}

/// Whether a node asks what `name` holds.
fn asks(node: Node, name: &str) -> bool {
    let is = |part: Option<Node>| part.is_some_and(|part| part.text() == name);
    match node.kind() {
        "comparison_operator" => super::operands::parts(node).is_some_and(|(left, sign, right)| {
            is(Some(right)) && sign.ends_with("in") || left.text() == name
        }),
        "call" => {
            let takes = || {
                node.child("arguments")
                    .is_some_and(|all| all.children().any(|one| one.text() == name))
            };
            let method = node
                .child("function")
                .filter(|function| is(function.child("object")));
            let member = method
                .and_then(|method| method.child("attribute"))
                .map_or("", |member| member.text());
            ["get", "setdefault", "count", "index"].contains(&member)
                || super::view::callee(node) == "len" && takes()
        }
        "subscript" => is(node.child("value")) && node.field() != Some("left"),
        "identifier" => {
            let tested = node.field() == Some("condition")
                || node.parent().is_some_and(|up| up.kind() == "not_operator");
            tested && node.text() == name
        }
        _ => false,
    }
}

/// Whether a node changes what `name` holds.
fn changes(node: Node, name: &str) -> bool {
    let is = |part: Option<Node>| part.is_some_and(|part| part.text() == name);
    match node.kind() {
        "call" => node.child("function").is_some_and(|function| {
            is(function.child("object"))
                && function
                    .child("attribute")
                    .is_some_and(|a| CHANGES.contains(&a.text()))
        }),
        "assignment" | "augmented_assignment" => node
            .child("left")
            .is_some_and(|left| left.kind() == "subscript" && is(left.child("value"))),
        _ => false,
    }
}

/// `calls.append(lambda: i)` in a loop over `i`.
pub fn late(view: &View, found: &mut Vec<Finding>) {
    for lambda in view.code.of_kind(&["lambda"]) {
        let Some(body) = lambda.child("body") else {
            continue;
        };
        let stored = lambda.ancestors().take(2).any(|up| {
            up.kind() == "call"
                && up
                    .child("function")
                    .and_then(|f| f.child("attribute"))
                    .is_some_and(|a| a.text() == "append")
        }) || lambda.field() == Some("right")
            && lambda
                .parent()
                .and_then(|up| up.child("left"))
                .is_some_and(|l| l.kind() == "subscript");
        let function = function_of(lambda);
        let enclosing = lambda
            .ancestors()
            .find(|up| up.kind() == "for_statement")
            .filter(|l| function.is_none_or(|f| f.holds(*l)));
        let Some(target) = enclosing
            .and_then(|l| l.child("left"))
            .filter(|t| stored && t.kind() == "identifier")
        else {
            continue;
        };
        let name = target.text();
        if enclosing.is_some_and(|around| !outlives(lambda, around)) {
            continue;
        }
        let taken = lambda.child("parameters").is_some();
        if !taken && mentions(body, name) {
            let Some(colon) = lambda.tokens().find(|part| part.kind() == ":") else {
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
fn outlives(lambda: Node, around: Node) -> bool {
    let Some(body) = around.child("body") else {
        return false;
    };
    let call = lambda
        .ancestors()
        .find(|up| up.kind() == "call")
        .and_then(|call| call.child("function"));
    let item = lambda
        .parent()
        .and_then(|up| up.child("left"))
        .and_then(|left| left.child("value"));
    let Some(store) = item.or_else(|| call.and_then(|function| function.child("object"))) else {
        return false;
    };
    let stores = |part: Node| {
        part.parent().is_some_and(|up| {
            up.child("attribute")
                .is_some_and(|name| name.text() == "append")
                || item.is_some() && up.kind() == "subscript" && up.field() == Some("left")
        })
    };
    let used = body
        .inside()
        .any(|part| part.kind() == store.kind() && part.text() == store.text() && !stores(part));
    !used && !leaves_after(lambda, body)
}

/// Whether the loop of this body ends behind a node in it: a statement that leaves follows in its
/// block or in one around.
pub fn leaves_after(node: Node, body: Node) -> bool {
    let around = std::iter::once(node)
        .chain(node.ancestors())
        .take_while(|up| up.id() >= body.id());
    around.into_iter().any(|up| {
        let mut behind = std::iter::successors(up.next(), |at| at.next());
        up.parent().is_some_and(|parent| parent.kind() == "block") && behind.any(ends_the_loop)
    })
}

/// Whether a statement itself leaves the loop.
fn ends_the_loop(statement: Node) -> bool {
    let call = statement
        .children()
        .next()
        .filter(|_| statement.kind() == "expression_statement");
    is_way_out(statement) || call.is_some_and(is_way_out)
}
