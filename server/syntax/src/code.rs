//! A whole tree laid flat next to its text: every node knows its parent, what it is, what it is to
//! its parent, and how it is spelt.
//!
//! `bugs` looks for bugs with it. Going up in a tree of tree-sitter's is slow, and many patterns
//! ask for parents, so one walk writes all nodes down. A [`Node`] is a number and a reference:
//! cheap to copy. What a node is, is said in the words of [`grammars::roles`], the same for all
//! languages.

use crate::parse::Syntax;
use grammars::{Child, Grammar, NodeTables, Part, Role, Roles};
use ropey::Rope;
use std::cell::Cell;
use std::ops::Range;
use tree_sitter::TreeCursor;

/// A text and all nodes of its tree, in the order of the text, outer first.
///
/// Whoever walks it may limit how many nodes are visited ([`Code::allow`]). Once that many were,
/// every walk ends: what was found until then is not to be trusted.
pub struct Code {
    /// The language.
    pub grammar: &'static Grammar,
    /// The text.
    pub text: String,
    tables: &'static NodeTables,
    flat: Vec<Flat>,
    /// How many more nodes may be visited.
    left: Cell<u64>,
}

struct Flat {
    roles: Roles,
    kind: u16,
    field: u16,
    part: Option<Part>,
    named: bool,
    broken: bool,
    comment: bool,
    parent: usize,
    /// The number of the first node after this one and all in it.
    next_id: usize,
    range: Range<usize>,
}

/// A node of a [`Code`].
#[derive(Clone, Copy)]
pub struct Node<'a> {
    code: &'a Code,
    at: usize,
}

impl Code {
    /// Lays a tree flat. The tree must be that of the text.
    pub fn new(syntax: &Syntax, rope: &Rope) -> Self {
        let mut code = Self {
            grammar: syntax.grammar,
            text: rope.to_string(),
            tables: syntax.grammar.tables(),
            flat: Vec::new(),
            left: Cell::new(u64::MAX),
        };
        let comments = syntax.grammar.comment_kinds();
        let mut cursor = syntax.tree.walk();
        let mut open: Vec<usize> = Vec::new();
        // Nodes that are not fully known before their children are.
        let mut waiting: Vec<usize> = Vec::new();
        loop {
            let at = code.flat.len();
            let flat = code.flat_node(&cursor, open.last().copied(), comments);
            if code.tables.is_conditional(flat.kind)
                || code.tables.parts().asks_for_position(flat.kind)
            {
                waiting.push(at);
            }
            code.flat.push(flat);
            if cursor.goto_first_child() {
                open.push(at);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    waiting.into_iter().for_each(|at| code.complete(at));
                    code.left.set(u64::MAX);
                    return code;
                }
                let next_id = code.flat.len();
                if let Some(closed) = open.pop() {
                    code.flat[closed].next_id = next_id;
                }
            }
        }
    }

    /// What is known of the cursor's node before its siblings and children are.
    fn flat_node(&self, cursor: &TreeCursor, parent: Option<usize>, comments: &[u16]) -> Flat {
        let (node, at) = (cursor.node(), self.flat.len());
        let kind = node.kind_id();
        let field = cursor.field_id().map_or(0, std::num::NonZero::get);
        let child = Child {
            kind,
            field,
            after: 0,
            first: false,
            last: false,
        };
        let part = |above: usize| self.tables.parts().get(self.flat[above].kind, child);
        Flat {
            roles: self.tables.roles(kind),
            kind,
            field,
            part: parent.and_then(part),
            named: node.is_named(),
            broken: node.has_error() || node.is_missing(),
            comment: comments.contains(&kind),
            parent: parent.unwrap_or(at),
            next_id: at + 1,
            range: node.byte_range(),
        }
    }

    /// Says of a node what depends on its children, and of these what depends on their place.
    fn complete(&mut self, at: usize) {
        let node = Node { code: self, at };
        let kind = self.flat[at].kind;
        let named: Vec<usize> = node.children().map(Node::id).collect();
        let mut after = 0;
        let mut place = |child: Node| {
            let flat = child.flat();
            let before = after;
            after = if flat.comment { after } else { flat.kind };
            Child {
                kind: flat.kind,
                field: flat.field,
                after: before,
                first: named.first() == Some(&child.at),
                last: named.last() == Some(&child.at),
            }
        };
        let children: Vec<(usize, Child)> = node
            .tokens()
            .map(|child| (child.at, place(child)))
            .collect();
        let all: Vec<Child> = children.iter().map(|(_, child)| *child).collect();
        self.flat[at].roles = self.tables.roles_with(kind, &all);
        for (child, place) in children {
            self.flat[child].part = self.tables.parts().get(kind, place);
        }
    }

    /// The node that holds all others.
    pub fn root(&self) -> Node<'_> {
        Node { code: self, at: 0 }
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.flat.len()
    }

    /// Lets this many nodes be visited from now on.
    pub fn allow(&self, visits: u64) {
        self.left.set(visits);
    }

    /// How many nodes may still be visited; at 0 a walk ended early.
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// The node of this number, unless too many were visited.
    fn visit(&self, at: usize) -> Option<Node<'_>> {
        let left = self.left.get().checked_sub(1)?;
        self.left.set(left);
        Some(Node { code: self, at })
    }

    /// All nodes, outer first.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = Node<'_>> {
        (0..self.flat.len()).filter_map(|at| self.visit(at))
    }

    /// All nodes with one of these roles.
    pub fn of(&self, roles: impl Into<Roles>) -> impl DoubleEndedIterator<Item = Node<'_>> {
        let roles = roles.into();
        self.nodes().filter(move |node| node.is(roles))
    }

    /// Whether nodes of the language have this role.
    pub fn knows(&self, role: Role) -> bool {
        self.tables.has(role)
    }
}

