//! Results that are lost or never made: `name.strip()` as a statement, `x = x.append(y)`, `if
//! s.isdigit:`.

use super::finding::Finding;
use super::operands::parts;
use super::types::{Type, type_of};
use super::view::{View, function_of, only};
use syntax::Node;
use text::Edit;

/// Methods of strings without any effect, and how many arguments they take.
const PYTHON: &[(&str, usize)] = &[
    ("strip", 0),
    ("lstrip", 0),
    ("rstrip", 0),
    ("upper", 0),
    ("capitalize", 0),
    ("casefold", 0),
    ("swapcase", 0),
    ("replace", 2),
    ("zfill", 1),
];
const JAVASCRIPT: &[(&str, usize)] = &[
    ("trim", 0),
    ("toLowerCase", 0),
    ("toUpperCase", 0),
    ("trimEnd", 0),
    ("trimStart", 0),
    ("padStart", 2),
    ("replaceAll", 2),
    ("replace", 2),
];
const JAVA: &[(&str, usize)] = &[
    ("trim", 0),
    ("toLowerCase", 0),
    ("toUpperCase", 0),
    ("strip", 0),
    ("concat", 1),
    ("replaceAll", 2),
];

/// A call of a method: its object, name and arguments.
fn method<'a>(call: Node<'a>) -> Option<(Node<'a>, &'a str, Vec<Node<'a>>)> {
    let arguments = call.child("arguments")?.children().collect();
    if let (Some(object), Some(name)) = (call.child("object"), call.child("name")) {
        return Some((object, name.text(), arguments));
    }
    let function = call.child("function")?;
    let name = function
        .child("attribute")
        .or_else(|| function.child("property"))?;
    Some((function.child("object")?, name.text(), arguments))
}

/// `name.strip()` as a statement.
pub fn discarded(view: &View, found: &mut Vec<Finding>) {
    let methods = match view.code.language() {
        "python" => PYTHON,
        "java" => JAVA,
        _ => JAVASCRIPT,
    };
    for statement in view.code.of_kind(&["expression_statement"]) {
        let Some((object, name, arguments)) = only(statement.children()).and_then(method) else {
            continue;
        };
        let known = methods.contains(&(name, arguments.len()));
        let texts = arguments.iter().all(|argument| {
            argument.is(&[
                "string",
                "string_literal",
                "regex",
                "identifier",
                "integer",
                "number",
            ])
        });
        let certain = name != "replace"
            || arguments
                .first()
                .is_some_and(|a| a.is(&["string", "regex"]));
        let tried = statement
            .ancestors()
            .any(|up| up.is(&["try_statement", "with_statement", "lambda_expression"]));
        let own = || {
            let functions = view.code.of_kind(&[
                "function_definition",
                "method_definition",
                "method_declaration",
            ]);
            functions
                .into_iter()
                .any(|function| function.child("name").is_some_and(|own| own.text() == name))
        };
        let plain = object.kind() == "identifier"
            && object.text() != "self"
            && object.text().chars().next().is_some_and(char::is_lowercase);
        let text =
            || function_of(statement).is_some_and(|function| is_text(function, object.text()));
        if known
            && texts
            && certain
            && plain
            && !tried
            && !view.is_test()
            && !history(object.text())
            && !own()
            && text()
        {
            let edit = Edit::insert(statement.start(), format!("{} = ", object.text()));
            let message = format!("`{name}` returns a new string, which is not used");
            found.push(Finding::new(
                statement.range(),
                message,
                format!("Assign the result to `{}`", object.text()),
                vec![edit],
            ));
        }
    }
}

/// Methods that only strings have.
const OF_STRINGS: &[&str] = &[
    "split",
    "splitlines",
    "startswith",
    "endswith",
    "encode",
    "substring",
    "substr",
    "charAt",
    "charCodeAt",
    "startsWith",
    "endsWith",
    "isdigit",
    "isalpha",
    "rsplit",
    "format",
    "partition",
    "slice",
    "length",
    "toLowerCase",
    "toUpperCase",
    "strip",
];
const STRING_TYPES: &[&str] = &["str", "string", "String"];

/// Whether a function treats a name as a string: declared so, given a literal, or asked what only
/// strings know.
fn is_text(function: Node, name: &str) -> bool {
    let named = |part: Option<Node>| part.is_some_and(|part| part.text() == name);
    let typed = |part: Node| {
        let kind = part
            .child("type")
            .map_or("", |kind| kind.text().trim_start_matches([':', ' ']));
        let declared = part
            .inside()
            .any(|inner| inner.kind() == "identifier" && inner.text() == name);
        STRING_TYPES.contains(&kind) && declared
    };
    let given = |part: Node| {
        let value = part.child("right").or_else(|| part.child("value"));
        let target = part.child("left").or_else(|| part.child("name"));
        value.is_some_and(|value| value.is(&["string", "string_literal", "template_string"]))
            && named(target)
    };
    let asked = |part: Node| {
        let member = part
            .child("attribute")
            .or_else(|| part.child("property"))
            .or_else(|| part.child("name"));
        named(part.child("object"))
            && member.is_some_and(|member| OF_STRINGS.contains(&member.text()))
    };
    let statement = |part: Node| {
        part.ancestors()
            .take(2)
            .any(|up| up.kind() == "expression_statement")
    };
    // What has a method that no string has, and is called for what it does, is no string.
    let other = |part: Node| {
        let member = part
            .child("attribute")
            .or_else(|| part.child("property"))
            .or_else(|| part.child("name"));
        let called = part.kind() == "method_invocation"
            || part
                .parent()
                .is_some_and(|up| up.kind().starts_with("call"));
        named(part.child("object"))
            && called
            && statement(part)
            && member.is_some_and(|member| !is_known(member.text()))
    };
    function
        .inside()
        .any(|part| typed(part) || given(part) || asked(part) && !statement(part))
        && !function.inside().any(other)
}

