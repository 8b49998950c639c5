//! Whether a name is that of an exception: the language has it, or the file says so.
//!
//! Functions that show or log an error are often called `ShowError` or `LogException`, so a name
//! that is imported counts only where the file raises it, catches it or derives from it.

use super::view::View;
use syntax::Node;

/// Python's exceptions, and those of JavaScript and of `java.lang`.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "python",
        &[
            "Exception",
            "ArithmeticError",
            "AssertionError",
            "AttributeError",
            "BlockingIOError",
            "BrokenPipeError",
            "BufferError",
            "ChildProcessError",
            "ConnectionAbortedError",
            "ConnectionError",
            "ConnectionRefusedError",
            "ConnectionResetError",
            "EOFError",
            "EnvironmentError",
            "FileExistsError",
            "FileNotFoundError",
            "FloatingPointError",
            "IOError",
            "ImportError",
            "IndentationError",
            "IndexError",
            "InterruptedError",
            "IsADirectoryError",
            "KeyError",
            "LookupError",
            "MemoryError",
            "ModuleNotFoundError",
            "NameError",
            "NotADirectoryError",
            "NotImplementedError",
            "OSError",
            "OverflowError",
            "PermissionError",
            "ProcessLookupError",
            "RecursionError",
            "ReferenceError",
            "RuntimeError",
            "SyntaxError",
            "SystemError",
            "TabError",
            "TimeoutError",
            "TypeError",
            "UnboundLocalError",
            "UnicodeDecodeError",
            "UnicodeEncodeError",
            "UnicodeError",
            "ValueError",
            "ZeroDivisionError",
        ],
    ),
    (
        "java",
        &[
            "ArithmeticException",
            "ArrayIndexOutOfBoundsException",
            "AssertionError",
            "ClassCastException",
            "ClassNotFoundException",
            "CloneNotSupportedException",
            "Error",
            "Exception",
            "IllegalArgumentException",
            "IllegalStateException",
            "IndexOutOfBoundsException",
            "InterruptedException",
            "NegativeArraySizeException",
            "NullPointerException",
            "NumberFormatException",
            "RuntimeException",
            "SecurityException",
            "StringIndexOutOfBoundsException",
            "UnsupportedOperationException",
        ],
    ),
];
const OF_JAVASCRIPT: &[&str] = &[
    "Error",
    "EvalError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "TypeError",
    "URIError",
    "AggregateError",
];
/// What raises, catches or declares exceptions.
const SAYING: &[&str] = &[
    "raise_statement",
    "throw_statement",
    "except_clause",
    "catch_type",
    "throws",
];

/// Whether `name` is an exception.
pub fn is_exception(view: &View, name: &str) -> bool {
    derived(view, name, 0)
}

fn derived(view: &View, name: &str, depth: usize) -> bool {
    const DEEPEST: usize = 8;
    if depth > DEEPEST {
        return false;
    }
    let classes = ["class_definition", "class_declaration", "class"];
    let named = |node: &Node| node.child("name").is_some_and(|own| own.text() == name);
    if let Some(class) = view.code.of_kind(&classes).find(named) {
        return bases(class).any(|base| derived(view, base, depth + 1)) || is_used(view, name);
    }
    is_known(view, name) && !is_rebound(view, name) || is_used(view, name)
}

/// Whether the language has an exception of this name.
fn is_known(view: &View, name: &str) -> bool {
    let table = KNOWN
        .iter()
        .find(|(language, _)| *language == view.code.language());
    table
        .map_or(OF_JAVASCRIPT, |(_, names)| names)
        .contains(&name)
}

/// The classes that a class derives from.
fn bases<'a>(class: Node<'a>) -> impl Iterator<Item = &'a str> {
    let heads = class.tokens().filter(|part| {
        part.is(&["class_heritage", "superclass"])
            || part.field().is_some_and(|f| f.starts_with("superclass"))
    });
    let names = heads
        .flat_map(Node::inside)
        .filter(|part| part.kind().ends_with("identifier"));
    names.map(Node::text)
}

/// Whether the file raises, throws, catches or asks for what has this name.
fn is_used(view: &View, name: &str) -> bool {
    let asks = |node: Node| {
        let heads = node
            .tokens()
            .filter(|part| !part.is(&["block", "statement_block"]));
        heads
            .flat_map(|part| std::iter::once(part).chain(part.inside()))
            .any(|part| part.text() == name)
    };
    let instance = |node: Node| {
        let (left, right) = (node.child("operator"), node.child("right"));
        left.is_some_and(|sign| sign.text() == "instanceof")
            && right.is_some_and(|right| right.text() == name)
    };
    view.code.of_kind(SAYING).any(asks) || view.code.of_kind(&["binary_expression"]).any(instance)
}

/// Whether the file defines or imports something of its own under this name.
fn is_rebound(view: &View, name: &str) -> bool {
    let own = |node: Node| {
        let target = node
            .child("name")
            .or_else(|| node.child("left"))
            .or_else(|| node.child("alias"));
        target.is_some_and(|target| target.text() == name)
    };
    let functions = [
        "function_definition",
        "function_declaration",
        "assignment",
        "variable_declarator",
    ];
    let imports = [
        "import_from_statement",
        "import_statement",
        "import_declaration",
    ];
    view.code.of_kind(&functions).any(own)
        || view
            .code
            .of_kind(&imports)
            .any(|node| node.inside().any(|part| part.text() == name))
}
