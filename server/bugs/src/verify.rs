//! How far the edits of a finding were verified, as a ladder of levels. The first two need only the
//! text.
//!
//! [`find`](super::find) verifies every finding and shows nothing below [`Level::Names`]. The
//! higher levels belong to callers that have a model (`model_checks/likelier_fix.rs`) or may run
//! programs: the language's own checker, tests. What a checker says does not need the model's level
//! below it.

use super::scopes::{Scopes, is_use};
use super::view::{is_among, is_name};
use std::collections::HashSet;
use std::ops::Range;
use syntax::{Code, Node, Part, Reuse, Role, Rope, Syntax};
use text::{Edit, apply, is_word};

/// Names that languages know without a definition, as far as fixes use them.
const KNOWN: &[&str] = &[
    "Number", "Math", "String", "Array", "Object", "strcmp", "len",
];
/// How many times the nodes of a text may be visited to find what its names mean, and what is
/// allowed in any text.
const VISITS: (u64, u64) = (50, 1 << 20);

/// How far a fix was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The text has no more syntax errors than before.
    Parses = 1,
    /// And the names in the new text mean something there.
    Names = 2,
    /// And the model finds the new text likelier than the old one.
    Model = 3,
    /// And the language's own checker finds no error, or fewer than before.
    Checker = 4,
    /// And the user's tests do not fare worse.
    Tests = 5,
}

/// The steps that were passed in words, for a title: `parses, names, py_compile`. `passed_checks`
/// names those above [`Level::Names`].
pub fn describe_checks(level: Level, passed_checks: &[String]) -> String {
    let first = if level == Level::Parses {
        "parses"
    } else {
        "parses, names"
    };
    std::iter::once(first)
        .chain(passed_checks.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Checks edits of one text, of which it has the tree and the tree laid flat.
pub(super) struct FixVerifier<'a> {
    syntax: &'a Syntax,
    rope: &'a Rope,
    errors: usize,
    code: &'a Code,
    names: HashSet<&'a str>,
}

impl<'a> FixVerifier<'a> {
    pub fn new(syntax: &'a Syntax, rope: &'a Rope, code: &'a Code) -> Self {
        let names = code
            .nodes()
            .filter(|node| is_name(*node))
            .map(Node::text)
            .collect();
        Self {
            syntax,
            rope,
            errors: syntax.errors().len(),
            code,
            names,
        }
    }

    /// The highest step the edits reach; `None` where they cannot be made or break the text.
    pub fn level(&self, edits: &[Edit]) -> Option<Level> {
        if edits.is_empty() || !are_apart(edits) || !self.change_something(edits) {
            return None;
        }
        let (rope, tree) = self.syntax.edited(self.rope, edits, Reuse::Never)?;
        if tree.errors().len() > self.errors {
            return None;
        }
        if !edits.iter().any(|edit| edit.text.contains(is_word)) {
            return Some(Level::Names);
        }
        let new = Code::new(&tree, &rope);
        new.allow(VISITS.0 * new.node_count() as u64 + VISITS.1);
        let known = self.names_are_known(&new, &inserted(edits)) && new.left() > 0;
        Some(if known { Level::Names } else { Level::Parses })
    }

    /// Whether the edits can be made, and change the text all together.
    fn change_something(&self, edits: &[Edit]) -> bool {
        let text = &self.code.text;
        let exists = |edit: &Edit| text.get(edit.range.clone()).is_some();
        edits.iter().all(exists) && apply(text, edits) != *text
    }

    /// Whether every name in the inserted text means something.
    fn names_are_known(&self, new: &Code, inserted: &[Range<usize>]) -> bool {
        let touched = |node: &Node| {
            inserted
                .iter()
                .any(|range| node.start() < range.end && range.start < node.end())
        };
        let scopes = new
            .grammar
            .facts
            .semantics
            .closed_scopes
            .then(|| Scopes::of(new));
        let declared: HashSet<&str> = new
            .of(Role::Declaration)
            .filter_map(|node| node.child(Part::Left).or_else(|| node.child(Part::Name)))
            .filter(touched)
            .map(Node::text)
            .collect();
        let known = |node: Node| match &scopes {
            Some(scopes) if is_use(node) => scopes.resolves(node, node.text()),
            Some(_) => true,
            None if new.text[..node.start()].ends_with('.') => true,
            None => {
                !node.is(Role::Identifier)
                    || self.names.contains(node.text())
                    || KNOWN.contains(&node.text())
                    || declared.contains(node.text())
                    || is_of_language(new, node.text())
            }
        };
        new.nodes()
            .filter(|node| is_name(*node))
            .filter(touched)
            .all(known)
    }
}

/// Whether every program has a name: that of the object of a method, or one that fixes use.
fn is_of_language(code: &Code, name: &str) -> bool {
    let facts = &code.grammar.facts;
    is_among(&facts.semantics.receivers, name) || is_among(&facts.library.names_of_fixes, name)
}

fn are_apart(edits: &[Edit]) -> bool {
    edits
        .windows(2)
        .all(|pair| pair[0].range.end <= pair[1].range.start)
}

/// Where the new text of each edit is once all are made.
fn inserted(edits: &[Edit]) -> Vec<Range<usize>> {
    let mut moved = 0isize;
    let place = |edit: &Edit| {
        let start = edit.range.start.saturating_add_signed(moved);
        moved += edit.text.len() as isize - edit.range.len() as isize;
        start..start + edit.text.len()
    };
    edits.iter().map(place).collect()
}
