//! A whole tree laid flat beside its text: every node knows its parent, what the parent calls it,
//! and how it is spelt.
//!
//! `bugs` looks for bugs with it. Going up in a tree of tree-sitter's is slow, and many
//! patterns ask for parents, so one walk writes all nodes down. A [`Node`] is a number and a
//! reference: cheap to copy. Kinds and fields are those of the language's grammar.

use crate::parse::Syntax;
use grammars::Grammar;
use ropey::Rope;
use std::cell::Cell;
use std::ops::Range;

/// A text and all nodes of its tree, in the order of the text, outer first.
///
/// Whoever walks it may limit how many nodes are visited ([`Code::allow`]). Once that many were,
/// every walk ends: what was found until then is not to be trusted.
pub struct Code {
    /// The language.
    pub grammar: &'static Grammar,
    /// The text.
    pub text: String,
    flat: Vec<Flat>,
    /// How many more nodes may be visited.
    left: Cell<u64>,
}

struct Flat {
    kind: &'static str,
    field: Option<&'static str>,
    range: Range<usize>,
    parent: usize,
    /// The number of the first node behind this one and all in it.
    behind: usize,
    named: bool,
    broken: bool,
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
            flat: Vec::new(),
            left: Cell::new(u64::MAX),
        };
        let language = syntax.grammar.language();
        let mut cursor = syntax.tree.walk();
        let mut open: Vec<usize> = Vec::new();
        loop {
            let (node, at) = (cursor.node(), code.flat.len());
            code.flat.push(Flat {
                kind: language
                    .node_kind_for_id(node.kind_id())
                    .unwrap_or_default(),
                field: cursor
                    .field_id()
                    .and_then(|id| language.field_name_for_id(id.get())),
                range: node.byte_range(),
                parent: open.last().copied().unwrap_or(at),
                behind: at + 1,
                named: node.is_named(),
                broken: node.has_error() || node.is_missing(),
            });
            if cursor.goto_first_child() {
                open.push(at);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return code;
                }
                let behind = code.flat.len();
                if let Some(closed) = open.pop() {
                    code.flat[closed].behind = behind;
                }
            }
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

    /// All nodes of these kinds.
    pub fn of_kind<'a>(
        &'a self,
        kinds: &'a [&'a str],
    ) -> impl DoubleEndedIterator<Item = Node<'a>> {
        self.nodes().filter(|node| node.is(kinds))
    }

    /// The id of the language, such as `cpp`.
    pub fn language(&self) -> &'static str {
        self.grammar.id
    }
}

impl<'a> Node<'a> {
    fn flat(self) -> &'a Flat {
        &self.code.flat[self.at]
    }

    /// Where it stands among all nodes of the text: names it.
    pub fn id(self) -> usize {
        self.at
    }

    /// What the grammar calls it.
    pub fn kind(self) -> &'static str {
        self.flat().kind
    }

    /// Whether its kind is one of these.
    pub fn is(self, kinds: &[&str]) -> bool {
        kinds.contains(&self.flat().kind)
    }

    /// What its parent calls it.
    pub fn field(self) -> Option<&'static str> {
        self.flat().field
    }

    /// Where it stands, in bytes.
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

    /// Whether it is a comment.
    pub fn is_comment(self) -> bool {
        self.code
            .grammar
            .facts
            .comment_nodes
            .iter()
            .any(|kind| kind == self.kind())
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

    /// It, if it is of one of these kinds, or the innermost such node around it.
    pub fn nearest(self, kinds: &[&str]) -> Option<Self> {
        std::iter::once(self)
            .chain(self.ancestors())
            .find(|node| node.is(kinds))
    }

    /// All nodes right in it, marks and comments too.
    pub fn tokens(self) -> impl Iterator<Item = Self> {
        let behind = self.flat().behind;
        let first = (self.at + 1 < behind).then_some(self.at + 1);
        let next = move |at: &usize| Some(self.code.flat[*at].behind).filter(|next| *next < behind);
        std::iter::successors(first, next).map_while(move |at| self.code.visit(at))
    }

    /// The named nodes right in it, without comments.
    pub fn children(self) -> impl Iterator<Item = Self> {
        self.tokens()
            .filter(|node| node.is_named() && !node.is_comment())
    }

    /// The first node right in it that it calls so.
    pub fn child(self, field: &str) -> Option<Self> {
        self.tokens().find(|node| node.field() == Some(field))
    }

    /// All nodes in it, not itself.
    pub fn inside(self) -> impl DoubleEndedIterator<Item = Self> {
        (self.at + 1..self.flat().behind).filter_map(move |at| self.code.visit(at))
    }

    /// Whether `other` is it or stands in it.
    pub fn holds(self, other: Self) -> bool {
        (self.at..self.flat().behind).contains(&other.at)
    }

    /// The named node behind it in the same parent, no comment.
    pub fn next(self) -> Option<Self> {
        let end = self.parent()?.flat().behind;
        let behind = |node: Self| {
            Some(node.flat().behind)
                .filter(|at| *at < end)
                .and_then(|at| self.code.visit(at))
        };
        let mut following = std::iter::successors(behind(self), |node| behind(*node));
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
        self.text() == other.text() || self.kind() == other.kind() && self.words() == other.words()
    }

    /// Its words and marks in their order, without comments; a string is one word.
    pub fn words(self) -> Vec<&'a str> {
        let (mut words, mut at) = (Vec::new(), self.at);
        while at < self.flat().behind {
            let Some(node) = self.code.visit(at) else {
                break;
            };
            let is_leaf = node.flat().behind == at + 1;
            let is_string = self
                .code
                .grammar
                .facts
                .string_nodes
                .iter()
                .any(|kind| kind == node.kind());
            if node.is_comment() || is_string || is_leaf {
                at = node.flat().behind;
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
