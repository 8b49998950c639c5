//! Loops that cannot do what they are for: they run away from their end, count the outer loop's
//! variable, or change the list they walk over.

use super::defaults::leaves_after;
use super::finding::Finding;
use super::operands::parts;
use super::reads::is_bound;
use super::types::{Type, type_of};
use super::view::{
    View, bare, function_of, is_among, is_name, mentions, method_called, plain_name, starts_at_zero,
};
use super::walks::{Walk, walks};
use syntax::{Node, Part, Role, Roles};
use text::Edit;

/// The condition and the step of a counting loop.
fn head<'a>(node: Node<'a>) -> Option<(Node<'a>, Node<'a>)> {
    let head = node
        .children()
        .find(|child| child.is(Role::LoopHead))
        .unwrap_or(node);
    let step = head.child(Part::Step)?;
    Some((bare(head.child(Part::Condition)?), step))
}

/// `for (i = 0; i < n; i--)`.
pub fn direction(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::CountingLoop) {
        let Some((condition, step)) = head(node) else {
            continue;
        };
        let Some((left, operator, right)) = parts(condition) else {
            continue;
        };
        let up = match operator {
            "<" | "<=" => true,
            ">" | ">=" => false,
            _ => continue,
        };
        let sign = if up { "--" } else { "++" };
        let Some(mark) = step.tokens().find(|part| part.text() == sign) else {
            continue;
        };
        let counted = step.children().any(|part| part.text() == left.text());
        let unsigned = matches!(right.text(), "0") && up;
        let body = node.child(Part::Body);
        let other = body.is_some_and(|body| {
            body.inside().any(|part| {
                part.is([Role::Update, Role::Assignment, Role::CompoundAssignment])
                    || view.is_way_out(part)
            })
        });
        if counted && is_name(left) && !unsigned && !other && !unsigned_trick(node, left) {
            let (edit, title) = match condition.tokens().find(|part| part.text() == operator) {
                Some(sign) if !up && starts_at_zero(node) => (
                    Edit::replace(sign.range(), operator.replace('>', "<")),
                    "Count up to the bound",
                ),
                _ => (
                    Edit::replace(mark.range(), if up { "++" } else { "--" }),
                    "Reverse the loop direction",
                ),
            };
            let message = format!("this loop counts `{}` away from its bound", left.text());
            found.push(Finding::new(
                condition.start()..step.end(),
                message,
                title,
                vec![edit],
            ));
        }
    }
}

/// `for (size_t i = n - 1; i < n; i--)` ends where an unsigned number wraps.
fn unsigned_trick(node: Node, index: Node) -> bool {
    let start = node.child(Part::Initializer);
    !start.is_some_and(|start| {
        start.text().trim_end_matches(';').ends_with("= 0") && mentions(start, index.text())
    }) && start.is_some_and(|start| {
        !start.text().contains("int ")
            || start.text().contains("unsigned")
            || start.text().contains("uint")
    })
}

/// `range(len(a) - 1, -1)`.
pub fn backward(view: &View, found: &mut Vec<Finding>) {
    for call in view.code.of(Role::Call) {
        let named = call
            .child(Part::Function)
            .is_some_and(|f| f.is(Role::Identifier) && f.text() == "range");
        let Some(list) = call.child(Part::Arguments).filter(|_| named) else {
            continue;
        };
        let arguments: Vec<Node> = list.children().collect();
        let [start, stop] = arguments.as_slice() else {
            continue;
        };
        let number = |node: &Node| node.text().parse::<i64>().ok();
        let from_end = start.is(Role::Binary)
            && start.text().ends_with("- 1")
            && start
                .child(Part::Left)
                .is_some_and(|left| view.length_of(left).is_some());
        let empty = match (number(start), number(stop)) {
            (Some(start), Some(stop)) => start > stop + 1,
            (None, Some(stop)) => from_end && stop <= 0,
            _ => false,
        };
        let looped = call
            .parent()
            .is_some_and(|up| up.is([Role::ForEach, Role::ComprehensionLoop]));
        if empty && looped && !view.is_test() {
            let edit = Edit::insert(stop.end(), ", -1");
            found.push(Finding::new(
                call.range(),
                EMPTY_RANGE,
                "Count down",
                vec![edit],
            ));
        }
    }
    for walk in walks(view) {
        found.extend(backward_range(view, &walk));
    }
}

const EMPTY_RANGE: &str = "this range is empty: it starts at its end and counts up";

