//! Arguments in each other's place: a call of a function of the same file whose arguments are named like its parameters,
//! but crossed.
//!
//! Functions that call themselves, compare, swap or reverse cross their arguments on purpose.

use super::finding::{Edit, Finding};
use super::view::{View, function_of, is_name};
use std::collections::HashMap;
use syntax::Node;

const CROSSING: &[&str] = &[
    "swap",
    "differ",
    "distance",
    "subtract",
    "delta",
    "cmp",
    "compare",
    "revers",
    "invert",
    "flip",
    "transpose",
    "rotate",
    "less",
    "greater",
    "sort",
    "mirror",
    "exchange",
    "opposite",
    "back",
    "right",
    "left",
];

/// Calls with two arguments exchanged.
pub fn swapped(view: &View, found: &mut Vec<Finding>) {
    let functions = functions(view);
    if functions.is_empty() || view.is_test() {
        return;
    }
    for call in view.code.of_kind(&["call", "call_expression", "method_invocation"]) {
        let Some((name, arguments)) = called(call) else { continue };
        let Some(Some((definition, parameters))) = functions.get(name) else { continue };
        let around = function_of(call).and_then(|function| function_name(function));
        let lower = format!("{name} {}", around.map_or("", |around| around.text())).to_ascii_lowercase();
        let crosses =
            CROSSING.iter().any(|word| lower.contains(word)) || around.is_some_and(|around| around.text() == name);
        if crosses || arguments.len() != parameters.len() {
            continue;
        }
        let is = |argument: usize, parameter: usize| {
            let text = arguments[argument].text();
            let plain = text.len() > 3 && !text.contains(|c: char| c.is_ascii_digit());
            is_name(arguments[argument]) && plain && text == parameters[parameter]
        };
        let pairs = (0..arguments.len()).flat_map(|a| (a + 1..arguments.len()).map(move |b| (a, b)));
        let crossed: Vec<(usize, usize)> = pairs.filter(|(a, b)| is(*a, *b) && is(*b, *a)).collect();
        if let [(a, b)] = crossed.as_slice() {
            let one_of_two = is_other(arguments[*a].text(), arguments[*b].text());
            if one_of_two || both_ways(call, arguments[*a], arguments[*b]) {
                continue;
            }
            let (first, second) = (arguments[*a], arguments[*b]);
            let edits = vec![Edit::replace(first.range(), second.text()), Edit::replace(second.range(), first.text())];
            let message = format!("`{}` and `{}` are in each other's place", first.text(), second.text());
            let finding = Finding::new(first.start()..second.end(), message, "Exchange the arguments", edits);
            found.push(finding.see(definition.range(), "the parameters"));
        }
    }
}

/// Whether two names are one thing and another such thing: `handler` and `otherHandler`. They are asked about both ways.
fn is_other(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    a.ends_with(&b) || b.ends_with(&a)
}

/// Whether the function around passes the same two arguments the other way round too, to whatever.
fn both_ways(call: Node, first: Node, second: Node) -> bool {
    let calls = function_of(call).into_iter().flat_map(Node::inside).filter_map(called);
    let place = |all: &[Node], text: &str| all.iter().position(|argument| argument.text() == text);
    calls.into_iter().any(|(_, all)| {
        let (a, b) = (place(&all, first.text()), place(&all, second.text()));
        a.zip(b).is_some_and(|(a, b)| a > b)
    })
}

type Functions<'a> = HashMap<&'a str, Option<(Node<'a>, Vec<&'a str>)>>;

/// The functions of the file with their parameters' names; none where two have one name.
fn functions<'a>(view: &View<'a>) -> Functions<'a> {
    let mut functions: Functions = HashMap::new();
    for function in view.code.of_kind(super::view::FUNCTIONS) {
        let Some(name) = function_name(function) else { continue };
        let list =
            function.child("parameters").or_else(|| function.child("declarator").and_then(|d| d.child("parameters")));
        let Some(list) = list else { continue };
        let mut parameters: Vec<&str> = list.children().map(parameter_name).collect();
        if parameters
            .first()
            .is_some_and(|first| ["self", "cls", "this", "&self", "&mut self", "mut self"].contains(first))
        {
            parameters.remove(0);
        }
        let known = functions.contains_key(name.text());
        functions.insert(name.text(), (!known).then_some((list, parameters)));
    }
    functions
}

fn function_name<'a>(function: Node<'a>) -> Option<Node<'a>> {
    let declarator = function.child("declarator").and_then(|d| d.child("declarator"));
    function.child("name").or(declarator).filter(|name| is_name(*name))
}

/// What a parameter is called.
fn parameter_name<'a>(parameter: Node<'a>) -> &'a str {
    let named =
        parameter.child("name").or_else(|| parameter.child("pattern")).or_else(|| parameter.child("declarator"));
    let inner = |node: Node<'a>| node.inside().rfind(|part| part.kind() == "identifier").unwrap_or(node);
    match named {
        Some(name) => inner(name).text(),
        None if parameter.kind() == "typed_parameter" => parameter.children().next().map_or("", Node::text),
        None => parameter.text(),
    }
}

/// The name that a call calls, by itself or of its own object, and its arguments.
fn called<'a>(call: Node<'a>) -> Option<(&'a str, Vec<Node<'a>>)> {
    let arguments = call.child("arguments")?.children().collect();
    let function = call.child("function").or_else(|| call.child("name").filter(|_| call.child("object").is_none()))?;
    let own = ["self.", "this.", "Self::"].iter().find_map(|own| function.text().strip_prefix(own));
    let name = own.unwrap_or(function.text());
    Some((name, arguments))
}
