//! A file as patterns look at it: its nodes, its names, its lines, and what all languages call
//! differently.
//!
//! Made once per search and shared by all patterns. It answers questions such as "what is indexed
//! here with what" for every language alike; a pattern that asks about one language alone asks for
//! the kinds of nodes itself.

use super::reads::Unstable;
use super::scopes::Scopes;
use super::{cells, paths};
use std::cell::OnceCell;
use std::ops::Range;
use syntax::{Code, Node};

/// What holds the statements of a function.
pub const FUNCTIONS: &[&str] = &[
    "function_definition",
    "function_declaration",
    "function_expression",
    "generator_function_declaration",
    "arrow_function",
    "method_definition",
    "method_declaration",
    "constructor_declaration",
    "function_item",
    "closure_expression",
    "func_literal",
    "lambda",
    "lambda_expression",
];
/// Loops.
pub const LOOPS: &[&str] = &[
    "for_statement",
    "while_statement",
    "do_statement",
    "for_in_statement",
    "for_range_loop",
    "enhanced_for_statement",
    "for_expression",
    "while_expression",
    "loop_expression",
];
/// Calls.
pub const CALLS: &[&str] = &[
    "call",
    "call_expression",
    "method_invocation",
    "new_expression",
    "macro_invocation",
];

/// A file.
pub struct View<'a> {
    /// Its nodes and text.
    pub code: &'a Code,
    /// Its path, as far as it is known.
    pub path: &'a str,
    scopes: OnceCell<Scopes>,
    unstable: OnceCell<Unstable>,
}

impl<'a> View<'a> {
    /// A file that was laid flat.
    pub fn new(code: &'a Code, path: &'a str) -> Self {
        Self {
            code,
            path,
            scopes: OnceCell::new(),
            unstable: OnceCell::new(),
        }
    }

    /// Whether it is written in one of these languages.
    pub fn is(&self, languages: &[&str]) -> bool {
        languages.contains(&self.code.language())
    }

    /// Which names are bound where; for Python.
    pub fn scopes(&self) -> &Scopes {
        self.scopes.get_or_init(|| Scopes::of(self.code))
    }

    /// Which reads may give something else the second time.
    pub fn unstable(&self) -> &Unstable {
        self.unstable.get_or_init(|| Unstable::of(self.code))
    }

    /// Whether a statement is what a cell of a notebook or of a script made of cells shows.
    pub fn is_shown(&self, statement: Node) -> bool {
        cells::is_shown(self, statement)
    }

    /// Whether it holds tests, where strange comparisons are made on purpose.
    pub fn is_test(&self) -> bool {
        paths::is_test(self.path)
    }

    /// The blanks before the first character of the line of `offset`.
    pub fn indent(&self, offset: usize) -> &'a str {
        let line = &self.code.text[self.line_start(offset)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// Where the line of `offset` begins.
    pub fn line_start(&self, offset: usize) -> usize {
        self.code.text[..offset]
            .rfind('\n')
            .map_or(0, |line_feed| line_feed + 1)
    }

    /// The whole lines of a range, with the last line's break.
    pub fn whole_lines(&self, range: Range<usize>) -> Range<usize> {
        let end = self.code.text[range.end..]
            .find('\n')
            .map_or(self.code.text.len(), |at| range.end + at + 1);
        self.line_start(range.start)..end
    }

    /// The line break of the file.
    pub fn line_break(&self) -> &'static str {
        if self.code.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }

    /// Whether nothing but blanks stands before the node on its line.
    pub fn begins_line(&self, node: Node) -> bool {
        self.code.text[self.line_start(node.start())..node.start()]
            .trim()
            .is_empty()
    }

    /// What is indexed here, and with what: `a[i]`, `a.get(i)`, `a.charAt(i)`.
    pub fn indexed(&self, node: Node<'a>) -> Option<(Node<'a>, Node<'a>)> {
        match node.kind() {
            "subscript" => Some((node.child("value")?, sole(node, "subscript")?)),
            "subscript_expression" => {
                let of = node.child("object").or_else(|| node.child("argument"))?;
                let index = node
                    .child("index")
                    .or_else(|| only(node.child("indices")?.children()))?;
                Some((of, index))
            }
            "index_expression" => {
                let mut parts = node.children();
                Some((parts.next()?, parts.next()?))
            }
            "array_access" => Some((node.child("array")?, node.child("index")?)),
            "method_invocation" if ["get", "charAt"].contains(&node.child("name")?.text()) => {
                Some((
                    node.child("object")?,
                    only(node.child("arguments")?.children())?,
                ))
            }
            _ => None,
        }
    }

    /// What the length is of: `len(a)`, `a.length`, `a.size()`, `a.len()`.
    pub fn length_of(&self, node: Node<'a>) -> Option<Node<'a>> {
        let method = |node: Node<'a>| {
            let function = node.child("function")?;
            let of = function
                .child("value")
                .or_else(|| function.child("argument"))?;
            let none = node.child("arguments")?.children().next().is_none();
            let name = function.child("field")?.text();
            (none && ["len", "size", "length"].contains(&name)).then_some(of)
        };
        match (node.kind(), self.code.language()) {
            ("call", "python") | ("call_expression", "go") => {
                let is_len = node.child("function")?.text() == "len";
                only(node.child("arguments")?.children()).filter(|_| is_len)
            }
            ("call_expression", "rust" | "cpp") => method(node),
            ("method_invocation", _)
                if ["length", "size"].contains(&node.child("name")?.text()) =>
            {
                node.child("object").filter(|_| node.text().ends_with("()"))
            }
            ("member_expression", _) if node.child("property")?.text() == "length" => {
                node.child("object")
            }
            ("field_access", "java") if node.child("field")?.text() == "length" => {
                node.child("object")
            }
            _ => None,
        }
    }
}

