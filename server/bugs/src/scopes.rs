//! Which names Python code binds, and where: modules, classes, functions, lambdas and
//! comprehensions.
//!
//! Patterns ask whether a name resolves where it is used. In doubt it does: a name bound in any
//! way, anywhere in a scope around, resolves, and nothing is known of a file that can get names
//! from elsewhere ([`Scopes::is_open`]).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use syntax::{Code, Node};

const SCOPES: &[&str] = &[
    "module",
    "function_definition",
    "class_definition",
    "lambda",
    "list_comprehension",
    "set_comprehension",
    "dictionary_comprehension",
    "generator_expression",
];
/// What may stand between a name and what binds it.
const PATTERNS: &[&str] = &[
    "pattern_list",
    "tuple_pattern",
    "list_pattern",
    "list_splat_pattern",
    "dictionary_splat_pattern",
    "as_pattern_target",
    "tuple",
    "list",
    "parenthesized_expression",
    "list_splat",
];
/// Names that a file with any of these may have from elsewhere.
const OPENING: &[&str] = &[
    "exec",
    "eval",
    "globals",
    "locals",
    "vars",
    "execfile",
    "__builtins__",
    "NameError",
    "__dict__",
    "f_globals",
    "f_locals",
    "user_ns",
    "__main__",
];
/// Modules that names are put into for all others.
const BUILTIN_MODULES: &[&str] = &["builtins", "__builtin__"];

/// The names of a file.
pub struct Scopes {
    bound: HashMap<usize, HashSet<String>>,
    open: bool,
}

impl Scopes {
    /// The names of a Python file.
    pub fn of(code: &Code) -> Self {
        let mut scopes = Self {
            bound: HashMap::new(),
            open: code.root().is_broken(),
        };
        if code.language() != "python" {
            return Self {
                open: true,
                ..scopes
            };
        }
        for node in code.nodes() {
            match node.kind() {
                "wildcard_import" | "print_statement" | "exec_statement" => scopes.open = true,
                "identifier" if OPENING.contains(&node.text()) || puts_names(node) => {
                    scopes.open = true
                }
                "identifier" => scopes.bind(code, node),
                _ => {}
            }
        }
        scopes
    }

    fn bind(&mut self, code: &Code, name: Node) {
        if let Some(scope) = binding_scope(name) {
            self.bound
                .entry(scope.id())
                .or_default()
                .insert(name.text().to_owned());
        }
        if name
            .parent()
            .is_some_and(|parent| parent.is(&["global_statement"]))
        {
            self.bound
                .entry(code.root().id())
                .or_default()
                .insert(name.text().to_owned());
        }
    }

    /// Whether names may come from elsewhere, or the file is broken: nothing is certain then.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether `name` means something at `node`.
    pub fn resolves(&self, node: Node, name: &str) -> bool {
        is_builtin(name) || self.around(node).any(|bound| bound.contains(name))
    }

    /// The names that are bound around `node`, nearest first.
    pub fn visible<'a>(&'a self, node: Node<'a>) -> impl Iterator<Item = &'a str> {
        self.around(node).flatten().map(String::as_str)
    }

    /// The names of each scope that can be seen from `node`. Those of a class cannot be seen from
    /// the bodies in it.
    fn around<'a>(&'a self, node: Node<'a>) -> impl Iterator<Item = &'a HashSet<String>> {
        let (mut inner, mut in_body) = (node, false);
        let seen = std::iter::once(node)
            .chain(node.ancestors())
            .filter(move |scope| {
                in_body |=
                    inner.field() == Some("body") && scope.is(&["function_definition", "lambda"]);
                inner = *scope;
                scope.is(SCOPES) && !(in_body && scope.kind() == "class_definition")
            });
        seen.filter_map(|scope| self.bound.get(&scope.id()))
    }

    /// Whether `scope` itself binds `name`.
    pub fn binds(&self, scope: Node, name: &str) -> bool {
        self.bound
            .get(&scope.id())
            .is_some_and(|bound| bound.contains(name))
    }
}

