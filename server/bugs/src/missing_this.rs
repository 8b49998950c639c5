//! A method of the class around that is called without `this`, in JavaScript and TypeScript.
//!
//! Only in modules, where a name that is not imported and not defined can only be a global: those
//! are listed.

use super::finding::Finding;
use super::view::View;
use syntax::Node;
use text::Edit;

/// Global functions of browsers and Node.js that classes often name methods after.
const GLOBALS: &[&str] = &[
    "fetch",
    "alert",
    "close",
    "open",
    "print",
    "focus",
    "blur",
    "stop",
    "find",
    "scroll",
    "require",
    "eval",
    "isNaN",
    "isFinite",
    "parseInt",
    "parseFloat",
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "clearInterval",
    "setImmediate",
    "queueMicrotask",
    "confirm",
    "prompt",
    "atob",
    "btoa",
    "encodeURIComponent",
    "decodeURIComponent",
    "encodeURI",
    "decodeURI",
    "escape",
    "unescape",
    "requestAnimationFrame",
    "cancelAnimationFrame",
    "getComputedStyle",
    "postMessage",
    "addEventListener",
    "removeEventListener",
    "super",
    "structuredClone",
    "describe",
    "it",
    "test",
    "expect",
    "beforeEach",
    "afterEach",
    "define",
    "importScripts",
    "constructor",
    "getSelection",
    "matchMedia",
    "moveTo",
    "moveBy",
    "resizeTo",
    "scrollTo",
    "scrollBy",
    "dispatchEvent",
    "assert",
    "get",
    "set",
];

/// `draw()` in a method of a class that has the method `draw`, where nothing else is called so.
pub fn missing(view: &View, found: &mut Vec<Finding>) {
    let modular = view
        .code
        .of_kind(&["import_statement", "export_statement"])
        .next()
        .is_some();
    let spaced = view
        .code
        .of_kind(&["internal_module", "ambient_declaration"])
        .next()
        .is_some();
    if !modular || spaced || view.is_test() {
        return;
    }
    for call in view.code.of_kind(&["call_expression"]) {
        let Some(name) = call
            .child("function")
            .filter(|function| function.kind() == "identifier")
        else {
            continue;
        };
        let class = call.ancestors().find(|up| up.kind() == "class_body");
        let Some(method) = class.and_then(|class| method_of(class, name.text())) else {
            continue;
        };
        let only_calls = class.is_some_and(|class| is_bound_to(call, class))
            && is_only_called(view, name.text());
        if only_calls && !GLOBALS.contains(&name.text()) {
            let message = format!("`{}` is a method: call it with `this.`", name.text());
            let edit = Edit::insert(name.start(), "this.");
            let finding = Finding::new(name.range(), message, "Add `this.`", vec![edit]);
            found.push(finding.see(method.range(), "defined here"));
        }
    }
}

/// The name of the class's own method, where it is called on objects.
fn method_of<'a>(class: Node<'a>, name: &str) -> Option<Node<'a>> {
    let own = class
        .children()
        .filter(|node| node.kind() == "method_definition");
    let names = own.filter_map(|method| method.child("name").map(|own| (method, own)));
    let (method, own) = names.into_iter().find(|(_, own)| own.text() == name)?;
    (!method
        .tokens()
        .any(|part| ["static", "get", "set"].contains(&part.kind())))
    .then_some(own)
}

/// Whether `this` is an object of the class where a call stands.
fn is_bound_to(call: Node, class: Node) -> bool {
    let mut around = call.ancestors().take_while(|up| up.id() > class.id());
    around.all(|up| {
        let is_static =
            up.kind() == "method_definition" && up.tokens().any(|part| part.kind() == "static");
        !is_static && !up.is(&["function_expression", "function_declaration", "object"])
    })
}

/// Whether a name stands in the file only where it is called.
fn is_only_called(view: &View, name: &str) -> bool {
    let all = view.code.of_kind(&[
        "identifier",
        "shorthand_property_identifier_pattern",
        "type_identifier",
    ]);
    let called = |node: Node| {
        node.field() == Some("function")
            && node
                .parent()
                .is_some_and(|up| up.kind() == "call_expression")
    };
    all.filter(|node| node.text() == name).all(called)
}