/// Whether strings have a method of this name.
fn is_known(name: &str) -> bool {
    OF_STRINGS.contains(&name)
        || [PYTHON, JAVASCRIPT, JAVA]
            .iter()
            .any(|all| all.iter().any(|(own, _)| *own == name))
}

/// Objects whose `replace` does something.
fn history(name: &str) -> bool {
    [
        "history",
        "router",
        "location",
        "navigation",
        "nav",
        "os",
        "df",
        "frame",
        "editor",
        "cm",
        "doc",
    ]
    .contains(&name)
}

/// `x = x.append(y)` where `x` is a list.
pub fn none(view: &View, found: &mut Vec<Finding>) {
    const METHODS: &[&str] = &[
        "append", "extend", "insert", "sort", "reverse", "clear", "remove",
    ];
    for node in view.code.of_kind(&["assignment"]) {
        let (Some(left), Some(right)) = (node.child("left"), node.child("right")) else {
            continue;
        };
        let Some((object, name, _)) = Some(right).filter(|r| r.kind() == "call").and_then(method)
        else {
            continue;
        };
        let scope = function_of(node).unwrap_or(view.code.root());
        let is_list = |part: Node| {
            part.kind() == "assignment"
                && part
                    .child("left")
                    .is_some_and(|l| l.text() == object.text())
                && part
                    .child("right")
                    .is_some_and(|r| r.is(&["list", "list_comprehension"]) || r.text() == "list()")
        };
        if METHODS.contains(&name)
            && left.same(object)
            && left.kind() == "identifier"
            && scope.inside().any(is_list)
        {
            let edit = Edit::delete(left.start()..right.start());
            let message = format!("`{name}` returns None, so `{}` is lost", left.text());
            found.push(Finding::new(
                node.range(),
                message,
                "Remove the assignment",
                vec![edit],
            ));
        }
    }
}

/// `if s.isdigit:`, `s.lower == "a"`.
pub fn not_called(view: &View, found: &mut Vec<Finding>) {
    for node in view.code.of_kind(&["attribute", "member_expression"]) {
        let Some(name) = node.child("attribute").or_else(|| node.child("property")) else {
            continue;
        };
        let python = view.code.language() == "python";
        let lost = match python {
            true => {
                COMPARED_IN_PYTHON.contains(&name.text()) && is_compared(node)
                    || is_asked(node, name.text())
            }
            false => COMPARED.contains(&name.text()) && is_compared(node),
        };
        let field = FIELDS.contains(&name.text()) && !is_of_text(view, node);
        if lost && !field && !is_field(view, name.text()) {
            let message = format!("`{}` is the method itself, not its result", name.text());
            found.push(Finding::new(
                node.range(),
                message,
                "Call the method",
                vec![Edit::insert(node.end(), "()")],
            ));
        }
    }
}

/// Methods of strings that are also names of fields: the ends of a range, a lamp, the equipment of
/// a car.
const FIELDS: &[&str] = &["lower", "upper", "strip", "trim"];

/// What lists and others have as well as texts.
const SHARED: &[&str] = &["slice", "length", "format"];

/// Whether the object of a member is known to be a text: the file says so, or the function calls
/// what only texts have.
fn is_of_text(view: &View, member: Node) -> bool {
    let Some(object) = member.child("object") else {
        return false;
    };
    let called = |part: Node| {
        let name = part
            .child("attribute")
            .or_else(|| part.child("property"))
            .map_or("", |name| name.text());
        let is_called = part.field() == Some("function");
        let text = ASKED.contains(&name)
            || is_called && OF_STRINGS.contains(&name) && !SHARED.contains(&name);
        text && part.child("object").is_some_and(|own| own.same(object))
    };
    let around = || function_of(member).unwrap_or(view.code.root());
    match type_of(view, object) {
        Some(kind) => kind == Type::Text,
        None => around().inside().any(called),
    }
}

/// Methods that tell something, asked without being called; those of files only of what is called a
/// path.
fn is_asked(node: Node, name: &str) -> bool {
    let condition = node
        .parent()
        .is_some_and(|up| up.is(&["boolean_operator", "not_operator"]));
    let path = node
        .child("object")
        .is_some_and(|object| object.text().ends_with("path"));
    let tells = ASKED.contains(&name) || path && ["is_file", "is_dir"].contains(&name);
    tells && (condition || node.field() == Some("condition"))
}

/// Whether a node is compared with a text.
fn is_compared(node: Node) -> bool {
    node.parent()
        .and_then(parts)
        .is_some_and(|(left, operator, right)| {
            ["==", "===", "!=", "!=="].contains(&operator)
                && left == node
                && right.kind() == "string"
        })
}

/// Whether the file gives something this name, so that it may be no method.
fn is_field(view: &View, name: &str) -> bool {
    view.code
        .of_kind(&[
            "function_definition",
            "assignment",
            "method_definition",
            "pair",
        ])
        .any(|part| {
            let target = part
                .child("name")
                .or_else(|| part.child("left"))
                .or_else(|| part.child("key"));
            target.is_some_and(|target| target.text().ends_with(name))
        })
}

const ASKED: &[&str] = &[
    "isdigit",
    "isalpha",
    "isalnum",
    "isupper",
    "islower",
    "isspace",
    "isnumeric",
    "isidentifier",
];
const COMPARED_IN_PYTHON: &[&str] = &["lower", "upper", "strip", "lstrip", "rstrip", "casefold"];
const COMPARED: &[&str] = &["toLowerCase", "toUpperCase", "trim", "toString"];
