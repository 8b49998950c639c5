//! An argument was added to calls of the same name, or taken away: a signature changed, and its
//! calls follow.
//!
//! Calls are found by the tree, over as many lines as they have. The place among the arguments is
//! counted from the front or from the back, whichever is the same at all changed calls.

use super::Replacement;
use super::hunks::Hunk;
use super::lexemes::{lexemes, whole_words};
use super::view::View;
use crate::words::is_name;
use std::ops::Range;
use syntax::{Call, Place};

#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub callee: String,
    pub argument: String,
    what: What,
    /// How many arguments the changed calls had before.
    counts: Vec<usize>,
    /// All changed lists are parameters of definitions.
    defines: bool,
}

/// What happens to the argument, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    AddFromFront(usize),
    AddFromBack(usize),
    Remove,
}

/// One call whose arguments were changed.
pub(super) struct Seen {
    pub callee: String,
    pub argument: String,
    added: bool,
    front: usize,
    back: usize,
    count: usize,
    defines: bool,
    pub line: usize,
    pub age: usize,
}

impl Seen {
    /// What a hunk did to the arguments of a call, if that is what it did.
    pub fn new(view: &View, hunk: &Hunk) -> Option<Self> {
        let added = hunk.old.is_empty();
        if hunk.joined || hunk.region != Place::Code || added == hunk.new.is_empty() {
            return None;
        }
        let text = if added {
            &view.text[hunk.at.clone()]
        } else {
            ""
        };
        let inner = text.trim_matches(|c: char| c == ',' || c.is_whitespace());
        let start = hunk.at.start + text.find(inner)?;
        let call = view.tree()?.call_around(start..start + inner.len())?;
        let removed = hunk
            .old
            .iter()
            .map(String::as_str)
            .filter(|lexeme| *lexeme != ",")
            .collect::<Vec<_>>();
        let (argument, front) = if added {
            let front = call
                .arguments
                .iter()
                .position(|range| *range == (start..start + inner.len()))?;
            (inner.to_owned(), front)
        } else {
            (
                removed.concat(),
                call.arguments
                    .iter()
                    .filter(|range| range.end <= hunk.at.start)
                    .count(),
            )
        };
        let names = lexemes(&argument).iter().any(|lexeme| is_name(lexeme.text));
        let has_comma = hunk.old.iter().chain(&hunk.new).any(|lexeme| lexeme == ",");
        let alone = call.arguments.len() == usize::from(added);
        let back = call.arguments.len() - front - usize::from(added);
        let count = if added {
            call.arguments.len() - 1
        } else {
            call.arguments.len() + 1
        };
        let callee = view.text.get(call.name)?.to_owned();
        let (line, age, defines) = (hunk.line, hunk.age, call.defines);
        let seen = Self {
            callee,
            argument,
            added,
            front,
            back,
            count,
            defines,
            line,
            age,
        };
        (names && (has_comma || alone)).then_some(seen)
    }

    pub fn is_like(&self, other: &Self) -> bool {
        self.callee == other.callee && self.argument == other.argument && self.added == other.added
    }
}

impl Argument {
    pub fn learn(group: &[&Seen]) -> Option<Self> {
        let first = group.first().filter(|_| group.len() > 1)?;
        let what = if !first.added {
            What::Remove
        } else if group.iter().all(|seen| seen.back == first.back) {
            What::AddFromBack(first.back)
        } else if group.iter().all(|seen| seen.front == first.front) {
            What::AddFromFront(first.front)
        } else {
            return None;
        };
        let counts = group.iter().map(|seen| seen.count).collect();
        let defines = group.iter().all(|seen| seen.defines);
        Some(Self {
            callee: first.callee.clone(),
            argument: first.argument.clone(),
            what,
            counts,
            defines,
        })
    }

    pub fn places(&self, view: &View) -> Vec<Replacement> {
        let Some(tree) = view.tree() else {
            return Vec::new();
        };
        let names = whole_words(&view.text, &self.callee).map(|at| at..at + self.callee.len());
        let calls = names
            .filter_map(|name| tree.call_of(name))
            .filter(|call| call.defines == self.defines);
        let edits = calls.filter_map(|call| match self.what {
            What::Remove => self.remove(view, &call),
            What::AddFromFront(_) | What::AddFromBack(_) => self.add(view, &call),
        });
        edits
            .map(|(range, text)| Replacement {
                line: view.line_of(range.start),
                range,
                text,
            })
            .collect()
    }

    fn add(&self, view: &View, call: &Call) -> Option<(Range<usize>, String)> {
        let count = call.arguments.len();
        let present =
            |range: &Range<usize>| head(&view.text[range.clone()]) == head(&self.argument);
        if call.arguments.iter().any(present)
            || !self.counts.contains(&count) && !self.argument.contains('=')
        {
            return None;
        }
        let front = match self.what {
            What::AddFromFront(front) => front.min(count),
            What::AddFromBack(back) => count.checked_sub(back)?,
            What::Remove => return None,
        };
        let argument = &self.argument;
        if let Some(next) = call.arguments.get(front) {
            return Some((next.start..next.start, format!("{argument}, ")));
        }
        match call.arguments.last() {
            Some(last) => {
                let line = view.line_of(last.start);
                let indent = &view.text[view.line_start(line)..last.start];
                let alone = count > 1 && indent.trim().is_empty();
                let line_break = if view.text.contains("\r\n") {
                    "\r\n"
                } else {
                    "\n"
                };
                let gap = if alone {
                    format!(",{line_break}{indent}")
                } else {
                    ", ".to_owned()
                };
                Some((last.end..last.end, format!("{gap}{argument}")))
            }
            None => Some((call.inside.start..call.inside.start, argument.clone())),
        }
    }

    fn remove(&self, view: &View, call: &Call) -> Option<(Range<usize>, String)> {
        let all = &call.arguments;
        let bare = |text: &str| {
            lexemes(text)
                .iter()
                .map(|lexeme| lexeme.text)
                .collect::<String>()
        };
        let place = all
            .iter()
            .position(|range| bare(&view.text[range.clone()]) == self.argument)?;
        let range = match (place.checked_sub(1), all.get(place + 1)) {
            (_, Some(next)) => all[place].start..next.start,
            (Some(previous), None) => all[previous].end..all[place].end,
            (None, None) => all[place].clone(),
        };
        Some((range, String::new()))
    }

    pub fn describe(&self) -> String {
        let (done, way) = if self.what == What::Remove {
            ("remove", "from")
        } else {
            ("add", "to")
        };
        format!("{done} `{}` {way} `{}`", self.argument, self.callee)
    }
}

/// The name of a named argument, else all of it.
fn head(argument: &str) -> &str {
    argument
        .split_once('=')
        .map_or(argument, |(name, _)| name)
        .trim()
}
