//! A name was changed to another: everywhere the old one means the same, and nowhere else.
//!
//! Two changed places make a rule, and one does where the name is defined there and nothing else
//! changed on its line. A variable of a function is renamed in that function only, unless variables
//! of several functions were renamed; a member after a dot is another name than the same word
//! without one. Where only uses were changed, another function may be called or another type named
//! at these places only, so only the places with the most similar context are offered. Comments and
//! strings are left to the user.

use super::hunks::{Hunk, common_context};
use super::lexemes::{at, lexemes, whole_words};
use super::view::DocumentView;
use std::ops::Range;
use syntax::{NameUse, Place};
use text::words::is_name;
use text::{Edit, is_word};

/// A rule that renames.
#[derive(Clone, Debug)]
pub(super) struct Rename {
    pub from: String,
    pub to: String,
    /// What the name does at the changed places.
    uses: Vec<NameUse>,
    /// The functions whose own variables were renamed; empty when the name is known everywhere.
    functions: Vec<Range<usize>>,
    /// The context before and after the name at all places, the nearest lexeme first.
    before: Vec<String>,
    after: Vec<String>,
    /// It was seen on more than one line.
    is_repeated: bool,
}

/// How many lexemes of context on either side must agree where only uses were changed, tried one
/// after the other.
const CONTEXT_SIZES: &[usize] = &[5, 3, 2, 1];
/// Shorter names than this are common: they are only renamed where they are variables of a
/// function.
const MIN_GLOBAL: usize = 3;
/// Members with names at least as long are taken for the same one, whatever the object.
const MIN_UNIQUE_MEMBER: usize = 9;
/// A name that occurs more often than this is not followed.
const MAX_OCCURRENCES: usize = 1000;
/// How a method calls its own object.
const OWN: &[&str] = &["self", "this", "cls", "Self"];

impl Rename {
    /// The rule of these hunks; `is_only_change` says that nothing else changed on the line of the
    /// first.
    pub fn learn(view: &DocumentView, group: &[&Hunk], is_only_change: bool) -> Option<Self> {
        let first = group.first()?;
        let ([from], [to]) = (first.removed.as_slice(), first.added.as_slice()) else {
            return None;
        };
        if !is_name(from) || !is_name(to) || first.region != Place::Code {
            return None;
        }
        let uses = group
            .iter()
            .map(|hunk| view.name_use(hunk.range.clone()))
            .collect::<Option<Vec<NameUse>>>()?;
        let functions = own_functions(view, group, &uses, &[from, to]);
        let (before, after) = common_context(group);
        let rename = Self {
            from: from.clone(),
            to: to.clone(),
            uses,
            functions,
            before,
            after,
            is_repeated: group.iter().any(|hunk| hunk.line != first.line),
        };
        let defines = || is_only_change && view.tree().is_some() && rename.is_defined_once(view);
        if !rename.is_repeated && !defines() {
            return None;
        }
        (from.len() >= MIN_GLOBAL || rename.is_local()).then_some(rename)
    }

    /// Whether the one changed place defines the name, and no other place does.
    fn is_defined_once(&self, view: &DocumentView) -> bool {
        match self.uses.first() {
            Some(NameUse::Binding) => true,
            Some(NameUse::Definition) => self
                .occurrences(view)
                .all(|range| view.name_use(range) != Some(NameUse::Definition)),
            _ => false,
        }
    }

