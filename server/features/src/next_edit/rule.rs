//! From the hunks of the last edits to the rule they follow.
//!
//! Hunks that do the same are a group; each kind of rule is asked what it makes of a group, the
//! most telling first. A group that a later edit contradicts teaches nothing. The newest rule is
//! the change to repeat, together with rules seen on the same lines.

use super::Replacement;
use super::argument::{self, Argument};
use super::changes::standing;
use super::hunks::{Hunk, hunks};
use super::passed::Passed;
use super::rename::Rename;
use super::replace::Replace;
use super::view::View;
use super::wrap::{self, Wrap};

/// A rule whose newest place was changed so many edits ago is no longer what the user does.
const FRESH: usize = 8;

#[derive(Clone, Debug)]
pub(super) enum Rule {
    Rename(Rename),
    Argument(Argument),
    Wrap(Wrap),
    Replace(Replace),
}

impl Rule {
    /// Where it holds, unless it was passed over there. Outside of its own document only names are
    /// told from other words without what surrounds them.
    pub fn places(&self, view: &View, passed: Option<&Passed>) -> Vec<Replacement> {
        let found = match (self, passed) {
            (Self::Rename(rule), _) => rule.places(view),
            (Self::Argument(rule), _) => rule.places(view),
            (Self::Wrap(rule), _) => rule.places(view),
            (Self::Replace(rule), Some(passed)) => rule.places(view, passed),
            (Self::Replace(_), None) => Vec::new(),
        };
        let follows = matches!(self, Self::Rename(rule) if rule.is_defined());
        let left = |place: &Replacement| passed.is_some_and(|passed| passed.over(place.line));
        if !follows && found.iter().any(left) {
            Vec::new()
        } else {
            found
        }
    }