/// The one node there is.
pub fn only<'a>(mut nodes: impl Iterator<Item = Node<'a>>) -> Option<Node<'a>> {
    let first = nodes.next()?;
    nodes.next().is_none().then_some(first)
}

/// The one child of this name.
fn sole<'a>(node: Node<'a>, field: &str) -> Option<Node<'a>> {
    only(node.children().filter(|child| child.field() == Some(field)))
}

/// Whether `name` stands in a node as a name.
pub fn mentions(node: Node, name: &str) -> bool {
    std::iter::once(node)
        .chain(node.inside())
        .any(|part| is_name(part) && part.text() == name)
}

/// Whether a node is the name of something.
pub fn is_name(node: Node) -> bool {
    node.kind().ends_with("identifier")
}

/// Whether nothing happens when the node is evaluated, so that evaluating it twice or never is the
/// same.
pub fn is_pure(node: Node) -> bool {
    const ACTS: &[&str] = &[
        "await",
        "await_expression",
        "yield",
        "yield_expression",
        "update_expression",
        "assignment_expression",
        "augmented_assignment_expression",
        "named_expression",
        "object_creation_expression",
        "try_expression",
        "inc_statement",
        "dec_statement",
        "preproc_call",
        "lambda",
        "unary_expression_receive",
    ];
    let acts =
        |part: Node| part.is(CALLS) || part.is(ACTS) || part.text() == "<-" || part.kind() == "++";
    !std::iter::once(node).chain(node.inside()).any(acts)
}

/// Whether a decorator stands before a function or a class, other than those that leave it as it
/// is.
pub fn is_decorated(node: Node) -> bool {
    const HARMLESS: &[&str] = &[
        "@staticmethod",
        "@classmethod",
        "@override",
        "@final",
        "@typing.override",
    ];
    let harmless = |text: &str| HARMLESS.contains(&text) || text.starts_with("@dataclass");
    let changes = |part: Node| part.kind() == "decorator" && !harmless(part.text());
    match node.parent() {
        Some(up) if up.kind() == "decorated_definition" => up.children().any(changes),
        _ => node.previous().is_some_and(changes) || node.children().any(changes),
    }
}

/// The function around a node.
pub fn function_of(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors().find(|around| around.is(FUNCTIONS))
}

/// A node without parentheses around it.
pub fn bare<'a>(mut node: Node<'a>) -> Node<'a> {
    while node.is(&["parenthesized_expression", "condition_clause"])
        && let Some(inner) = only(node.children())
    {
        node = inner;
    }
    node
}

/// The nodes in a function that no function inside it holds.
pub fn own<'a>(function: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    let mut skip = 0;
    function.inside().filter(move |node| {
        if node.id() < skip {
            return false;
        }
        if node.is(FUNCTIONS) {
            skip = node.inside().next_back().map_or(node.id(), Node::id) + 1;
            return false;
        }
        true
    })
}

/// Calls that never come back.
const EXITS: &[&str] = &[
    "exit",
    "_exit",
    "quit",
    "abort",
    "die",
    "panic",
    "panic!",
    "longjmp",
    "sys.exit",
    "os._exit",
    "os.abort",
    "os.Exit",
    "log.Fatal",
    "log.Fatalf",
    "log.Fatalln",
    "process.exit",
    "process.abort",
    "Deno.exit",
    "System.exit",
    "std::exit",
    "std::_Exit",
    "std::abort",
    "std::terminate",
    "std::quick_exit",
];

/// Whether a loop may end here: `break`, `return`, an exception, or the end of the program.
pub fn is_way_out(node: Node) -> bool {
    const LEAVING: &[&str] = &[
        "break_statement",
        "return_statement",
        "raise_statement",
        "throw_statement",
        "goto_statement",
    ];
    node.is(LEAVING) || node.is(CALLS) && EXITS.contains(&callee(node))
}

/// What a call calls, as it is spelt: `sys.exit`.
pub fn callee<'a>(call: Node<'a>) -> &'a str {
    let text = call.text();
    let end = call
        .child("arguments")
        .map(|all| all.start() - call.start())
        .or_else(|| text.find('('));
    text[..end.unwrap_or(text.len())].trim_end()
}

/// Whether a loop that counts starts at zero.
pub fn starts_at_zero(node: Node) -> bool {
    let head = node
        .children()
        .find(|child| child.kind() == "for_clause")
        .unwrap_or(node);
    let start = head.child("initializer").or_else(|| head.child("init"));
    start.is_some_and(|start| start.text().trim_end_matches(';').ends_with("= 0"))
}

/// Whether the last part of a list of statements leaves it.
pub fn leaves(node: Node) -> bool {
    node.is(&[
        "return_statement",
        "raise_statement",
        "throw_statement",
        "break_statement",
        "continue_statement",
    ])
}
