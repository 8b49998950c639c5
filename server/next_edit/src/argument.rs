//! An argument was added to calls of the same name, or removed: a signature changed, and its calls
//! follow.
//!
//! Calls are found by the tree, over as many lines as they have. The place among the arguments is
//! counted from the front or from the back, whichever is the same at all changed calls.

use super::hunks::Hunk;
use super::lexemes::{lexemes, whole_words};
use super::view::DocumentView;
use std::ops::Range;
use syntax::{Call, Place};
use text::Edit;
use text::words::is_name;

/// A rule that adds or removes an argument.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    callee: String,
    argument: String,
    action: Action,
    /// How many arguments the changed calls had before.
    counts: Vec<usize>,
    /// All changed lists are parameters of definitions.
    defines: bool,
}

/// What happens to the argument, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    AddFromFront(usize),
    AddFromBack(usize),
    Remove,
}

/// One call whose arguments were changed.
pub(super) struct ArgumentChange {
    callee: String,
    argument: String,
    is_added: bool,
    /// How many other arguments come before it, and after it.
    front: usize,
    back: usize,
    /// How many arguments there were before the change.
    count: usize,
    defines: bool,
    pub line: usize,
    pub age: usize,
}

impl ArgumentChange {
    /// What a hunk did to the arguments of a call, if that is what it did.
    pub fn new(view: &DocumentView, hunk: &Hunk) -> Option<Self> {
        let is_added = hunk.removed.is_empty();
        if hunk.merged || hunk.region != Place::Code || is_added == hunk.added.is_empty() {
            return None;
        }
        let inner = if is_added {
            without_separators(view, &hunk.range)?
        } else {
            hunk.range.start..hunk.range.start
        };
        let call = view.tree()?.call_around(inner.clone())?;
        let (argument, front) = if is_added {
            let front = call.arguments.iter().position(|range| *range == inner)?;
            (view.text[inner].to_owned(), front)
        } else {
            removed_argument(hunk, &call)
        };
        let has_names = lexemes(&argument).iter().any(|lexeme| is_name(lexeme.text));
        let mut changed = hunk.removed.iter().chain(&hunk.added);
        let has_comma = changed.any(|lexeme| lexeme == ",");
        let is_only_one = call.arguments.len() == usize::from(is_added);
        if !has_names || !(has_comma || is_only_one) {
            return None;
        }
        let others = call.arguments.len() - usize::from(is_added);
        Some(Self {
            callee: view.text.get(call.name)?.to_owned(),
            argument,
            is_added,
            front,
            back: others - front,
            count: others + usize::from(!is_added),
            defines: call.defines,
            line: hunk.line,
            age: hunk.age,
        })
    }

    pub fn is_like(&self, other: &Self) -> bool {
        self.callee == other.callee
            && self.argument == other.argument
            && self.is_added == other.is_added
    }
}

/// Where the inserted argument is, without the comma and the blanks around it.
fn without_separators(view: &DocumentView, range: &Range<usize>) -> Option<Range<usize>> {
    let text = &view.text[range.clone()];
    let inner = text.trim_matches(|c: char| c == ',' || c.is_whitespace());
    let start = range.start + text.find(inner)?;
    Some(start..start + inner.len())
}

/// The argument that a hunk removed from a call, and how many came before it.
fn removed_argument(hunk: &Hunk, call: &Call) -> (String, usize) {
    let argument = hunk.removed.iter().filter(|lexeme| *lexeme != ",");
    let before = |range: &&Range<usize>| range.end <= hunk.range.start;
    (
        argument.map(String::as_str).collect(),
        call.arguments.iter().filter(before).count(),
    )
}

impl Argument {
    /// The rule of changes that are alike.
    pub fn learn(group: &[ArgumentChange]) -> Option<Self> {
        let first = group.first().filter(|_| group.len() > 1)?;
        let action = if !first.is_added {
            Action::Remove
        } else if group.iter().all(|change| change.back == first.back) {
            Action::AddFromBack(first.back)
        } else if group.iter().all(|change| change.front == first.front) {
            Action::AddFromFront(first.front)
        } else {
            return None;
        };
        Some(Self {
            callee: first.callee.clone(),
            argument: first.argument.clone(),
            action,
            counts: group.iter().map(|change| change.count).collect(),
            defines: group.iter().all(|change| change.defines),
        })
    }

    /// Where it can be applied.
    pub fn edits(&self, view: &DocumentView) -> Vec<Edit> {
        let Some(tree) = view.tree() else {
            return Vec::new();
        };
        whole_words(&view.text, &self.callee)
            .filter_map(|at| tree.call_of(at..at + self.callee.len()))
            .filter(|call| call.defines == self.defines)
            .filter_map(|call| self.edit(view, &call))
            .collect()
    }

    fn edit(&self, view: &DocumentView, call: &Call) -> Option<Edit> {
        let count = call.arguments.len();
        match self.action {
            Action::Remove => self.remove(view, call),
            _ if !self.may_add(view, call) => None,
            Action::AddFromFront(front) => Some(self.add(view, call, front.min(count))),
            Action::AddFromBack(back) => Some(self.add(view, call, count.checked_sub(back)?)),
        }
    }

    /// Whether the call has as many arguments as the changed ones had, unless the argument is a
    /// named one, and not this one.
    fn may_add(&self, view: &DocumentView, call: &Call) -> bool {
        let is_named = self.argument.contains('=');
        let is_present =
            |range: &Range<usize>| name_of(&view.text[range.clone()]) == name_of(&self.argument);
        (is_named || self.counts.contains(&call.arguments.len()))
            && !call.arguments.iter().any(is_present)
    }

    /// Adds the argument after so many others.
    fn add(&self, view: &DocumentView, call: &Call, front: usize) -> Edit {
        let argument = &self.argument;
        if let Some(next) = call.arguments.get(front) {
            return Edit::insert(next.start, format!("{argument}, "));
        }
        let Some(last) = call.arguments.last() else {
            return Edit::insert(call.inside.start, argument.as_str());
        };
        let line_start = view.line_start(view.line_of(last.start));
        let indent = &view.text[line_start..last.start];
        let is_on_own_line = call.arguments.len() > 1 && indent.trim().is_empty();
        if !is_on_own_line {
            return Edit::insert(last.end, format!(", {argument}"));
        }
        let line_break = if view.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        Edit::insert(last.end, format!(",{line_break}{indent}{argument}"))
    }

    fn remove(&self, view: &DocumentView, call: &Call) -> Option<Edit> {
        let all = &call.arguments;
        let is_this = |range: &Range<usize>| bare(&view.text[range.clone()]) == self.argument;
        let place = all.iter().position(is_this)?;
        let range = match (place.checked_sub(1), all.get(place + 1)) {
            (_, Some(next)) => all[place].start..next.start,
            (Some(previous), None) => all[previous].end..all[place].end,
            (None, None) => all[place].clone(),
        };
        Some(Edit::delete(range))
    }

    /// What it does, for a title.
    pub fn describe(&self) -> String {
        let (verb, preposition) = if self.action == Action::Remove {
            ("remove", "from")
        } else {
            ("add", "to")
        };
        format!("{verb} `{}` {preposition} `{}`", self.argument, self.callee)
    }
}

/// The name of a named argument, else all of it.
fn name_of(argument: &str) -> &str {
    argument
        .split_once('=')
        .map_or(argument, |(name, _)| name)
        .trim()
}

/// A text without its blanks.
fn bare(text: &str) -> String {
    lexemes(text).iter().map(|lexeme| lexeme.text).collect()
}
