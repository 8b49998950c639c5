//! Indexes that run one past the end: `range(len(a) + 1)`, `i <= a.length`, `a[len(a)]`.
//!
//! A loop counts only if its body reads the very list at the very index, with nothing around that
//! looks at the index again: who goes one further on purpose checks it. What has a length may be a
//! mapping whose keys count from 1, or a collection of the program's own: a loop from 0 does not
//! fit such keys, all else must be known to be a list.

use super::finding::Finding;
use super::operands::parts;
use super::types::{Type, is_sequence, may_be, type_of};
use super::view::{
    View, bare, callee, function_of, is_among, mentions, only, plain_name, starts_at_zero,
};
use super::walks::{Walk, statement, walks};
use syntax::{Node, Part, Role, Roles};
use text::Edit;

const MESSAGE: &str = "off-by-one: the last index of this loop is past the end";

/// Loops whose last index is the length.
pub fn loops(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Loop) {
        let range = || range_operator(view, statement(node).as_ref());
        let finding = range_function(view, node)
            .or_else(range)
            .or_else(|| value_range(view, node))
            .or_else(|| counting(view, node));
        found.extend(finding);
    }
    let blocks = walks(view)
        .into_iter()
        .filter(|walk| !walk.whole.is(Role::Loop));
    found.extend(blocks.filter_map(|walk| range_operator(view, Some(&walk))));
}

/// `for i in range(len(a) + 1)`.
fn range_function(view: &View, node: Node) -> Option<Finding> {
    let (index, range) = (node.child(Part::Left)?, node.child(Part::Right)?);
    let counts = view.semantics().range_function.as_deref();
    let called = range.is(Role::Call) && Some(range.child(Part::Function)?.text()) == counts;
    let arguments: Vec<Node> = range.child(Part::Arguments)?.children().collect();
    let (from_zero, stop) = match arguments.as_slice() {
        _ if !called => return None,
        [stop] => (true, *stop),
        [start, stop] if start.text().parse::<u32>().is_ok() => (start.text() == "0", *stop),
        _ => return None,
    };
    let (length, one) = (stop.child(Part::Left)?, stop.child(Part::Right)?);
    if !stop.is(Role::Binary) || one.text() != "1" || stop.child(Part::Operator)?.text() != "+" {
        return None;
    }
    let list = view
        .length_of(length)
        .or_else(|| length_named(view, node, length))?;
    let read = unguarded_read(view, node.child(Part::Body)?, list, index.text())?;
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
        part.is([Role::Assignment, Role::CompoundAssignment, Role::ForEach])
            && part
                .child(Part::Left)
                .is_some_and(|left| mentions(left, name.text()))
    };
    let assignment =
        only(function.inside().filter(written)).filter(|part| part.is(Role::Assignment))?;
    let list = view.length_of(assignment.child(Part::Right)?)?;
    (name.is(Role::Identifier) && assignment.child(Part::Left)?.text() == name.text())
        .then_some(list)
}

/// A loop whose range is a part of its own: `for i in 0..=a.len()` of Rust.
fn value_range(view: &View, node: Node) -> Option<Finding> {
    let walk = Walk {
        whole: node,
        item: node.child(Part::Pattern),
        list: bare(node.child(Part::Value)?),
        body: node.child(Part::Body)?,
    };
    range_operator(view, Some(&walk))
}

/// `for (i in 0..a.size)`, `(0..a.length).each`.
fn range_operator<'a>(view: &View<'a>, walk: Option<&Walk<'a>>) -> Option<Finding> {
    let walk = walk?;
    let (index, range) = (walk.item?, walk.list);
    let [with_end, without_end] = view.semantics().range_operators.as_ref()?;
    let dots = range
        .tokens()
        .find(|part| part.text() == with_end)
        .filter(|_| range.is(Role::Range))?;
    let list = view.length_of(range.children().last()?)?;
    let from_zero = range
        .children()
        .next()
        .is_some_and(|start| start.text() == "0");
    let read = unguarded_read(view, walk.body, list, index.text())?;
    if !is_counted(view, read, list, from_zero || view.semantics().static_types) {
        return None;
    }
    let edit = Edit::replace(dots.range(), without_end.as_str());
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
    if view.semantics().range_operators.is_some() {
        return None;
    }
    let head = node
        .children()
        .find(|child| child.is(Role::LoopHead))
        .unwrap_or(node);
    let condition = bare(head.child(Part::Condition)?);
    let (index, operator, length) = (
        condition.child(Part::Left)?,
        condition.child(Part::Operator)?,
        condition.child(Part::Right)?,
    );
    if operator.text() != "<=" || !index.is(Role::Identifier) {
        return None;
    }
    let list = view.length_of(length)?;
    let read = unguarded_read(view, node.child(Part::Body)?, list, index.text())?;
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
/// far as this file says. The text of C++ has a zero after its end, which may be read.
fn is_counted(view: &View, read: Node, list: Node, from_zero: bool) -> bool {
    const KEYED: &[Type] = &[Type::Map, Type::Set, Type::Other];
    let semantics = view.semantics();
    if semantics.brackets_index_arrays && read.is(Role::Index) {
        return true;
    }
    if semantics.zero_after_text {
        return type_of(view, list) == Some(Type::List);
    }
    if semantics.static_types {
        return is_sequence(view, list);
    }
    if is_among(&semantics.receivers, list.text()) || may_be(view, list, KEYED) {
        return false;
    }
    if semantics.lists_have_keys {
        return from_zero;
    }
    from_zero && !is_keyed(view, read, list)
        || is_sequence(view, list)
        || is_handled_as_list(read, list)
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
            .child(Part::Object)
            .is_some_and(|of| part.is(Role::Index) && of.same(list));
        let index = part.child(Part::Index);
        of && index.is_some_and(|at| {
            at.is(Role::Slice) || at.is(Role::Unary) && at.text().starts_with('-')
        })
    };
    let handled = |part: Node| is_member_of(part, list, OF_LISTS) || cut(part);
    function_of(node).is_some_and(|function| function.inside().any(handled))
}

