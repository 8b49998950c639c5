//! A quotient used as an index or a count: in Python and JavaScript `/` gives fractions.
//!
//! Who asks whether the quotient is whole knows that, and the keys of a mapping may be fractions:
//! what is indexed must be known to be a list, or the quotient is the middle between two ends.

use super::finding::Finding;
use super::operands::{are_twins, parts};
use super::past_end::says_list;
use super::types::{Type, is_sequence, may_be};
use super::view::{View, callee, function_of, mentions, only};
use grammars::WholeDivision;
use syntax::{Node, Part, Role};
use text::Edit;

/// `a[n / 2]`, `range(n / 2)`, and `middle = (low + high) / 2` where `a[middle]` is read.
pub fn float_index(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::Binary) {
        let Some((_, operator, right)) = parts(node).filter(|(_, operator, _)| *operator == "/")
        else {
            continue;
        };
        let whole = right.text().parse::<u32>().is_ok_and(|number| number > 1);
        let Some(sign) = node
            .tokens()
            .find(|part| part.text() == operator)
            .filter(|_| whole && !is_rounded(node))
        else {
            continue;
        };
        if (in_place(view, node) || assigned(view, node))
            && !is_asked_before(node)
            && !is_python_2(view)
        {
            let (edits, title) = match &view.semantics().whole_division {
                Some(WholeDivision::Operator(whole)) => {
                    let edit = Edit::replace(sign.range(), whole.as_str());
                    (vec![edit], format!("Use integer division `{whole}`"))
                }
                Some(WholeDivision::Function(floor)) => (
                    vec![
                        Edit::insert(node.start(), format!("{floor}(")),
                        Edit::insert(node.end(), ")"),
                    ],
                    format!("Round down with `{floor}`"),
                ),
                None => continue,
            };
            let message = "`/` can return a fraction, but the result is used as an index";
            found.push(Finding::new(node.range(), message, title, edits));
        }
    }
}

/// Whether a condition of the function around asks what is left over, as for an even number.
fn is_asked_before(node: Node) -> bool {
    const ASKING: &[&str] = &["%", "odd", "even", "Odd", "Even"];
    let says = |asked: Node| ASKING.iter().any(|word| asked.text().contains(word));
    let asks = |part: Node| part.child(Part::Condition).is_some_and(says);
    let function = function_of(node);
    function.into_iter().flat_map(Node::inside).any(asks) || node.ancestors().any(asks)
}

fn is_rounded(node: Node) -> bool {
    node.ancestors()
        .take(4)
        .any(|up| up.is(Role::Call) && !up.text().starts_with("range"))
}

/// Whether a quotient is itself an index, an end of a slice, or what `range` counts.
fn in_place(view: &View, node: Node) -> bool {
    let indexed = node
        .parent()
        .and_then(|up| view.indexed(up))
        .is_some_and(|(_, index)| index == node);
    let list = indexed_list_is_plain(view, node);
    let own_range = || view.scopes().binds(view.code.root(), "range");
    let counted = node
        .parent()
        .filter(|up| up.is(Role::Arguments))
        .and_then(Node::parent)
        .is_some_and(|call| {
            call.child(Part::Function).is_some_and(|f| {
                f.is(Role::Identifier)
                    && Some(f.text()) == view.semantics().range_function.as_deref()
                    && !own_range()
            })
        });
    let sliced = node.parent().is_some_and(|up| up.is(Role::Slice)) && node.text().contains("len(");
    let has_length = node.inside().any(|part| view.length_of(part).is_some());
    counted || sliced || indexed && list && has_length
}

fn indexed_list_is_plain(view: &View, node: Node) -> bool {
    node.parent()
        .and_then(|up| view.indexed(up))
        .is_some_and(|(of, _)| of.is([Role::Identifier, Role::Member]) && !may_be(view, of, KEYED))
}

/// Whether a quotient is given to a name that is then an index and nothing else changes.
fn assigned<'a>(view: &View<'a>, node: Node<'a>) -> bool {
    let Some(up) = node
        .parent()
        .filter(|up| up.is([Role::Assignment, Role::VariableDefinition]))
    else {
        return false;
    };
    let sum = node
        .child(Part::Left)
        .is_some_and(|left| left.is(Role::Parenthesized))
        || node.inside().any(|part| view.length_of(part).is_some());
    let Some(name) = up
        .child(Part::Left)
        .or_else(|| up.child(Part::Name))
        .filter(|name| sum && name.is(Role::Identifier))
    else {
        return false;
    };
    let Some(function) = function_of(node) else {
        return false;
    };
    let writes = |part: &Node| {
        part.is([
            Role::Assignment,
            Role::CompoundAssignment,
            Role::VariableDefinition,
        ]) && part
            .child(Part::Left)
            .or_else(|| part.child(Part::Name))
            .is_some_and(|left| left.text() == name.text())
    };
    let once = only(function.inside().filter(writes)).is_some();
    let middle = is_between(node) || node.inside().any(|part| view.length_of(part).is_some());
    let counted = |list: Node| {
        let has_length = |part: Node<'a>| {
            view.length_of(part)
                .is_some_and(|of| of.text() == list.text())
        };
        says_list(list.text()) || function.inside().any(has_length)
    };
    let reads = |part: Node<'a>| {
        let (of, index) = view
            .indexed(part)
            .filter(|(of, _)| of.is(Role::Identifier))?;
        let fits =
            middle && is_named_middle(name.text()) && !may_be(view, of, KEYED) && counted(of);
        (index.text() == name.text() && (fits || is_sequence(view, of))).then_some(())
    };
    once && !function.inside().any(|part| is_examined(part, name))
        && function.inside().find_map(reads).is_some()
}

/// What may have fractions as keys.
const KEYED: &[Type] = &[Type::Map, Type::Set, Type::Other];

/// Whether a quotient is that of the sum of two ends: `(low + high) / 2`.
fn is_between(node: Node) -> bool {
    let sum = node
        .child(Part::Left)
        .map(super::view::bare)
        .and_then(parts);
    sum.is_some_and(|(left, sign, right)| sign == "+" && are_twins(left.text(), right.text()))
}

fn is_named_middle(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["m", "i", "half", "center", "centre", "pivot"].contains(&lower.as_str())
        || ["mid", "ind", "pos"]
            .iter()
            .any(|word| lower.contains(word))
}

/// Whether a node asks whether what `name` holds is whole, or makes it so:
/// `Number.isInteger(name)`, `name.is_integer()`, `name % 1`, `name | 0`, `name == int(name)`.
fn is_examined(node: Node, name: Node) -> bool {
    const WHOLE: &[&str] = &[
        "int",
        "round",
        "floor",
        "ceil",
        "trunc",
        "isinteger",
        "issafeinteger",
        "parseint",
        "is_integer",
    ];
    if node.is(Role::Call) {
        let called = callee(node).to_ascii_lowercase();
        let last = called.rsplit('.').next().unwrap_or_default();
        return WHOLE.contains(&last) && mentions(node, name.text());
    }
    let signs = ["%", "|", "~", ">>", ">>>", "//"];
    let sign = node.child(Part::Operator).map_or("", |sign| sign.text());
    signs.contains(&sign) && node.children().any(|side| side.text() == name.text())
}

/// Whether a file is of Python 2, where `/` between whole numbers gives whole ones.
fn is_python_2(view: &View) -> bool {
    let old = |node: Node| node.is(Role::Legacy) || node.text() == "xrange";
    view.code.of([Role::Legacy, Role::Identifier]).any(old)
}
