//! From the hunks of the last edits to the rules they follow.
//!
//! Hunks that do the same are a group; each kind of rule is asked what it makes of a group, the
//! most specific first. A group that a later edit contradicts teaches nothing. The newest rule is
//! the edit to repeat, together with rules seen on the same lines.

use super::argument::{Argument, ArgumentChange};
use super::changes::surviving;
use super::hunks::{Hunk, hunks};
use super::rename::Rename;
use super::replace::Replace;
use super::skipped::SkippedLines;
use super::view::DocumentView;
use super::wrap::{Wrap, WrapChange};
use text::Edit;

/// A rule whose newest place was changed more edits ago is no longer what the user does.
const MAX_AGE: usize = 8;

/// What an edit does, so that it can be done elsewhere.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    Rename(Rename),
    Argument(Argument),
    Wrap(Wrap),
    Replace(Replace),
}

impl Rule {
    /// The edits where it can be applied; none if the user skipped a place, unless all uses must
    /// follow. In another document, where `skipped` is none, equal lexemes are not enough evidence.
    pub fn edits(&self, view: &DocumentView, skipped: Option<&SkippedLines>) -> Vec<Edit> {
        let found = match (self, skipped) {
            (Self::Rename(rule), _) => rule.edits(view),
            (Self::Argument(rule), _) => rule.edits(view),
            (Self::Wrap(rule), _) => rule.edits(view),
            (Self::Replace(rule), Some(skipped)) => rule.edits(view, skipped),
            (Self::Replace(_), None) => Vec::new(),
        };
        let Some(skipped) = skipped.filter(|_| !self.must_follow()) else {
            return found;
        };
        let was_skipped = |edit: &Edit| skipped.contains(view.line_of(edit.range.start));
        if found.iter().any(was_skipped) {
            return Vec::new();
        }
        found
    }

    /// Whether the program is wrong until it is applied everywhere.
    fn must_follow(&self) -> bool {
        matches!(self, Self::Rename(rule) if rule.is_defined())
    }

    /// Whether it can never add a syntax error.
    pub fn keeps_syntax(&self) -> bool {
        matches!(self, Self::Rename(_))
    }

    fn describe(&self) -> String {
        match self {
            Self::Rename(rule) => format!("`{}` to `{}`", rule.from, rule.to),
            Self::Argument(rule) => rule.describe(),
            Self::Wrap(rule) => rule.describe(),
            Self::Replace(rule) => rule.describe(),
        }
    }
}

/// What the last edits do again and again.
#[derive(Clone, Debug)]
pub struct RepeatedEdit {
    pub(super) rules: Vec<Rule>,
    /// The lines the user went past while it was made.
    pub(super) skipped: SkippedLines,
    /// The lines where it was made, counted from 0.
    pub(super) lines: Vec<usize>,
}

