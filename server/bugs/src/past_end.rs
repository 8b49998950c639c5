//! Indexes that run one past the end: `range(len(a) + 1)`, `i <= a.length`, `a[len(a)]`.
//!
//! A loop counts only if its body reads the very list at the very index, with nothing around that
//! looks at the index again: who goes one further on purpose checks it. What has a length may be a
//! mapping whose keys count from 1, or a collection of the program's own: a loop from 0 does not
//! fit such keys, all else must be known to be a list.

use super::finding::Finding;
use super::types::{Type, is_sequence, may_be, type_of};
use super::view::{LOOPS, View, bare, function_of, mentions, only, starts_at_zero};
use syntax::Node;
use text::Edit;

const MESSAGE: &str = "off-by-one: the last index of this loop is past the end";

/// Loops whose last index is the length.
pub fn loops(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of_kind(LOOPS) {
        let finding = match view.code.language() {
            "python" => python(view, node),
            "rust" => rust(view, node),
            _ => counting(view, node),
        };
        found.extend(finding);
    }
}

/// `for i in range(len(a) + 1)`.
fn python(view: &View, node: Node) -> Option<Finding> {
    let (index, range) = (node.child("left")?, node.child("right")?);
    let called = range.kind() == "call" && range.child("function")?.text() == "range";
    let arguments: Vec<Node> = range.child("arguments")?.children().collect();
    let (from_zero, stop) = match arguments.as_slice() {
        _ if !called => return None,
        [stop] => (true, *stop),
        [start, stop] if start.text().parse::<u32>().is_ok() => (start.text() == "0", *stop),
        _ => return None,
    };
    let (length, one) = (stop.child("left")?, stop.child("right")?);
    if stop.kind() != "binary_operator"
        || one.text() != "1"
        || stop.child("operator")?.text() != "+"
    {
        return None;
    }
    let list = view
        .length_of(length)
        .or_else(|| length_named(view, node, length))?;
    let read = unguarded_read(view, node.child("body")?, list, index)?;
    if !is_counted(view, read, list, from_zero) {
        return None;
    }
    let edit = Edit::delete(length.end()..stop.end());
    Some(
        Finding::new(stop.range(), MESSAGE, "Fix off-by-one in range", vec![edit])
            .see(read.range(), "indexed here"),
    )
}

/// What `n` is the length of, where `n = len(a)` is all that the function says of it.
fn length_named<'a>(view: &View<'a>, node: Node<'a>, name: Node<'a>) -> Option<Node<'a>> {
    let function = function_of(node)?;
    let written = |part: &Node| {
        part.is(&["assignment", "augmented_assignment", "for_statement"])
            && part
                .child("left")
                .is_some_and(|left| mentions(left, name.text()))
    };
    let assignment =
        only(function.inside().filter(written)).filter(|part| part.kind() == "assignment")?;
    let list = view.length_of(assignment.child("right")?)?;
    (name.kind() == "identifier" && assignment.child("left")?.text() == name.text()).then_some(list)
}

/// `for i in 0..=a.len()`.
fn rust(view: &View, node: Node) -> Option<Finding> {
    let (index, range) = (node.child("pattern")?, bare(node.child("value")?));
    let dots = range
        .tokens()
        .find(|part| part.kind() == "..=")
        .filter(|_| range.kind() == "range_expression")?;
    let list = view.length_of(range.children().last()?)?;
    let read = unguarded_read(view, node.child("body")?, list, index)?;
    if !is_counted(view, read, list, true) {
        return None;
    }
    let edit = Edit::replace(dots.range(), "..");
    Some(
        Finding::new(
            range.range(),
            MESSAGE,
            "Fix off-by-one in range",
            vec![edit],
        )
        .see(read.range(), "indexed here"),
    )
}

/// `for (i = 0; i <= a.length; i++)`.
fn counting(view: &View, node: Node) -> Option<Finding> {
    let head = node
        .children()
        .find(|child| child.kind() == "for_clause")
        .unwrap_or(node);
    let condition = bare(head.child("condition")?);
    let (index, operator, length) = (
        condition.child("left")?,
        condition.child("operator")?,
        condition.child("right")?,
    );
    if operator.text() != "<=" || index.kind() != "identifier" {
        return None;
    }
    let list = view.length_of(length)?;
    let read = unguarded_read(view, node.child("body")?, list, index)?;
    if !is_counted(view, read, list, starts_at_zero(node)) {
        return None;
    }
    let edit = Edit::delete(operator.end() - 1..operator.end());
    let finding = Finding::new(
        condition.range(),
        MESSAGE,
        "Fix off-by-one in loop",
        vec![edit],
    );
    Some(finding.see(read.range(), "indexed here"))
}

/// Whether the indexes of `list`, which is read at `read`, begin at 0 and end before its length, as
/// far as this file says. The text of C++ has a zero behind its end, which may be read.
fn is_counted(view: &View, read: Node, list: Node, from_zero: bool) -> bool {
    const KEYED: &[Type] = &[Type::Map, Type::Set, Type::Other];
    match view.code.language() {
        "java" if read.kind() == "array_access" => true,
        "cpp" => type_of(view, list) == Some(Type::List),
        "java" | "go" | "rust" => is_sequence(view, list),
        _ if ["self", "this"].contains(&list.text()) || may_be(view, list, KEYED) => false,
        _ => {
            from_zero && !is_keyed(view, read, list)
                || is_sequence(view, list)
                || is_handled_as_list(read, list)
        }
    }
}

/// Whether the function around asks `list` for what only mappings have.
fn is_keyed(view: &View, node: Node, list: Node) -> bool {
    const OF_MAPPINGS: &[&str] = &["items", "keys", "values", "get", "setdefault", "has", "set"];
    let around = function_of(node).unwrap_or(view.code.root());
    around
        .inside()
        .any(|part| is_member_of(part, list, OF_MAPPINGS))
}