/// `for (i in a.size - 1..0)`, `(5..1).each`.
fn backward_range(view: &View, walk: &Walk) -> Option<Finding> {
    let range = Some(walk.list).filter(|list| list.is(Role::Range) && !view.is_test())?;
    let template = view.semantics().count_down.as_ref()?;
    let ends: Vec<Node> = range
        .children()
        .filter(|end| end.part() != Some(Part::Operator))
        .collect();
    let [start, end] = ends.as_slice() else {
        return None;
    };
    let number = |node: &Node| node.text().replace('_', "").parse::<i64>().ok();
    let is_last = |node: &Node| {
        parts(bare(*node)).is_some_and(|(length, sign, one)| {
            sign == "-" && one.text() == "1" && view.length_of(length).is_some()
        })
    };
    let empty = match (number(start), number(end)) {
        (Some(start), Some(end)) => start > end,
        (None, Some(end)) => is_last(start) && end <= 0,
        _ => false,
    };
    let [with_end, _] = view.semantics().range_operators.as_ref()?;
    let includes = range.tokens().any(|part| part.text() == with_end);
    let whole = match walk.list.parent() {
        Some(up) if up.is(Role::Parenthesized) => up,
        _ => range,
    };
    let first = match start.is(Role::Binary) && template.starts_with("{start}.") {
        true => format!("({})", start.text()),
        false => start.text().to_owned(),
    };
    let down = template
        .replace("{start}", &first)
        .replace("{end}", end.text());
    let edit = Edit::replace(whole.range(), down);
    (empty && includes).then(|| Finding::new(range.range(), EMPTY_RANGE, "Count down", vec![edit]))
}

/// `for (j = 0; i < n; j++)` inside a loop over `i`.
pub fn wrong_variable(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of(Role::CountingLoop) {
        let clause = node
            .children()
            .find(|child| child.is(Role::LoopHead))
            .unwrap_or(node);
        let start = clause.child(Part::Initializer);
        let (Some(own), Some((condition, step))) = (start.and_then(started), head(node)) else {
            continue;
        };
        let outer = node
            .ancestors()
            .filter(|up| up.is(Role::CountingLoop))
            .find_map(|up| {
                let clause = up
                    .children()
                    .find(|child| child.is(Role::LoopHead))
                    .unwrap_or(up);
                clause.child(Part::Initializer).and_then(started)
            });
        let Some(outer) = outer.filter(|outer| outer.text() != own.text()) else {
            continue;
        };
        let counted = step
            .inside()
            .find(|part| part.is(Role::Identifier) && part.text() == outer.text());
        let (in_step, in_condition) = (mentions(step, own.text()), mentions(condition, own.text()));
        let asked = parts(condition)
            .map(|(left, _, _)| left)
            .filter(|left| left.text() == outer.text());
        let steps = step.is(Role::Update);
        let Some(body) = node
            .child(Part::Body)
            .filter(|body| starts_counting(own) && !moves_on(*body, own, outer))
        else {
            continue;
        };
        let leaves = body.inside().any(|part| view.is_way_out(part));
        let place = match (counted, asked) {
            (Some(counted), _) if steps && !in_step && in_condition && asked.is_none() => counted,
            (_, Some(asked)) if in_step && !in_condition && steps && !leaves => asked,
            _ => continue,
        };
        let edit = Edit::replace(place.range(), own.text());
        let message = format!(
            "this loop runs over `{}`, but this uses `{}`",
            own.text(),
            outer.text()
        );
        let finding = Finding::new(
            place.range(),
            message,
            format!("Change it to `{}`", own.text()),
            vec![edit],
        );
        found.push(finding.see(own.range(), "loop variable defined here"));
    }
}

/// Whether a loop's variable begins as a counter does: with a number, or with one that is
/// calculated from another.
fn starts_counting(own: Node) -> bool {
    const NUMBERS: Roles = Roles::of(&[Role::Number]);
    let around = own.ancestors().find(|up| given(*up).is_some());
    let value = around.and_then(given);
    value.is_some_and(|value| {
        let value = super::view::only(value.children())
            .filter(|_| value.is(Role::ExpressionList))
            .unwrap_or(value);
        let number = value.inside().any(|part| part.is(NUMBERS)) && value.is(Role::Binary);
        value.is(NUMBERS) || is_name(value) || number
    })
}