impl<'a> Node<'a> {
    fn flat(self) -> &'a Flat {
        &self.code.flat[self.at]
    }

    /// Its number among all nodes of the text: names it.
    pub fn id(self) -> usize {
        self.at
    }

    /// What it is.
    pub fn roles(self) -> Roles {
        self.flat().roles
    }

    /// Whether it is one of these.
    pub fn is(self, roles: impl Into<Roles>) -> bool {
        self.flat().roles.meets(roles.into())
    }

    /// What it is to its parent.
    pub fn part(self) -> Option<Part> {
        self.flat().part
    }

    /// Whether the grammar calls both the same.
    pub fn is_like(self, other: Self) -> bool {
        self.flat().kind == other.flat().kind
    }

    /// Its range in bytes.
    pub fn range(self) -> Range<usize> {
        self.flat().range.clone()
    }

    /// Where it begins.
    pub fn start(self) -> usize {
        self.flat().range.start
    }

    /// Where it ends.
    pub fn end(self) -> usize {
        self.flat().range.end
    }

    /// How it is spelt.
    pub fn text(self) -> &'a str {
        self.code.text.get(self.range()).unwrap_or_default()
    }

    /// Whether something in it could not be parsed.
    pub fn is_broken(self) -> bool {
        self.flat().broken
    }

    /// Whether it is more than a word or mark of the grammar.
    pub fn is_named(self) -> bool {
        self.flat().named
    }

    /// Whether it is this word or mark of the grammar.
    pub fn is_token(self, text: &str) -> bool {
        !self.is_named() && self.text() == text
    }

    /// The language.
    pub fn grammar(self) -> &'static Grammar {
        self.code.grammar
    }

    /// Whether it is a comment.
    pub fn is_comment(self) -> bool {
        self.flat().comment
    }

    /// Whether it is text that is no code of the language.
    pub fn is_error(self) -> bool {
        self.flat().kind == u16::MAX
    }

    /// The node around it; none around the root.
    pub fn parent(self) -> Option<Self> {
        let parent = self.flat().parent;
        if parent == self.at {
            None
        } else {
            self.code.visit(parent)
        }
    }

    /// The nodes around it, the innermost first.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// All nodes right in it, marks and comments too.
    pub fn tokens(self) -> impl Iterator<Item = Self> {
        let next_id = self.flat().next_id;
        let first = (self.at + 1 < next_id).then_some(self.at + 1);
        let next =
            move |at: &usize| Some(self.code.flat[*at].next_id).filter(|next| *next < next_id);
        std::iter::successors(first, next).map_while(move |at| self.code.visit(at))
    }

    /// The named nodes right in it, without comments.
    pub fn children(self) -> impl Iterator<Item = Self> {
        self.tokens()
            .filter(|node| node.is_named() && !node.is_comment())
    }

    /// The first node right in it that is this part of it.
    pub fn child(self, part: Part) -> Option<Self> {
        self.tokens().find(|node| node.part() == Some(part))
    }

    /// All nodes in it, not itself.
    pub fn inside(self) -> impl DoubleEndedIterator<Item = Self> {
        (self.at + 1..self.flat().next_id).filter_map(move |at| self.code.visit(at))
    }

    /// Whether `other` is it or in it.
    pub fn holds(self, other: Self) -> bool {
        (self.at..self.flat().next_id).contains(&other.at)
    }

    /// The named node after it in the same parent, no comment.
    pub fn next(self) -> Option<Self> {
        let end = self.parent()?.flat().next_id;
        let sibling = |node: Self| {
            Some(node.flat().next_id)
                .filter(|at| *at < end)
                .and_then(|at| self.code.visit(at))
        };
        let mut following = std::iter::successors(sibling(self), |node| sibling(*node));
        following.find(|node| node.is_named() && !node.is_comment())
    }

    /// The named node before it in the same parent, no comment.
    pub fn previous(self) -> Option<Self> {
        self.parent()?
            .children()
            .take_while(|node| node.at < self.at)
            .last()
    }

    /// Whether both are spelt alike, blanks and comments aside.
    pub fn same(self, other: Self) -> bool {
        self.text() == other.text() || self.is_like(other) && self.words() == other.words()
    }

    /// Its words and marks in their order, without comments; a string is one word.
    pub fn words(self) -> Vec<&'a str> {
        let (mut words, mut at) = (Vec::new(), self.at);
        while at < self.flat().next_id {
            let Some(node) = self.code.visit(at) else {
                break;
            };
            let is_leaf = node.flat().next_id == at + 1;
            let is_string = self.code.grammar.string_kinds().contains(&node.flat().kind);
            if node.is_comment() || is_string || is_leaf {
                at = node.flat().next_id;
                words.extend((!node.is_comment()).then(|| node.text()));
            } else {
                at += 1;
            }
        }
        words
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