/// Whether the function around does with `list` what only lists can: it grows, is sorted, is cut,
/// is read from its end.
fn is_handled_as_list(node: Node, list: Node) -> bool {
    const OF_LISTS: &[&str] = &[
        "append",
        "extend",
        "insert",
        "sort",
        "reverse",
        "push",
        "unshift",
        "splice",
        "slice",
        "startswith",
    ];
    let cut = |part: Node| {
        let of = part
            .child("value")
            .is_some_and(|of| part.kind() == "subscript" && of.same(list));
        let index = part.child("subscript");
        of && index.is_some_and(|at| {
            at.kind() == "slice" || at.kind() == "unary_operator" && at.text().starts_with('-')
        })
    };
    let handled = |part: Node| is_member_of(part, list, OF_LISTS) || cut(part);
    function_of(node).is_some_and(|function| function.inside().any(handled))
}

/// Whether a node is one of these members of an object.
fn is_member_of(node: Node, object: Node, members: &[&str]) -> bool {
    let name = node.child("attribute").or_else(|| node.child("property"));
    name.is_some_and(|name| members.contains(&name.text()))
        && node.child("object").is_some_and(|own| own.same(object))
}

/// Where the body reads `list[index]` with nothing that looks at the index before.
fn unguarded_read<'a>(
    view: &View<'a>,
    body: Node<'a>,
    list: Node<'a>,
    index: Node<'a>,
) -> Option<Node<'a>> {
    let name = index.text();
    let guards = |part: Node| {
        let asks = part.is(&[
            "if_statement",
            "if_expression",
            "while_statement",
            "while_expression",
        ]) && part
            .child("condition")
            .is_some_and(|condition| mentions_bare(view, condition, name));
        let joins = part.is(&[
            "boolean_operator",
            "conditional_expression",
            "ternary_expression",
            "match_expression",
        ]) || part
            .child("operator")
            .is_some_and(|operator| ["&&", "||"].contains(&operator.text()));
        let object = part.parent().and_then(|up| up.children().next());
        let grows = ["append", "push", "push_back", "add", "insert"].contains(&part.text())
            && object.is_some_and(|object| object.same(list));
        asks || joins && mentions_bare(view, part, name)
            || grows
            || part.is(&["try_statement", "switch_statement"])
    };
    if body.inside().any(guards) {
        return None;
    }
    let reads = |part: &Node<'a>| {
        let hit = view
            .indexed(*part)
            .filter(|(of, at)| of.same(list) && at.text() == name);
        let kept = part
            .parent()
            .filter(|up| up.kind() == "variable_declarator" && part.field() == Some("value"));
        let asked = kept.and_then(|up| up.child("name")).is_some_and(|kept| {
            body.inside().any(|part| {
                part.child("condition")
                    .is_some_and(|asked| mentions(asked, kept.text()))
            })
        });
        hit.is_some()
            && part.field() != Some("left")
            && !(asked && view.is(super::languages::JAVASCRIPT))
    };
    // A second list may be one longer, and JavaScript reads nothing behind the end of the first.
    let second = |part: Node| {
        view.indexed(part)
            .is_some_and(|(of, at)| at.text() == name && !of.same(list))
    };
    if view.is(super::languages::JAVASCRIPT) && body.inside().any(second) {
        return None;
    }
    body.inside().find(reads)
}

/// Whether the index stands in a node other than inside of brackets.
fn mentions_bare(view: &View, node: Node, name: &str) -> bool {
    let all = std::iter::once(node)
        .chain(node.inside())
        .filter(|part| part.text() == name && part.is_named());
    all.into_iter().any(|part| {
        !part
            .ancestors()
            .take_while(|up| up.id() > node.id())
            .any(|up| view.indexed(up).is_some())
    })
}

/// `a[len(a)]`, read.
pub fn lengths(view: &View, found: &mut Vec<Finding>) {
    if view.code.language() == "cpp" {
        return;
    }
    for node in view.code.nodes() {
        let Some((list, index)) = view.indexed(node) else {
            continue;
        };
        let written =
            node.field() == Some("left") || node.parent().is_some_and(|up| up.is(&WRITERS));
        let deep = node
            .ancestors()
            .any(|up| up.is(&["delete_statement", "try_statement", "with_statement"]));
        if !view.length_of(index).is_some_and(|of| of.same(list))
            || written
            || deep
            || !is_list(view, node, list)
        {
            continue;
        }
        let edit = Edit::insert(index.end(), " - 1");
        let message = "off-by-one: this index is the length, one past the last element";
        found.push(Finding::new(
            index.range(),
            message,
            "Read the last element",
            vec![edit],
        ));
    }
}

/// Whether the last index of a list is meant: a mapping may have its length as a key.
fn is_list(view: &View, node: Node, list: Node) -> bool {
    let parameters = function_of(node).and_then(|function| function.child("parameters"));
    let said = says_list(list.text()) && parameters.is_some_and(|all| mentions(all, list.text()));
    is_counted(view, node, list, view.code.language() != "python" || said)
}

/// Whether a name says that it is a list or a text.
pub fn says_list(name: &str) -> bool {
    const SAYING: &[&str] = &[
        "items", "elements", "array", "arr", "lst", "seq", "sequence", "nums", "numbers", "text",
        "string", "line", "lines", "chars", "letters", "xs",
    ];
    SAYING.contains(&name) || name.ends_with("list")
}

const WRITERS: [&str; 6] = [
    "expression_list",
    "pattern_list",
    "update_expression",
    "unary_expression",
    "reference_expression",
    "member_expression",
];
