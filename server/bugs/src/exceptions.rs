//! Whether a name is that of an exception: the language has it, or the file says so.
//!
//! Functions that show or log an error are often called `ShowError` or `LogException`, so a name
//! that is imported counts only where the file raises it, catches it or derives from it.

use super::view::{View, is_among};
use syntax::{Node, Part, Role, Roles};

/// What raises, catches or declares exceptions.
const SAYING: Roles = Roles::of(&[Role::Throw, Role::CatchClause, Role::Catch]);

/// Whether `name` is an exception.
pub fn is_exception(view: &View, name: &str) -> bool {
    derived(view, name, 0)
}

fn derived(view: &View, name: &str, depth: usize) -> bool {
    const DEEPEST: usize = 8;
    if depth > DEEPEST {
        return false;
    }
    let named = |node: &Node| node.child(Part::Name).is_some_and(|own| own.text() == name);
    if let Some(class) = view.code.of(Role::Class).find(named) {
        return bases(class).any(|base| derived(view, base, depth + 1)) || is_used(view, name);
    }
    is_known(view, name) && !is_rebound(view, name) || is_used(view, name)
}

/// Whether a name, as it is written in the file, is that of an exception of the language.
pub fn is_of_language(view: &View, name: &str) -> bool {
    is_known(view, name) && !is_rebound(view, name)
}

/// Whether the language has an exception of this name.
fn is_known(view: &View, name: &str) -> bool {
    let known = |name: &str| is_among(&view.library().exceptions, name);
    let Some(prefix) = view.semantics().global_prefix.as_deref() else {
        return known(name);
    };
    match name.strip_prefix(prefix) {
        Some(global) => known(global),
        None => known(name) && (!is_spaced(view) || imports_global(view, prefix, name)),
    }
}

/// Whether the file is in a namespace, whose names come before those of the language.
fn is_spaced(view: &View) -> bool {
    view.code.of(Role::Namespace).next().is_some()
}

/// Whether the file imports a name that is in no namespace.
fn imports_global(view: &View, prefix: &str, name: &str) -> bool {
    let paths = |node: Node| {
        let names = node.children().filter(|part| part.words().join("") == name);
        let global = format!("{prefix}{name}");
        names.count() > 0 || node.children().any(|part| part.words().join("") == global)
    };
    view.code.of(Role::Import).any(paths)
}

/// The classes that a class derives from.
fn bases<'a>(class: Node<'a>) -> impl Iterator<Item = &'a str> {
    let heads = class
        .tokens()
        .filter(|part| part.is(Role::Heritage) || part.part() == Some(Part::Superclasses));
    let names = heads
        .flat_map(Node::inside)
        .filter(|part| part.is(Role::Name));
    names.map(Node::text)
}

/// Whether the file raises, throws, catches or asks for what has this name.
fn is_used(view: &View, name: &str) -> bool {
    let asks = |node: Node| {
        let heads = node.tokens().filter(|part| !part.is(Role::Block));
        heads
            .flat_map(|part| std::iter::once(part).chain(part.inside()))
            .any(|part| part.text() == name)
    };
    let instance = |node: Node| {
        let (left, right) = (node.child(Part::Operator), node.child(Part::Right));
        left.is_some_and(|sign| sign.text() == "instanceof")
            && right.is_some_and(|right| right.text() == name)
    };
    view.code.of(SAYING).any(asks) || view.code.of(Role::Binary).any(instance)
}

/// Whether the file defines or imports something of its own under this name.
fn is_rebound(view: &View, name: &str) -> bool {
    let own = |node: Node| {
        let target = node
            .child(Part::Name)
            .or_else(|| node.child(Part::Left))
            .or_else(|| node.child(Part::Alias));
        target.is_some_and(|target| target.text() == name)
    };
    const GIVING: Roles = Roles::of(&[
        Role::NamedFunction,
        Role::Assignment,
        Role::VariableDefinition,
    ]);
    let global = view.semantics().global_prefix.as_deref();
    let is_global = global.is_some_and(|prefix| imports_global(view, prefix, name));
    let imports = |node: Node| node.inside().any(|part| part.text() == name);
    view.code.of(GIVING).any(own) || !is_global && view.code.of(Role::Import).any(imports)
}
