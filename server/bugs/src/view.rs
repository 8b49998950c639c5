//! A file as patterns see it: its nodes, its names, its lines, and all that languages express
//! differently.
//!
//! Made once per search and shared by all patterns. It answers questions such as "what is indexed
//! here with what" for every language alike; a pattern about one language looks at the kinds of
//! nodes itself.

use super::reads::Unstable;
use super::scopes::Scopes;
use super::{cells, paths};
use grammars::{Library, Semantics};
use std::cell::OnceCell;
use std::ops::Range;
use syntax::{Code, Node, Part, Role, Roles};

/// Calls of all kinds.
pub const CALLS: Roles = Roles::of(&[Role::Call, Role::New, Role::Macro]);

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

    /// How programs of its language behave.
    pub fn semantics(&self) -> &'static Semantics {
        &self.code.grammar.facts.semantics
    }

    /// What comes with its language.
    pub fn library(&self) -> &'static Library {
        &self.code.grammar.facts.library
    }

    /// Whether the names of its language are known well enough to say that one is bound nowhere.
    pub fn has_closed_scopes(&self) -> bool {
        self.semantics().closed_scopes
    }

    /// The usual word for the object that a method is called on.
    pub fn receiver(&self) -> Option<&'static str> {
        self.semantics().receivers.first().map(String::as_str)
    }

    /// Which names are bound where, for languages with closed scopes.
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

    /// Whether nothing but blanks comes before the node on its line.
    pub fn begins_line(&self, node: Node) -> bool {
        self.code.text[self.line_start(node.start())..node.start()]
            .trim()
            .is_empty()
    }

    /// What is indexed here, and with what: `a[i]`, `a.get(i)`, `a.charAt(i)`.
    pub fn indexed(&self, node: Node<'a>) -> Option<(Node<'a>, Node<'a>)> {
        if node.is(Role::Index) {
            return Some((node.child(Part::Object)?, index(node)?));
        }
        if !node.is(Role::Call) {
            return None;
        }
        let (object, name) = method_called(node)?;
        let is_item = is_among(&self.library().item_methods, name);
        let index = || only(arguments(node.child(Part::Arguments)?));
        is_item.then(index)?.map(|index| (object, index))
    }

    /// What the length is of: `len(a)`, `a.length`, `a.size()`, `a.len()`.
    pub fn length_of(&self, node: Node<'a>) -> Option<Node<'a>> {
        let library = self.library();
        if node.is(Role::Member) {
            let name = node.child(Part::Member)?.text();
            return is_among(&library.length_members, name)
                .then(|| node.child(Part::Object))
                .flatten();
        }
        if !node.is(Role::Call) {
            return None;
        }
        let list = node.child(Part::Arguments);
        if let Some(list) = list
            && let Some(function) = node.child(Part::Function)
            && is_among(&library.length_functions, function.text())
        {
            return only(arguments(list));
        }
        let (object, name) = method_called(node)?;
        let is_length = is_among(&library.length_methods, name);
        let is_bare = list.is_none_or(|list| list.children().next().is_none());
        (is_length && is_bare).then_some(object)
    }
}

/// Whether a list of facts has a word.
pub fn is_among(words: &[String], word: &str) -> bool {
    words.iter().any(|known| known == word)
}

/// The object and the name of a method that is called.
pub fn method_called<'a>(call: Node<'a>) -> Option<(Node<'a>, &'a str)> {
    if let (Some(object), Some(name)) = (call.child(Part::Object), call.child(Part::Name)) {
        return Some((object, name.text()));
    }
    let function = call.child(Part::Function)?;
    let name = function.child(Part::Member)?;
    Some((function.child(Part::Object)?, name.text()))
}

/// The arguments of a list, without what a grammar wraps around each.
pub fn arguments<'a>(list: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    list.children().map(unwrapped)
}

/// An argument without what a grammar wraps around it.
fn unwrapped(node: Node<'_>) -> Node<'_> {
    if !node.is(Role::Argument) {
        return node;
    }
    only(node.children()).unwrap_or(node)
}

/// The one index of `a[i]`.
fn index<'a>(node: Node<'a>) -> Option<Node<'a>> {
    let mut all = node
        .children()
        .filter(|child| child.part() == Some(Part::Index));
    match all.next() {
        Some(index) => all.next().is_none().then_some(index),
        None => only(arguments(node.child(Part::Indices)?)),
    }
}

/// The one node there is.
pub fn only<'a>(mut nodes: impl Iterator<Item = Node<'a>>) -> Option<Node<'a>> {
    let first = nodes.next()?;
    nodes.next().is_none().then_some(first)
}

/// Whether `name` is in a node as a name.
pub fn mentions(node: Node, name: &str) -> bool {
    std::iter::once(node)
        .chain(node.inside())
        .any(|part| is_name(part) && part.text() == name)
}

/// Whether a node is the name of something.
pub fn is_name(node: Node) -> bool {
    node.is(Role::Name)
}

/// Whether nothing happens when the node is evaluated, so that evaluating it twice or never is the
/// same.
pub fn is_pure(node: Node) -> bool {
    let acts = |part: Node| part.is(ACTING) || part.text() == "<-" || part.text() == "++";
    !std::iter::once(node).chain(node.inside()).any(acts)
}

const ACTING: Roles = CALLS.or(Roles::of(&[Role::Effect]));

/// Whether a decorator comes before a function or a class, other than those that leave it as it
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
    let changes = |part: Node| part.is(Role::Decorator) && !harmless(part.text());
    match node.parent() {
        Some(up) if up.is(Role::Decorated) => up.children().any(changes),
        _ => node.previous().is_some_and(changes) || node.children().any(changes),
    }
}

/// The function around a node.
pub fn function_of(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors().find(|around| around.is(Role::Function))
}

/// A node without parentheses around it.
pub fn bare<'a>(mut node: Node<'a>) -> Node<'a> {
    while node.is([Role::Parenthesized, Role::ConditionClause])
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
        if node.is(Role::Function) {
            skip = node.inside().next_back().map_or(node.id(), Node::id) + 1;
            return false;
        }
        true
    })
}

impl View<'_> {
    /// Whether a loop may end here: `break`, `return`, an exception, or the end of the program.
    pub fn is_way_out(&self, node: Node) -> bool {
        const LEAVING: Roles = Roles::of(&[Role::Break, Role::Return, Role::Throw, Role::Goto]);
        node.is(LEAVING) || node.is(CALLS) && is_among(&self.library().exits, callee(node))
    }
}

/// What a call calls, as it is spelt: `sys.exit`.
pub fn callee<'a>(call: Node<'a>) -> &'a str {
    let text = call.text();
    let end = call
        .child(Part::Arguments)
        .map(|all| all.start() - call.start())
        .or_else(|| text.find('('));
    text[..end.unwrap_or(text.len())].trim_end()
}

/// Whether a loop that counts starts at zero.
pub fn starts_at_zero(node: Node) -> bool {
    let head = node
        .children()
        .find(|child| child.is(Role::LoopHead))
        .unwrap_or(node);
    let start = head.child(Part::Initializer);
    start.is_some_and(|start| start.text().trim_end_matches(';').ends_with("= 0"))
}

/// Whether the last part of a list of statements leaves it.
pub fn leaves(node: Node) -> bool {
    node.is([Role::Return, Role::Throw, Role::Break, Role::Continue])
}