    fn occurrences<'a>(&'a self, view: &'a DocumentView) -> impl Iterator<Item = Range<usize>> {
        whole_words(&view.text, &self.from).map(move |at| at..at + self.from.len())
    }

    /// Whether it is about variables of functions.
    pub fn is_local(&self) -> bool {
        !self.functions.is_empty()
    }

    /// Whether a changed place gives the name its meaning, so that all uses follow.
    pub fn is_defined(&self) -> bool {
        self.uses
            .iter()
            .any(|does| matches!(does, NameUse::Definition | NameUse::Binding))
    }

    /// Where it can be applied.
    pub fn edits(&self, view: &DocumentView) -> Vec<Edit> {
        let ranges: Vec<Range<usize>> = self.occurrences(view).take(MAX_OCCURRENCES + 1).collect();
        if ranges.len() > MAX_OCCURRENCES {
            return Vec::new();
        }
        let found: Vec<Range<usize>> = ranges
            .into_iter()
            .filter(|range| self.is_same_name(view, range))
            .collect();
        self.closest(view, found)
            .into_iter()
            .map(|range| Edit::replace(range, self.to.as_str()))
            .collect()
    }

    /// Where only uses were changed, the places with the largest context that any place shares with
    /// the changed ones; else all.
    fn closest(&self, view: &DocumentView, found: Vec<Range<usize>>) -> Vec<Range<usize>> {
        if self.is_defined() {
            return found;
        }
        for size in CONTEXT_SIZES {
            let alike: Vec<Range<usize>> = found
                .iter()
                .filter(|range| self.has_context(view, range, *size))
                .cloned()
                .collect();
            if !alike.is_empty() {
                return alike;
            }
        }
        found
    }

    /// Whether the `size` nearest lexemes on either side are as at all changed places.
    fn has_context(&self, view: &DocumentView, range: &Range<usize>, size: usize) -> bool {
        let line = view.line_of(range.start);
        let all = lexemes(view.line(line));
        let start = range.start - view.line_start(line);
        let Some(here) = all.iter().position(|lexeme| lexeme.start == start) else {
            return false;
        };
        let here = here as isize;
        let mut before = self.before.iter().take(size).zip(1..);
        let mut after = self.after.iter().take(size).zip(1..);
        before.all(|(text, back)| at(&all, here - back) == text)
            && after.all(|(text, on)| at(&all, here + on) == text)
    }

    /// Whether the name in `range` is the one that was renamed.
    fn is_same_name(&self, view: &DocumentView, range: &Range<usize>) -> bool {
        // Without a tree, a word in a string looks like a name.
        if view.tree().is_none() && view.region(range.end) != Place::Code {
            return false;
        }
        let Some(does) = view.name_use(range.clone()) else {
            return false;
        };
        self.is_used_alike(view, range.start, does) && self.is_in_scope(view, range.start, does)
    }

    /// Whether a name that is used like this may be meant by the changed places.
    fn is_used_alike(&self, view: &DocumentView, start: usize, does: NameUse) -> bool {
        let seen = |wanted: &[NameUse]| self.uses.iter().any(|does| wanted.contains(does));
        match does {
            NameUse::Member => {
                seen(&[NameUse::Member, NameUse::Definition])
                    && (self.is_repeated || self.is_own_member(view, start))
            }
            NameUse::Key => seen(&[NameUse::Member, NameUse::Key, NameUse::Definition]),
            NameUse::Definition => seen(&[NameUse::Definition]) || !self.is_local(),
            NameUse::Binding | NameUse::Use => {
                seen(&[NameUse::Binding, NameUse::Use, NameUse::Definition])
            }
        }
    }

    /// Whether the member at `start` is surely that of the type whose definition was changed.
    fn is_own_member(&self, view: &DocumentView, start: usize) -> bool {
        let object = view.text[..start].trim_end_matches(['.', '-', '>', '?']);
        let is_own = |name: &&str| {
            object
                .strip_suffix(name)
                .is_some_and(|rest| !rest.ends_with(is_word))
        };
        self.from.len() >= MIN_UNIQUE_MEMBER || OWN.iter().any(is_own)
    }

    fn is_in_scope(&self, view: &DocumentView, offset: usize, does: NameUse) -> bool {
        let is_global = matches!(does, NameUse::Member | NameUse::Key | NameUse::Definition);
        let function = || view.function_binding(offset, &[&self.from, &self.to]);
        match self.functions.as_slice() {
            [] => is_global || function().is_none(),
            _ if is_global => false,
            [one] => function().as_ref() == Some(one),
            _ => function().is_some(),
        }
    }
}

/// The functions in which one of `names` is a variable of their own at each changed place; none if
/// that is not so everywhere.
fn own_functions(
    view: &DocumentView,
    group: &[&Hunk],
    uses: &[NameUse],
    names: &[&str],
) -> Vec<Range<usize>> {
    let function = |(hunk, does): (&&Hunk, &NameUse)| match does {
        NameUse::Member | NameUse::Key | NameUse::Definition => None,
        NameUse::Binding | NameUse::Use => view.function_binding(hunk.range.start, names),
    };
    let functions = group.iter().zip(uses).map(function);
    let mut functions = functions.collect::<Option<Vec<_>>>().unwrap_or_default();
    functions.dedup();
    functions
}
