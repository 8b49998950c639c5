//! Which names code binds, and where: modules, classes, functions, lambdas and comprehensions. Only
//! of languages whose facts say that their scopes are closed is anything known.
//!
//! Patterns ask whether a name resolves where it is used. In doubt it does: a name bound in any
//! way, anywhere in a scope around, resolves, and nothing is known of a file that can get names
//! from elsewhere ([`Scopes::is_open`]).

use super::view::is_among;
use std::collections::{HashMap, HashSet};
use syntax::{Code, Node, Part, Role, Roles};

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
    /// The names of a file.
    pub fn of(code: &Code) -> Self {
        let mut scopes = Self {
            bound: HashMap::new(),
            open: code.root().is_broken(),
        };
        if !code.grammar.facts.semantics.closed_scopes {
            return Self {
                open: true,
                ..scopes
            };
        }
        for node in code.nodes() {
            if node.is([Role::WildcardImport, Role::Legacy]) {
                scopes.open = true;
            }
            if !node.is(Role::Identifier) {
                continue;
            }
            match OPENING.contains(&node.text()) || puts_names(node) {
                true => scopes.open = true,
                false => scopes.bind(code, node),
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
            .is_some_and(|parent| parent.is(Role::GlobalNames))
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
        is_builtin(node, name) || self.around(node).any(|bound| bound.contains(name))
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
                in_body |= inner.part() == Some(Part::Body)
                    && scope.is([Role::NamedFunction, Role::Lambda]);
                inner = *scope;
                scope.is(Role::Scope) && !(in_body && scope.is(Role::Class))
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
    let member = up.filter(|up| up.is(Role::Member) && up.child(Part::Object) == Some(name));
    let of = |attribute: &str| {
        member
            .and_then(|up| up.child(Part::Member))
            .is_some_and(|own| own.text() == attribute)
    };
    match name.text() {
        "setattr" => {
            let call = up
                .filter(|up| up.child(Part::Function) == Some(name))
                .and_then(|call| call.child(Part::Arguments));
            call.and_then(|all| all.children().next())
                .is_none_or(|first| !["self", "cls"].contains(&first.text()))
        }
        "sys" => {
            of("modules")
                && member
                    .and_then(Node::parent)
                    .is_some_and(|item| item.is(Role::Index))
        }
        "gettext" => of("install"),
        text if BUILTIN_MODULES.contains(&text) => {
            member.is_some_and(|up| up.part() == Some(Part::Left))
                || member.is_none() && binding_scope(name).is_none()
        }
        _ => false,
    }
}

/// The innermost scope around a node, not itself.
pub fn scope_of(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors().find(|around| around.is(Role::Scope))
}

/// The scope in which a name is bound where it is written; `None` where it is used.
pub fn binding_scope(name: Node<'_>) -> Option<Node<'_>> {
    let mut inner = name;
    for parent in name.ancestors() {
        match binding(parent, inner) {
            Binding::Here => return scope_of(parent),
            Binding::Scope(scope) => return scope,
            Binding::Further => inner = parent,
        }
    }
    None
}

/// What a node says of a name in one of its children.
enum Binding<'a> {
    /// It binds the name in the scope around it.
    Here,
    /// The name is bound in this scope, or not at all.
    Scope(Option<Node<'a>>),
    /// The nodes around decide.
    Further,
}

fn binding<'a>(parent: Node<'a>, inner: Node<'a>) -> Binding<'a> {
    const BIND_LEFT: Roles = Roles::of(&[
        Role::Assignment,
        Role::CompoundAssignment,
        Role::ForEach,
        Role::TypeAlias,
    ]);
    const BIND_NAME: Roles = Roles::of(&[
        Role::DefaultParameter,
        Role::TypedDefault,
        Role::NamedFunction,
        Role::Class,
    ]);
    const BIND_ALIAS: Roles = Roles::of(&[Role::AsPattern, Role::CatchClause, Role::ImportAlias]);
    let bound = match inner.part() {
        Some(Part::Left) if parent.is(Role::ComprehensionLoop) => {
            return Binding::Scope(parent.parent());
        }
        Some(Part::Name) if parent.is(Role::NamedExpression) => {
            let is_lasting = |up: &Node| up.is(Role::Scope) && !up.is(Role::ComprehensionScope);
            return Binding::Scope(parent.ancestors().find(is_lasting));
        }
        Some(Part::Left) => parent.is(BIND_LEFT),
        Some(Part::Name) => parent.is(BIND_NAME),
        Some(Part::Alias) => parent.is(BIND_ALIAS),
        None => parent.is(Role::AsPattern) && inner.is(Role::AsTarget),
        _ => false,
    };
    let is_parameter = parent.is(Role::TypedParameter) && inner.part() != Some(Part::Type);
    if bound || is_parameter || parent.is([Role::Parameters, Role::BindsAll]) {
        return Binding::Here;
    }
    if parent.is(Role::ImportPath) {
        return imported(parent, inner);
    }
    match parent.is([Role::Pattern, Role::CasePattern]) {
        true => Binding::Further,
        false => Binding::Scope(None),
    }
}

/// What a path of names in an import binds: its first name, where it says what is imported.
fn imported<'a>(path: Node<'a>, name: Node<'a>) -> Binding<'a> {
    let Some(import) = path.parent().filter(|up| up.is(Role::ImportedNames)) else {
        return Binding::Further;
    };
    let first = path.children().next() == Some(name);
    match first && path.part() == Some(Part::Name) {
        true => Binding::Scope(scope_of(import)),
        false => Binding::Scope(None),
    }
}

/// Whether a name is used here, rather than bound, a member, a key or part of an import.
pub fn is_use(name: Node) -> bool {
    const ELSEWHERE: Roles = Roles::of(&[Role::TypeAnnotation, Role::Import, Role::CapturePattern]);
    let Some(parent) = name.parent() else {
        return false;
    };
    let member = match name.part() {
        Some(Part::Member) => parent.is(Role::Member),
        Some(Part::Name) => parent.is(Role::KeywordArgument),
        _ => false,
    };
    !member
        && !parent.is(Role::KeywordPattern)
        && binding_scope(name).is_none()
        && !name.ancestors().any(|around| around.is(ELSEWHERE))
}

/// Whether the language knows a name by itself, in any version.
pub fn is_builtin(node: Node, name: &str) -> bool {
    is_among(&node.grammar().facts.library.builtins, name)
        || name.starts_with("__") && name.ends_with("__")
        || name == "_"
        || name.ends_with("Error")
        || name.ends_with("Warning")
}