    /// Whether no place can become a syntax error by it.
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
pub struct Change {
    pub(super) rules: Vec<Rule>,
    /// What was passed over while it was made.
    pub(super) passed: Passed,
    /// The lines where it was made, counted from 0.
    pub(super) lines: Vec<usize>,
}

impl Change {
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
struct Learnt {
    rule: Rule,
    lines: Vec<usize>,
    age: usize,
}

pub(super) fn learn(view: &View) -> Option<Change> {
    let changes = standing(view);
    let by_change: Vec<Vec<Hunk>> = changes.iter().map(|change| hunks(view, change)).collect();
    let mut learnt = arguments(view, &by_change);
    learnt.extend(wraps(view, &by_change));
    let taken: Vec<usize> = learnt
        .iter()
        .flat_map(|known| known.lines.clone())
        .collect();
    let rest: Vec<Hunk> = by_change.into_iter().flatten().collect();
    learnt.extend(replaced(view, &rest, &taken));
    learnt.retain(|known| known.age <= FRESH);
    let newest = learnt.iter().map(|known| known.age).min()?;
    let lines: Vec<usize> = learnt
        .iter()
        .filter(|known| known.age == newest)
        .flat_map(|known| known.lines.clone())
        .collect();
    let together =
        |known: &Learnt| known.age == newest || known.lines.iter().all(|line| lines.contains(line));
    let passed = Passed::new(&lines);
    let rules = learnt
        .into_iter()
        .filter(together)
        .map(|known| known.rule)
        .collect();
    let lines = changes
        .iter()
        .flat_map(|change| change.line..change.line + change.after.lines().count().max(1))
        .collect();
    Some(Change {
        rules,
        passed,
        lines,
    })
}

/// Puts what is alike together, keeping the order of the first ones.
fn groups<T>(all: Vec<T>, alike: impl Fn(&T, &T) -> bool) -> Vec<Vec<T>> {
    let mut found: Vec<Vec<T>> = Vec::new();
    for one in all {
        match found.iter_mut().find(|group| alike(&group[0], &one)) {
            Some(group) => group.push(one),
            None => found.push(vec![one]),
        }
    }
    found
}

fn arguments(view: &View, changes: &[Vec<Hunk>]) -> Vec<Learnt> {
    let seen: Vec<_> = changes
        .iter()
        .flatten()
        .filter_map(|hunk| argument::Seen::new(view, hunk))
        .collect();
    let learn = |group: Vec<argument::Seen>| {
        let rule = Rule::Argument(Argument::learn(&group.iter().collect::<Vec<_>>())?);
        Some(Learnt {
            rule,
            age: group[0].age,
            lines: group.iter().map(|seen| seen.line).collect(),
        })
    };
    groups(seen, argument::Seen::is_like)
        .into_iter()
        .filter_map(learn)
        .collect()
}

fn wraps(view: &View, changes: &[Vec<Hunk>]) -> Vec<Learnt> {
    let seen: Vec<_> = changes
        .iter()
        .flat_map(|hunks| wrap::Seen::pairs(view, hunks))
        .collect();
    let learn = |group: Vec<wrap::Seen>| {
        let rule = Rule::Wrap(Wrap::learn(&group.iter().collect::<Vec<_>>())?);
        Some(Learnt {
            rule,
            age: group[0].age,
            lines: group.iter().map(|seen| seen.line).collect(),
        })
    };
    groups(seen, wrap::Seen::is_like)
        .into_iter()
        .filter_map(learn)
        .collect()
}

/// Renames and other replacements, of the hunks on lines that are not `taken` by a more telling
/// rule.
fn replaced(view: &View, all: &[Hunk], taken: &[usize]) -> Vec<Learnt> {
    let free: Vec<&Hunk> = all
        .iter()
        .filter(|hunk| !taken.contains(&hunk.line))
        .collect();
    let (joined, single): (Vec<&Hunk>, Vec<&Hunk>) = free.iter().partition(|hunk| hunk.joined);
    let mut learnt = Vec::new();
    let mut covered: Vec<usize> = Vec::new();
    // Several changes of a line are one where they are made together on several lines, unless all
    // are the same.
    for group in groups(joined, |a, b| a.is_like(b)) {
        let parts = |hunk: &Hunk| {
            single
                .iter()
                .filter(|part| part.line == hunk.line)
                .copied()
                .collect::<Vec<_>>()
        };
        let of_one_kind = parts(group[0])
            .windows(2)
            .all(|pair| pair[0].is_like(pair[1]));
        if !of_one_kind && let Some(known) = replacement(all, &group) {
            covered.extend(&known.lines);
            learnt.push(known);
        }
    }
    let left: Vec<&Hunk> = single
        .iter()
        .filter(|hunk| !covered.contains(&hunk.line))
        .copied()
        .collect();
    for group in groups(left, |a, b| a.is_like(b)) {
        if is_contradicted(all, &group) {
            continue;
        }
        let lines = group.iter().map(|hunk| hunk.line).collect();
        let alone = single
            .iter()
            .filter(|hunk| hunk.line == group[0].line)
            .all(|hunk| hunk.is_like(group[0]));
        match Rename::learn(view, &group, alone) {
            Some(rename) => learnt.push(Learnt {
                rule: Rule::Rename(rename),
                age: group[0].age,
                lines,
            }),
            None => learnt.extend(replacement(all, &group)),
        }
    }
    learnt
}

fn replacement(all: &[Hunk], group: &[&Hunk]) -> Option<Learnt> {
    let mut lines: Vec<usize> = group.iter().map(|hunk| hunk.line).collect();
    lines.dedup();
    if lines.len() < 2 || is_contradicted(all, group) {
        return None;
    }
    Some(Learnt {
        rule: Rule::Replace(Replace::learn(group)?),
        age: group[0].age,
        lines,
    })
}

/// Whether a later edit did something else with the same lexemes, or took the change back.
fn is_contradicted(all: &[Hunk], group: &[&Hunk]) -> bool {
    let (first, oldest) = (
        group[0],
        group.iter().map(|hunk| hunk.age).max().unwrap_or(0),
    );
    let later = all
        .iter()
        .filter(|hunk| hunk.joined == first.joined && hunk.age < oldest);
    let otherwise =
        |hunk: &&Hunk| !first.old.is_empty() && hunk.old == first.old && hunk.new != first.new;
    let back = |hunk: &&Hunk| {
        hunk.old == first.new
            && hunk.new == first.old
            && !hunk.old.is_empty()
            && !hunk.new.is_empty()
    };
    later.clone().any(|hunk| otherwise(&hunk)) || later.clone().any(|hunk| back(&hunk))
}
