//! Reads that may give something else the second time: volatile registers, atomics, getters and
//! properties that act.
//!
//! [`is_pure`] says that evaluating something has no effect that its own words show; here the
//! file's declarations are asked as well. What other files declare is not known: in C, names in
//! capitals may be registers, and next to volatile fields of this file a field that is declared
//! elsewhere may be one.

use super::operands::parts;
use super::view::{CALLS, View, callee, is_among, is_name, is_pure};
use std::collections::HashSet;
use syntax::{Code, Node, Part, Role, Roles};

/// The names of a file whose reads differ.
pub struct Unstable {
    names: HashSet<String>,
    /// The fields that the file declares.
    fields: HashSet<String>,
    /// Whether members, dereferences and the like are computed by methods of this file that act.
    computed: bool,
    /// Whether the file speaks of volatile or atomic things at all.
    volatile: bool,
}

impl Unstable {
    /// Looks through a file's declarations.
    pub fn of(code: &Code) -> Self {
        let words = &code.grammar.facts.semantics.volatile_words;
        let volatile = words.iter().any(|word| code.text.contains(word));
        let mut all = Self {
            names: HashSet::new(),
            fields: HashSet::new(),
            computed: false,
            volatile,
        };
        for node in code.nodes() {
            all.look_at(node, words);
        }
        all
    }

    fn look_at(&mut self, node: Node, words: &[String]) {
        let library = &node.grammar().facts.library;
        if node.is(Role::MemberName) && node.ancestors().any(|up| up.is(Role::Field)) {
            self.fields.insert(node.text().to_owned());
        }
        if node.is(Role::TypedDeclaration) && self.volatile && self.is_volatile(node, words) {
            self.names.extend(declared(node));
        }
        if node.is(Role::MacroDefinition) {
            self.names.extend(macro_that_acts(node));
        }
        if node.is(Role::Method) && node.tokens().any(|part| part.is_token("get")) && acts(node) {
            self.names.extend(node.child(Part::Name).map(text_of));
        }
        if node.is(Role::Field) {
            self.look_at_field(node, words);
        }
        if node.is(Role::Decorated) {
            self.names.extend(property_that_acts(node));
        }
        if node.is(Role::NamedFunction) {
            let name = node.child(Part::Name).map_or("", |name| name.text());
            let operator = node.child(Part::Declarator).is_some_and(is_operator);
            let computes = operator || is_among(&library.computing_methods, name);
            self.computed |= computes && acts(node);
        }
        if node.is(Role::Assignment) && node.is(Role::VariableDefinition) {
            self.names.extend(used_up(node));
        }
        if node.is(Role::New) {
            let made = callee(node).strip_prefix("new ").unwrap_or_default();
            self.computed |= is_among(&library.computing_types, made);
        }
        if node.is(Role::Call) {
            self.names.extend(defined_getter(node));
        }
    }

    /// A field may be volatile, or a property that does more than to read.
    fn look_at_field(&mut self, field: Node, words: &[String]) {
        let head = text_before(field, field.child(Part::Value));
        let is_volatile = self.volatile && words.iter().any(|word| head.contains(word));
        let computes = |part: Node| part.is(Role::Accessor) && !is_pure(part);
        let has_accessors = field.grammar().tables().has(Role::Accessor);
        let acts = has_accessors && field.inside().any(computes);
        if is_volatile || acts {
            self.names.extend(names_of(field));
        }
    }

    /// Whether a declaration says volatile or atomic, or names a type that does.
    fn is_volatile(&self, declaration: Node, words: &[String]) -> bool {
        let names_it = |word: &str| self.names.contains(word);
        let declarator = declaration
            .tokens()
            .find(|part| part.part() == Some(Part::Declarator));
        let specifiers = text_before(declaration, declarator);
        words.iter().any(|word| specifiers.contains(word))
            || specifiers.split(|c| !text::is_word(c)).any(names_it)
    }

    /// Whether this very node reads what may differ the next time.
    fn moves(&self, view: &View, node: Node) -> bool {
        let has_macros = view.code.knows(Role::MacroDefinition);
        let member = node.part() == Some(Part::Member);
        let indirect = member || node.is([Role::Dereference, Role::Index]);
        let has_operators = view.code.knows(Role::OperatorName);
        let streams =
            has_operators && parts(node).is_some_and(|(_, sign, _)| [">>", "<<"].contains(&sign));
        let bare_call = view.semantics().bare_calls && node.is(Role::Identifier) && !is_bound(node);
        let differs = bare_call || is_name(node) && self.names.contains(node.text());
        if differs || streams || self.computed && (indirect || has_operators) {
            return true;
        }
        let register =
            has_macros && is_name(node) && is_in_capitals(node.text()) && is_looked_into(node);
        register || self.volatile && has_macros && member && !self.fields.contains(node.text())
    }
}

/// Whether evaluating a node twice or never is the same: it has no effect, and what it reads stays
/// as it is.
pub fn is_stable(view: &View, node: Node) -> bool {
    let mut all = std::iter::once(node).chain(node.inside());
    is_pure(node) && !all.any(|part| view.unstable().moves(view, part))
}

/// What a declaration says before one of its parts; all of it where it has no such part.
fn text_before<'a>(declaration: Node<'a>, part: Option<Node>) -> &'a str {
    let end = part.map_or(declaration.end(), Node::start);
    &declaration.text()[..end - declaration.start()]
}

