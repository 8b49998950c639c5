//! A method of the class around that is called without `this`, in JavaScript and TypeScript.
//!
//! Only in modules, where a name that is not imported and not defined can only be a global: those
//! are listed.

use super::finding::Finding;
use super::view::{View, is_among};
use syntax::{Node, Part, Role};
use text::Edit;

/// `draw()` in a method of a class that has the method `draw`, where nothing else is called so.
pub fn missing(view: &View, found: &mut Vec<Finding>) {
    let modular = view.code.of([Role::Import, Role::Export]).next().is_some();
    let spaced = view.code.of(Role::Namespace).next().is_some();
    if !modular || spaced || view.is_test() {
        return;
    }
    for call in view.code.of(Role::Call) {
        let Some(name) = call
            .child(Part::Function)
            .filter(|function| function.is(Role::Identifier))
        else {
            continue;
        };
        let class = call.ancestors().find(|up| up.is(Role::ClassScope));
        let Some(method) = class.and_then(|class| method_of(class, name.text())) else {
            continue;
        };
        let only_calls = class.is_some_and(|class| is_bound_to(call, class))
            && is_only_called(view, name.text());
        if only_calls && !is_among(&view.library().builtins, name.text()) {
            let message = format!("`{}` is a method: call it with `this.`", name.text());
            let edit = Edit::insert(name.start(), "this.");
            let finding = Finding::new(name.range(), message, "Add `this.`", vec![edit]);
            found.push(finding.see(method.range(), "defined here"));
        }
    }
}

/// The name of the class's own method, where it is called on objects.
fn method_of<'a>(class: Node<'a>, name: &str) -> Option<Node<'a>> {
    let own = class.children().filter(|node| node.is(Role::Method));
    let names = own.filter_map(|method| method.child(Part::Name).map(|own| (method, own)));
    let (method, own) = names.into_iter().find(|(_, own)| own.text() == name)?;
    (!method.tokens().any(|part| {
        ["static", "get", "set"]
            .iter()
            .any(|word| part.is_token(word))
    }))
    .then_some(own)
}

/// Whether `this` is an object of the class where a call is.
fn is_bound_to(call: Node, class: Node) -> bool {
    let mut around = call.ancestors().take_while(|up| up.id() > class.id());
    around.all(|up| {
        let is_static = up.is(Role::Method) && up.tokens().any(|part| part.is_token("static"));
        !is_static && !up.is([Role::FunctionExpression, Role::NamedFunction, Role::Map])
    })
}

/// Whether a name is in the file only where it is called.
fn is_only_called(view: &View, name: &str) -> bool {
    let all = view
        .code
        .of([Role::Identifier, Role::Shorthand, Role::TypeName]);
    let called = |node: Node| {
        node.part() == Some(Part::Function) && node.parent().is_some_and(|up| up.is(Role::Call))
    };
    all.filter(|node| node.text() == name).all(called)
}