/// The value that a node gives something.
fn given(node: Node<'_>) -> Option<Node<'_>> {
    node.child(Part::Value).or_else(|| node.child(Part::Right))
}

/// Whether the body of a loop gives its own variable or the outer loop's a new value.
fn moves_on(body: Node, own: Node, outer: Node) -> bool {
    const WRITES: Roles = Roles::of(&[Role::Update, Role::Assignment, Role::CompoundAssignment]);
    let is_either = |name: Node| name.text() == own.text() || name.text() == outer.text();
    body.inside()
        .filter(|part| part.is(WRITES))
        .any(|part| written(part).is_some_and(is_either))
}

/// What a statement gives a new value.
fn written(part: Node<'_>) -> Option<Node<'_>> {
    part.child(Part::Left)
        .or_else(|| part.child(Part::Operand))
        .or_else(|| part.children().next())
}

/// What the name of a variable is to the node that starts it.
const STARTED: &[Part] = &[Part::Declarator, Part::Name, Part::Left];

/// The one variable that a loop starts.
fn started(start: Node<'_>) -> Option<Node<'_>> {
    let named = |part: &Node| {
        part.is(Role::Identifier)
            && (part.part().is_some_and(|own| STARTED.contains(&own))
                || part
                    .parent()
                    .is_some_and(|up| up.part() == Some(Part::Left)))
    };
    super::view::only(start.inside().filter(named))
}

/// `for x in a: a.remove(x)`.
pub fn removal(view: &View, found: &mut Vec<Finding>) {
    let semantics = view.semantics();
    let (Some(copy), Some(effect)) = (&semantics.list_copy, &semantics.removal_effect) else {
        return;
    };
    let Some((before, after)) = copy.split_once("{}") else {
        return;
    };
    for walk in walks(view) {
        let (list, body) = (walk.list, walk.body);
        let leaves = |part: Node| part.is([Role::Break, Role::Return]) || view.leaves_by_word(part);
        let plain = is_name(list) || list.is(Role::Member);
        if !plain || body.inside().any(leaves) || !may_change(view, list) {
            continue;
        }
        let removes = |part: &Node| removes(view, *part, &walk);
        let lasting = |part: &Node| removes(part) && !leaves_after(view, *part, body);
        let rebinds = body.inside().any(|part| {
            part.is(Role::Assignment) && part.child(Part::Left).is_some_and(|l| l.same(list))
        });
        if let Some(place) = body
            .inside()
            .find(lasting)
            .filter(|_| !rebinds && !walks_a_copy(view, list))
        {
            let mut edits = vec![Edit::insert(list.end(), after)];
            if !before.is_empty() {
                edits.insert(0, Edit::insert(list.start(), before));
            }
            let message = format!(
                "items are removed from `{}` while the loop iterates over it, which {effect}",
                list.text()
            );
            let finding = Finding::new(list.range(), message, "Iterate over a copy", edits);
            found.push(finding.see(place.range(), "removed here"));
        }
    }
}

/// Whether what is walked over may be what the body changes: a list where types are declared, and
/// no result of a call where a bare name may be one.
fn may_change(view: &View, list: Node) -> bool {
    let semantics = view.semantics();
    let is_list = || type_of(view, list) == Some(Type::List);
    let is_called = semantics.bare_calls && list.is(Role::Identifier) && !is_bound(list);
    (!semantics.static_types || is_list()) && !is_called
}

/// Whether a node takes an item out of the list that a loop walks over.
fn removes<'a>(view: &View<'a>, node: Node<'a>, walk: &Walk<'a>) -> bool {
    let list = walk.list;
    if node.is(Role::Call) {
        let removing = &view.library().remove_methods;
        return method_called(node)
            .is_some_and(|(own, name)| own.same(list) && is_among(removing, name));
    }
    let item = walk.item.map(Node::text);
    let deleted = |part: Node| {
        let index = part.child(Part::Index).map(Node::text);
        let of = part.child(Part::Object).filter(|_| part.is(Role::Index));
        of.is_some_and(|of| of.same(list)) && index.is_some() && index == item
    };
    node.is(Role::Delete) && node.children().any(deleted)
}

/// What may not change while it is walked over.
const CHANGING: &[Type] = &[Type::List, Type::Map, Type::Set];

/// Whether what is walked over may give a copy of itself: it is an object of a class of its own, or
/// the file has a class with its own way to walk and nothing says that this is a list.
fn walks_a_copy(view: &View, list: Node) -> bool {
    let walks = |function: Node| {
        function
            .child(Part::Name)
            .is_some_and(|name| name.text() == "__iter__")
    };
    let kind = type_of(view, list);
    let known = kind.is_some_and(|kind| CHANGING.contains(&kind));
    let own = || view.code.of(Role::NamedFunction).any(walks);
    list.text() == "self" || kind == Some(Type::Other) || !known && own()
}

/// An inner loop over the outer loop's variable, which is used again after it.
pub fn reused(view: &View, found: &mut Vec<Finding>) {
    if view.semantics().function_wide_names {
        return counted_again(view, found);
    }
    for inner in view.code.of(Role::ForEach) {
        let Some(variable) = inner
            .child(Part::Left)
            .filter(|left| left.is(Role::Identifier) && left.text() != "_")
        else {
            continue;
        };
        let (name, function) = (variable.text(), function_of(inner));
        let Some(outer) = enclosing_loop(view, inner, name, function) else {
            continue;
        };
        let again = outer
            .inside()
            .filter(|part| is_use(*part, name))
            .find(|part| part.start() > inner.end());
        let Some(again) = again.filter(|part| super::scopes::binding_scope(*part).is_none()) else {
            continue;
        };
        let Some(new) = free_name(function.unwrap_or(view.code.root()), name) else {
            continue;
        };
        let message = format!(
            "this loop overwrites `{name}` of the outer loop, which is used again after it"
        );
        let finding = Finding::new(
            variable.range(),
            message,
            format!("Rename the inner variable to `{new}`"),
            renamed(inner, variable, &new),
        );
        found.push(finding.see(again.range(), "used again here"));
    }
}

/// The variable that a loop counts.
fn counted(node: Node<'_>) -> Option<Node<'_>> {
    started(node.child(Part::Initializer)?)
}

/// `for ($i = 0; ..; $i++)` in a loop that counts `$i` as well.
fn counted_again(view: &View, found: &mut Vec<Finding>) {
    for inner in view.code.of(Role::CountingLoop) {
        let (Some(own), function) = (counted(inner), function_of(inner)) else {
            continue;
        };
        let outer = inner.ancestors().find(|up| {
            up.is(Role::CountingLoop) && counted(*up).is_some_and(|name| name.text() == own.text())
        });
        let Some(outer) = outer.filter(|outer| function_of(*outer) == function) else {
            continue;
        };
        let Some(body) = outer.child(Part::Body) else {
            continue;
        };
        let leaves = |part: Node| view.is_way_out(part);
        let ends = inner.inside().any(leaves) || leaves_after(view, inner, body);
        let Some(new) =
            free_name(function.unwrap_or(view.code.root()), own.text()).filter(|_| !ends)
        else {
            continue;
        };
        let uses = inner.inside().filter(|part| is_use(*part, own.text()));
        let edits = uses
            .map(|part| Edit::replace(part.range(), new.as_str()))
            .collect();
        let name = own.text();
        let message = format!("this loop overwrites `{name}` of the loop around it");
        let title = format!("Rename the inner variable to `{new}`");
        let finding = Finding::new(own.range(), message, title, edits);
        found.push(finding.see(outer.start()..outer.start() + 3, "the loop around"));
    }
}

/// The loop around a counting one that runs over a variable of the same name, in the same function.
fn enclosing_loop<'a>(
    view: &View,
    inner: Node<'a>,
    name: &str,
    function: Option<Node<'a>>,
) -> Option<Node<'a>> {
    let outer = inner.ancestors().find(|up| {
        up.is(Role::ForEach) && up.child(Part::Left).is_some_and(|left| left.text() == name)
    });
    let searches = inner.inside().any(|part| view.is_way_out(part));
    let counts = inner
        .child(Part::Right)
        .is_some_and(|right| right.text().starts_with("range("));
    outer.filter(|outer| function == function_of(*outer) && counts && !searches)
}

/// Whether a node is `name`, and not that of a member.
fn is_use(node: Node, name: &str) -> bool {
    is_name(node) && node.text() == name && node.part() != Some(Part::Member)
}

/// A name for the variable of an inner loop that `scope` does not have yet.
fn free_name(scope: Node, outer: &str) -> Option<String> {
    let sign = &outer[..outer.len() - plain_name(outer).len()];
    let choices: &[&str] = if plain_name(outer).len() == 1 {
        &["j", "k", "m"]
    } else {
        &["inner", "other"]
    };
    let is_free = |new: &String| {
        !scope
            .inside()
            .any(|part| is_name(part) && part.text() == *new)
    };
    let names = choices.iter().map(|name| format!("{sign}{name}"));
    names.into_iter().find(is_free)
}

/// The edits that give the variable of a loop a new name.
fn renamed(each: Node, variable: Node, new: &str) -> Vec<Edit> {
    let uses = each
        .child(Part::Body)
        .into_iter()
        .flat_map(Node::inside)
        .filter(|part| is_use(*part, variable.text()));
    let mut edits = vec![Edit::replace(variable.range(), new)];
    edits.extend(uses.map(|part| Edit::replace(part.range(), new)));
    edits
}