/// Whether a name is part of what puts names into a module: `builtins.x = 1`, `setattr(module,
/// ..)`, `sys.modules[..]`, `gettext.install(..)`.
fn puts_names(name: Node) -> bool {
    let up = name.parent();
    let member = up.filter(|up| up.kind() == "attribute" && up.child("object") == Some(name));
    let of = |attribute: &str| {
        member
            .and_then(|up| up.child("attribute"))
            .is_some_and(|own| own.text() == attribute)
    };
    match name.text() {
        "setattr" => {
            let call = up
                .filter(|up| up.child("function") == Some(name))
                .and_then(|call| call.child("arguments"));
            call.and_then(|all| all.children().next())
                .is_none_or(|first| !["self", "cls"].contains(&first.text()))
        }
        "sys" => {
            of("modules")
                && member
                    .and_then(Node::parent)
                    .is_some_and(|item| item.kind() == "subscript")
        }
        "gettext" => of("install"),
        text if BUILTIN_MODULES.contains(&text) => {
            member.is_some_and(|up| up.field() == Some("left"))
                || member.is_none() && binding_scope(name).is_none()
        }
        _ => false,
    }
}

/// The innermost scope around a node, not itself.
pub fn scope_of(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors().find(|around| around.is(SCOPES))
}

/// The scope in which a name is bound where it stands; `None` where it is used.
pub fn binding_scope(name: Node<'_>) -> Option<Node<'_>> {
    let mut inner = name;
    for parent in name.ancestors() {
        match (parent.kind(), inner.field()) {
            (
                "assignment" | "augmented_assignment" | "for_statement" | "type_alias_statement",
                Some("left"),
            ) => {
                return scope_of(parent);
            }
            ("named_expression", Some("name")) => {
                return parent.ancestors().find(|a| a.is(&SCOPES[..4]));
            }
            ("for_in_clause", Some("left")) => return parent.parent(),
            ("as_pattern", Some("alias"))
            | ("except_clause" | "except_group_clause", Some("alias")) => {
                return scope_of(parent);
            }
            ("as_pattern", None) if inner.kind() == "as_pattern_target" => return scope_of(parent),
            ("default_parameter" | "typed_default_parameter", Some("name")) => {
                return scope_of(parent);
            }
            ("typed_parameter", None) | ("parameters" | "lambda_parameters", _) => {
                return scope_of(parent);
            }
            ("function_definition" | "class_definition", Some("name")) => return scope_of(parent),
            ("aliased_import", Some("alias")) => return scope_of(parent),
            ("aliased_import", _) => return None,
            ("dotted_name", _) => {
                let first = parent.children().next() == Some(inner);
                let from = parent.field() == Some("name");
                let import = parent.parent().filter(|up| up.kind().starts_with("import"));
                if let Some(import) = import {
                    return scope_of(import).filter(|_| first && from);
                }
            }
            (
                "global_statement" | "nonlocal_statement" | "delete_statement" | "type_parameter"
                | "case_pattern",
                _,
            ) => {
                return scope_of(parent);
            }
            (
                "case_clause" | "union_pattern" | "class_pattern" | "dict_pattern"
                | "splat_pattern",
                _,
            ) => {}
            (kind, _) if PATTERNS.contains(&kind) => {}
            _ => return None,
        }
        inner = parent;
    }
    None
}

/// Whether a name is used here, rather than bound, a member, a key or part of an import.
pub fn is_use(name: Node) -> bool {
    let Some(parent) = name.parent() else {
        return false;
    };
    let member = matches!(
        (parent.kind(), name.field()),
        ("attribute", Some("attribute"))
            | ("keyword_argument", Some("name"))
            | ("keyword_pattern", _)
    );
    let elsewhere = [
        "type",
        "import_statement",
        "import_from_statement",
        "future_import_statement",
        "case_pattern",
    ];
    !member
        && binding_scope(name).is_none()
        && !name.ancestors().any(|around| around.is(&elsewhere))
}

/// Whether Python knows a name by itself, in any version.
pub fn is_builtin(name: &str) -> bool {
    static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| BUILTINS.split_whitespace().collect());
    KNOWN.contains(name)
        || name.starts_with("__") && name.ends_with("__")
        || name == "_"
        || name.ends_with("Error")
        || name.ends_with("Warning")
}

/// Python's own names, those of Python 2 and of consoles among them.
const BUILTINS: &str = "
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright
    credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals hasattr hash
    help hex id input int isinstance issubclass iter len license list locals map max memoryview min next object oct open
    ord pow print property quit range repr reversed round set setattr slice sorted staticmethod str sum super tuple type
    vars zip True False None Ellipsis NotImplemented BaseException BaseExceptionGroup Exception ExceptionGroup
    GeneratorExit KeyboardInterrupt StopAsyncIteration StopIteration SystemExit PythonFinalizationError
    unicode xrange raw_input basestring long unichr reduce file cmp execfile apply buffer coerce intern reload
    get_ipython reveal_type reveal_locals self cls match case type display dbutils spark undefined
";