impl RepeatedEdit {
    /// What it does, in a few words.
    pub fn describe(&self) -> String {
        self.rules
            .iter()
            .map(Rule::describe)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Whether it is about variables of one function, which mean nothing elsewhere.
    pub fn is_local(&self) -> bool {
        self.rules
            .iter()
            .any(|rule| matches!(rule, Rule::Rename(rename) if rename.is_local()))
    }
}

/// A rule and the lines it was seen on.
struct LearnedRule {
    rule: Rule,
    lines: Vec<usize>,
    age: usize,
}

/// The rules of the last edits, if they repeat something.
pub(super) fn learn(view: &DocumentView) -> Option<RepeatedEdit> {
    let changes = surviving(view);
    let by_change: Vec<Vec<Hunk>> = changes.iter().map(|change| hunks(view, change)).collect();
    let mut learned = arguments(view, &by_change);
    learned.extend(wraps(view, &by_change));
    let taken: Vec<usize> = learned.iter().flat_map(|one| one.lines.clone()).collect();
    let all: Vec<Hunk> = by_change.into_iter().flatten().collect();
    learned.extend(renames_and_replacements(view, &all, &taken));
    learned.retain(|one| one.age <= MAX_AGE);
    let newest = learned.iter().map(|one| one.age).min()?;
    let lines: Vec<usize> = learned
        .iter()
        .filter(|one| one.age == newest)
        .flat_map(|one| one.lines.clone())
        .collect();
    learned.retain(|one| one.age == newest || one.lines.iter().all(|line| lines.contains(line)));
    Some(RepeatedEdit {
        rules: learned.into_iter().map(|one| one.rule).collect(),
        skipped: SkippedLines::new(&lines),
        lines: changes
            .iter()
            .flat_map(|change| change.line..change.line + change.after.lines().count().max(1))
            .collect(),
    })
}

/// Puts what is alike together, keeping the order of the first ones.
fn groups<T>(all: Vec<T>, is_like: impl Fn(&T, &T) -> bool) -> Vec<Vec<T>> {
    let mut found: Vec<Vec<T>> = Vec::new();
    for one in all {
        match found.iter_mut().find(|group| is_like(&group[0], &one)) {
            Some(group) => group.push(one),
            None => found.push(vec![one]),
        }
    }
    found
}

fn arguments(view: &DocumentView, changes: &[Vec<Hunk>]) -> Vec<LearnedRule> {
    let changed: Vec<ArgumentChange> = changes
        .iter()
        .flatten()
        .filter_map(|hunk| ArgumentChange::new(view, hunk))
        .collect();
    let groups = groups(changed, ArgumentChange::is_like);
    groups.iter().filter_map(|group| argument(group)).collect()
}

fn argument(group: &[ArgumentChange]) -> Option<LearnedRule> {
    Some(LearnedRule {
        rule: Rule::Argument(Argument::learn(group)?),
        lines: group.iter().map(|change| change.line).collect(),
        age: group[0].age,
    })
}

fn wraps(view: &DocumentView, changes: &[Vec<Hunk>]) -> Vec<LearnedRule> {
    let changed: Vec<WrapChange> = changes
        .iter()
        .flat_map(|hunks| WrapChange::pairs(view, hunks))
        .collect();
    let groups = groups(changed, WrapChange::is_like);
    groups.iter().filter_map(|group| wrap(group)).collect()
}

fn wrap(group: &[WrapChange]) -> Option<LearnedRule> {
    Some(LearnedRule {
        rule: Rule::Wrap(Wrap::learn(group)?),
        lines: group.iter().map(|change| change.line).collect(),
        age: group[0].age,
    })
}

/// Renames and other replacements, of the hunks on lines that are not `taken` by a more specific
/// rule.
fn renames_and_replacements(
    view: &DocumentView,
    all: &[Hunk],
    taken: &[usize],
) -> Vec<LearnedRule> {
    let free = all.iter().filter(|hunk| !taken.contains(&hunk.line));
    let (merged, single): (Vec<&Hunk>, Vec<&Hunk>) = free.partition(|hunk| hunk.merged);
    let mut learned = merged_replacements(all, merged, &single);
    let covered: Vec<usize> = learned.iter().flat_map(|one| one.lines.clone()).collect();
    let left: Vec<&Hunk> = single
        .iter()
        .copied()
        .filter(|hunk| !covered.contains(&hunk.line))
        .collect();
    for group in groups(left, |a, b| a.is_like(b)) {
        learned.extend(rename_or_replacement(view, all, &group, &single));
    }
    learned
}

/// Several changes of a line are one if they are made together on several lines, unless the changes
/// are all the same.
fn merged_replacements(all: &[Hunk], merged: Vec<&Hunk>, single: &[&Hunk]) -> Vec<LearnedRule> {
    let is_varied = |group: &Vec<&Hunk>| {
        let parts: Vec<&&Hunk> = single
            .iter()
            .filter(|part| part.line == group[0].line)
            .collect();
        parts.windows(2).any(|pair| !pair[0].is_like(pair[1]))
    };
    groups(merged, |a, b| a.is_like(b))
        .iter()
        .filter(|group| is_varied(group))
        .filter_map(|group| replacement(all, group))
        .collect()
}

fn rename_or_replacement(
    view: &DocumentView,
    all: &[Hunk],
    group: &[&Hunk],
    single: &[&Hunk],
) -> Option<LearnedRule> {
    if is_contradicted(all, group) {
        return None;
    }
    let first = group[0];
    let mut on_line = single.iter().filter(|hunk| hunk.line == first.line);
    let is_only_change = on_line.all(|hunk| hunk.is_like(first));
    let Some(rename) = Rename::learn(view, group, is_only_change) else {
        return replacement(all, group);
    };
    Some(LearnedRule {
        rule: Rule::Rename(rename),
        lines: group.iter().map(|hunk| hunk.line).collect(),
        age: first.age,
    })
}

fn replacement(all: &[Hunk], group: &[&Hunk]) -> Option<LearnedRule> {
    let mut lines: Vec<usize> = group.iter().map(|hunk| hunk.line).collect();
    lines.dedup();
    if lines.len() < 2 || is_contradicted(all, group) {
        return None;
    }
    Some(LearnedRule {
        rule: Rule::Replace(Replace::learn(group)?),
        lines,
        age: group[0].age,
    })
}

/// Whether a later edit did something else with the same lexemes, or reverted the change.
fn is_contradicted(all: &[Hunk], group: &[&Hunk]) -> bool {
    let first = group[0];
    let oldest = group.iter().map(|hunk| hunk.age).max().unwrap_or(0);
    let mut later = all
        .iter()
        .filter(|hunk| hunk.merged == first.merged && hunk.age < oldest);
    later.any(|hunk| differs(first, hunk) || reverts(first, hunk))
}

/// Whether `other` replaces the same lexemes by others.
fn differs(hunk: &Hunk, other: &Hunk) -> bool {
    !hunk.removed.is_empty() && other.removed == hunk.removed && other.added != hunk.added
}

/// Whether `other` takes a replacement back.
fn reverts(hunk: &Hunk, other: &Hunk) -> bool {
    let replaces = !other.removed.is_empty() && !other.added.is_empty();
    replaces && other.removed == hunk.added && other.added == hunk.removed
}
