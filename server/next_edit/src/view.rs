//! A document as the rules look at it: its text in one piece, its lines, its tree, and what is code
//! in it.

use super::lexemes::whole_words;
use context::Snapshot;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use syntax::{NameUse, Place, Syntax};
use text::Rope;
use text::words::is_name;

/// The document, read once.
pub(super) struct DocumentView<'a> {
    pub snapshot: &'a Snapshot,
    pub text: String,
    /// Where each line starts, in bytes; one more entry for the end of the text.
    starts: Vec<usize>,
    /// The names that functions bind, by the functions' ranges; filled when they are asked for.
    bound: RefCell<HashMap<Range<usize>, HashSet<String>>>,
}

impl<'a> DocumentView<'a> {
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let rope = snapshot.rope();
        let mut starts = Vec::with_capacity(rope.len_lines() + 1);
        let mut start = 0;
        for line in rope.lines() {
            starts.push(start);
            start += line.len_bytes();
        }
        starts.push(start);
        Self {
            snapshot,
            text: rope.to_string(),
            starts,
            bound: RefCell::default(),
        }
    }

    pub fn rope(&self) -> &'a Rope {
        self.snapshot.rope()
    }

    pub fn tree(&self) -> Option<&'a Syntax> {
        self.snapshot.syntax.as_ref()
    }

    pub fn line_count(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn line_start(&self, line: usize) -> usize {
        self.starts[line]
    }

    pub fn line_of(&self, offset: usize) -> usize {
        self.starts[..self.line_count()]
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// The lines with the longest name of a rule as a whole word, each once. Of all that must be at
    /// a place, it is the rarest.
    pub fn lines_with_longest_name<'n>(
        &self,
        lexemes: impl IntoIterator<Item = &'n String>,
    ) -> Vec<usize> {
        let names = lexemes.into_iter().filter(|lexeme| is_name(lexeme));
        let Some(name) = names.max_by_key(|name| name.len()) else {
            return Vec::new();
        };
        let mut lines: Vec<usize> = whole_words(&self.text, name)
            .map(|at| self.line_of(at))
            .collect();
        lines.dedup();
        lines
    }

    /// A line without its break.
    pub fn line(&self, line: usize) -> &str {
        content(&self.text[self.starts[line]..self.starts[line + 1]])
    }

    /// Whether the lexeme that ends at `end` is code, comment or string.
    pub fn region(&self, end: usize) -> Place {
        match self.tree() {
            Some(tree) => tree.place(self.rope(), end),
            None => self.guessed_region(end),
        }
    }

    /// Without a tree, an odd number of quotes before a place makes it a string.
    fn guessed_region(&self, end: usize) -> Place {
        let before = &self.text[self.line_start(self.line_of(end))..end];
        let odd = |quote: char| before.matches(quote).count() % 2 == 1;
        if odd('"') || odd('\'') || odd('`') {
            Place::String
        } else {
            Place::Code
        }
    }

    /// What the name in `range` does; without a tree, a use.
    pub fn name_use(&self, range: Range<usize>) -> Option<NameUse> {
        match self.tree() {
            Some(tree) => tree.name_use(self.rope(), range),
            None if self.text[..range.start].ends_with('.') => Some(NameUse::Member),
            None => Some(NameUse::Use),
        }
    }

    /// The innermost function in which one of `names`, used at `offset`, is a variable of its own.
    pub fn function_binding(&self, offset: usize, names: &[&str]) -> Option<Range<usize>> {
        let tree = self.tree()?;
        let mut known = self.bound.borrow_mut();
        for function in tree.functions_around(offset) {
            let bound = known
                .entry(function.clone())
                .or_insert_with(|| bound_names(tree, self.rope(), &function));
            if names.iter().any(|name| bound.contains(*name)) {
                return Some(function);
            }
        }
        None
    }
}

/// The names that a function binds.
fn bound_names(tree: &Syntax, rope: &Rope, function: &Range<usize>) -> HashSet<String> {
    let variables = tree.variables(rope, function.clone()).into_iter();
    variables
        .filter(|variable| variable.bound)
        .map(|variable| variable.name)
        .collect()
}

/// A line without its break.
pub(super) fn content(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}