fn text_of(node: Node) -> String {
    node.text().to_owned()
}

/// The names in the declaration of a field, without those of its value and its accessors.
fn names_of(field: Node) -> Vec<String> {
    let is_head = |part: &Node| {
        let mut up = std::iter::once(*part).chain(part.ancestors());
        !up.any(|up| up.part() == Some(Part::Value) || up.is(Role::Accessor))
    };
    let names = field.inside().filter(|part| is_name(*part));
    names.filter(is_head).map(text_of).collect()
}

/// Whether the function around a name, or the file where there is none, binds the name.
pub fn is_bound(name: Node) -> bool {
    let around = name.ancestors().find(|up| up.is(Role::Method));
    let scope = around.or_else(|| name.ancestors().last()).unwrap_or(name);
    let binds = |part: Node| {
        let Some(up) = part.parent() else {
            return false;
        };
        up.is([Role::Parameters, Role::Targets])
            || up.is(Role::Parameter) && part.part() == Some(Part::Name)
            || up.is([Role::Assignment, Role::CompoundAssignment, Role::ForEach])
                && part.part() == Some(Part::Left)
    };
    scope
        .inside()
        .any(|part| part.is(Role::Identifier) && part.text() == name.text() && binds(part))
}

/// The names that a declaration declares.
fn declared(declaration: Node) -> Vec<String> {
    let parts = declaration
        .tokens()
        .filter(|part| [Some(Part::Declarator), Some(Part::Name)].contains(&part.part()));
    let names = parts.filter_map(|part| {
        let mut all = std::iter::once(part).chain(part.inside());
        all.find(|inner| is_name(*inner)).map(text_of)
    });
    names.collect()
}

/// The name of a macro that reads a register or calls something.
fn macro_that_acts(node: Node) -> Option<String> {
    let value = node.child(Part::Value)?.text();
    let calls = value.split('(').rev().skip(1).any(|before| {
        let word = before
            .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
            .next()
            .unwrap_or_default();
        word.contains(|c: char| c.is_lowercase())
            && !["sizeof", "defined", "alignof"].contains(&word)
    });
    (value.contains("volatile") || calls).then(|| node.child(Part::Name).map(text_of))?
}

/// The name of a property whose function does more than to read.
fn property_that_acts(node: Node) -> Option<String> {
    let words = &node.grammar().facts.library.property_functions;
    let is_property = |decorator: Node| {
        let is_named = |word: &String| decorator.text().contains(word);
        decorator.is(Role::Decorator) && words.iter().any(is_named)
    };
    let function = node.child(Part::Definition)?;
    (node.children().any(is_property) && acts(function))
        .then(|| function.child(Part::Name).map(text_of))?
}

/// `next = property(..)`, and what an iterator gives only once.
fn used_up(node: Node) -> Option<String> {
    let (name, value) = (node.child(Part::Left)?, node.child(Part::Right)?);
    let library = &node.grammar().facts.library;
    let called = [&library.one_time_functions, &library.property_functions];
    let once = value.is(Role::Generator)
        || value.is(Role::Call) && called.iter().any(|all| is_among(all, callee(value)));
    (once && is_name(name)).then(|| text_of(name))
}

/// `Object.defineProperty(lexer, "next", ..)`.
fn defined_getter(node: Node) -> Option<String> {
    let definers = &node.grammar().facts.library.property_definers;
    let defines = definers.iter().any(|name| callee(node).ends_with(name));
    let key = node
        .child(Part::Arguments)
        .filter(|_| defines)?
        .children()
        .find(|key| key.is(Role::String))?;
    Some(key.text().trim_matches(['"', '\'']).to_owned())
}

/// Whether a function's body does more than to read and to give.
fn acts(function: Node) -> bool {
    const CHANGES: Roles = Roles::of(&[
        Role::CompoundAssignment,
        Role::Delete,
        Role::Yield,
        Role::Throw,
    ]);
    let changes = |part: Node| {
        part.is(CALLS)
            || part.is(CHANGES)
            || part.is(Role::Assignment) && part.child(Part::Left).is_some_and(|l| !is_name(l))
    };
    function
        .child(Part::Body)
        .is_some_and(|body| !is_pure(body) || body.inside().any(changes))
}

/// Whether a declarator is that of an operator that is called by looking: `*`, `->`, `[]`, or a
/// conversion.
fn is_operator(declarator: Node) -> bool {
    let looks = |part: Node| {
        let sign = part.text().trim_start_matches("operator").trim();
        part.is(Role::OperatorCast)
            || part.is(Role::OperatorName) && ["*", "->", "[]"].contains(&sign)
    };
    std::iter::once(declarator)
        .chain(declarator.inside())
        .any(looks)
}

/// Whether a name is written in capitals, as constants and macros are.
pub fn is_in_capitals(name: &str) -> bool {
    name.chars().any(|c| c.is_ascii_uppercase()) && !name.chars().any(|c| c.is_ascii_lowercase())
}

/// Whether a name is what a member is read of, or a pointer that is followed.
fn is_looked_into(name: Node) -> bool {
    name.parent().is_some_and(|up| {
        up.is([Role::Member, Role::Dereference, Role::Index]) && name.part() == Some(Part::Object)
    })
}