/// Whether a node is one of these members of an object.
fn is_member_of(node: Node, object: Node, members: &[&str]) -> bool {
    let name = node.child(Part::Member);
    name.is_some_and(|name| members.contains(&name.text()))
        && node.child(Part::Object).is_some_and(|own| own.same(object))
}

/// Where the body reads `list[index]` with nothing that looks at the index before.
fn unguarded_read<'a>(
    view: &View<'a>,
    body: Node<'a>,
    list: Node<'a>,
    name: &str,
) -> Option<Node<'a>> {
    let guards = |part: Node| {
        let asks = part.is([Role::If, Role::While])
            && part
                .child(Part::Condition)
                .is_some_and(|condition| mentions_bare(view, condition, name));
        let joins = part.is([Role::Logical, Role::Ternary, Role::Match])
            || part
                .child(Part::Operator)
                .is_some_and(|operator| ["&&", "||"].contains(&operator.text()));
        let object = part.parent().and_then(|up| up.children().next());
        let grows = ["append", "push", "push_back", "add", "insert"]
            .iter()
            .any(|name| part.text().eq_ignore_ascii_case(name))
            && object.is_some_and(|object| object.same(list));
        let tolerated = tolerates(view, part) && mentions(part, name);
        asks || tolerated
            || joins && mentions_bare(view, part, name)
            || is_kept_guard(view, body, part, name)
            || grows
            || part.is([Role::Try, Role::Switch])
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
            .filter(|up| up.is(Role::VariableDefinition) && part.part() == Some(Part::Value));
        let asked = kept
            .and_then(|up| up.child(Part::Name))
            .is_some_and(|kept| {
                body.inside().any(|part| {
                    part.child(Part::Condition)
                        .is_some_and(|asked| mentions(asked, kept.text()))
                })
            });
        hit.is_some()
            && part.part() != Some(Part::Left)
            && !(asked && view.semantics().reads_past_end)
    };
    // A second list may be one longer where the end of the first one may be passed.
    let second = |part: Node| {
        view.indexed(part)
            .is_some_and(|(of, at)| at.text() == name && !of.same(list))
    };
    if view.semantics().reads_past_end && body.inside().any(second) {
        return None;
    }
    body.inside().find(reads)
}

/// Whether something missing is expected in a node: `isset(..)`, `.. ?? 0`.
fn tolerates(view: &View, node: Node) -> bool {
    let asking = &view.library().missing_functions;
    node.is(Role::Call) && is_among(asking, callee(node))
        || parts(node).is_some_and(|(_, sign, _)| sign == "??" && !asking.is_empty())
}

/// Whether a node keeps what it asks of the index in a name that a condition asks for.
fn is_kept_guard<'a>(view: &View<'a>, body: Node<'a>, node: Node<'a>, index: &str) -> bool {
    if !node.is([Role::Declaration, Role::Assignment]) {
        return false;
    }
    let value = node.child(Part::Value).or_else(|| node.child(Part::Right));
    let kept = node.child(Part::Name).or_else(|| node.child(Part::Left));
    let (Some(value), Some(kept)) = (value, kept) else {
        return false;
    };
    let asks =
        value.is(Role::Comparison) || parts(value).is_some_and(|(_, sign, _)| is_question(sign));
    let condition = |part: Node| {
        let asked = part.child(Part::Condition);
        asked.is_some_and(|asked| mentions(asked, kept.text()))
    };
    asks && mentions_bare(view, value, index) && body.inside().any(condition)
}

/// Whether an operator compares.
fn is_question(sign: &str) -> bool {
    sign.starts_with(['<', '>']) || sign.contains("==") || sign.starts_with("!=")
}

/// Whether the index is in a node other than inside of brackets.
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
    if view.semantics().zero_after_text {
        return;
    }
    for node in view.code.nodes() {
        let Some((list, index)) = view.indexed(node) else {
            continue;
        };
        let written =
            node.part() == Some(Part::Left) || node.parent().is_some_and(|up| writes(view, up));
        let deep = node
            .ancestors()
            .any(|up| up.is([Role::Delete, Role::Try, Role::With]));
        let tolerated = node.ancestors().take(4).any(|up| tolerates(view, up));
        if !view.length_of(index).is_some_and(|of| of.same(list))
            || tolerated
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
    let parameters = function_of(node).and_then(|function| function.child(Part::Parameters));
    let is_named_list = says_list(plain_name(list.text()))
        && parameters.is_some_and(|all| mentions(all, list.text()));
    // A function that gives lengths may give that of a mapping.
    let only_lists = view.library().length_functions.is_empty();
    is_counted(view, node, list, only_lists || is_named_list)
}

/// Whether a name says that it is a list or a text.
pub fn says_list(name: &str) -> bool {
    const SAYING: &[&str] = &[
        "items", "elements", "array", "arr", "lst", "seq", "sequence", "nums", "numbers", "text",
        "string", "line", "lines", "chars", "letters", "xs",
    ];
    SAYING.contains(&name) || name.ends_with("list")
}

/// Whether a node may write what is right in it, or ask for more than its value.
fn writes(view: &View, node: Node) -> bool {
    node.is(WRITERS) || view.semantics().reads_past_end && node.is(Role::Member)
}

const WRITERS: Roles = Roles::of(&[
    Role::ExpressionList,
    Role::Targets,
    Role::Update,
    Role::Unary,
    Role::Reference,
]);
