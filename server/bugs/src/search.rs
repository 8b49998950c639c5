//! One search of a file: runs the patterns and keeps what holds, whatever the file is like.
//!
//! No pattern may hold up the others or the server. Each may visit so many nodes of the tree and
//! all together so many, in proportion to the file; the one that needs more, or panics, says
//! nothing, and the caller learns which one it was. So is the number of findings that are verified
//! limited, as each is parsed. Counts are used instead of time: the same file has the same bugs on
//! every machine.

use super::bug::Bug;
use super::finding::Finding;
use super::patterns::Pattern;
use super::suppressions::{Suppressions, UnknownCode};
use super::verify::{self, Level};
use super::view::{self, View};
use context::Snapshot;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use syntax::{Code, Node, Part, Role, Rope, Syntax};

/// How many times the nodes of a file all patterns together may visit them, and what is allowed in
/// a file of any size.
const VISITS: (u64, u64) = (400, 8 << 20);
/// The part of that which one pattern may take.
const SHARE: u64 = 8;
/// The most findings of a file that are looked at.
const FINDINGS: usize = 500;
/// The most text that is parsed to verify findings, in bytes.
const VERIFIED_BYTES: usize = 24 << 20;

/// What a search gives.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The bugs, in the order of the text.
    pub bugs: Vec<Bug>,
    /// The patterns that say nothing of this file although they were to look at it.
    pub unfinished: Vec<Unfinished>,
    /// Words in `nigh: ignore` comments that no pattern has as its code.
    pub unknown_codes: Vec<UnknownCode>,
}

/// A pattern that gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its name.
    pub code: &'static str,
    /// What happened.
    pub cause: Cause,
}

/// Why a pattern gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It would have taken too long.
    Limit,
    /// It panicked: a fault of ours.
    Panic,
}

/// Searches a file with these patterns.
pub(super) fn run(snapshot: &Snapshot, patterns: &[&Pattern]) -> Search {
    let Some(syntax) = &snapshot.syntax else {
        return Search::default();
    };
    let code = Code::new(syntax, snapshot.rope());
    let view = View::new(&code, &snapshot.path);
    let mut unfinished = Vec::new();
    let mut findings = raw(&view, patterns, &mut unfinished);
    code.allow(u64::MAX);
    findings.sort_by_key(|finding| (finding.range.start, finding.range.end));
    let most = (VERIFIED_BYTES / code.text.len().max(1)).max(1);
    for finding in findings.split_off(most.min(findings.len())) {
        give_up(&mut unfinished, finding.code, Cause::Limit);
    }
    let suppressions = Suppressions::of(&view);
    Search {
        bugs: verified(syntax, snapshot.rope(), &view, &suppressions, findings),
        unfinished,
        unknown_codes: suppressions.into_unknown_codes(),
    }
}

/// Notes that a pattern gave up, once.
fn give_up(unfinished: &mut Vec<Unfinished>, code: &'static str, cause: Cause) {
    if !unfinished.iter().any(|known| known.code == code) {
        unfinished.push(Unfinished { code, cause });
    }
}

/// What the patterns say, less what is said twice.
fn raw(view: &View, patterns: &[&Pattern], unfinished: &mut Vec<Unfinished>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut left = VISITS.0 * view.code.node_count() as u64 + VISITS.1;
    let share = left / SHARE;
    if view.has_closed_scopes() {
        // All patterns share the names; without them none can be right.
        view.code.allow(share);
        view.scopes();
        left -= share - view.code.left();
        if view.code.left() == 0 {
            patterns
                .iter()
                .for_each(|pattern| give_up(unfinished, pattern.code, Cause::Limit));
            return findings;
        }
    }
    for pattern in patterns {
        let allowed = share.min(left);
        view.code.allow(allowed);
        let mut found = Vec::new();
        let ended = catch_unwind(AssertUnwindSafe(|| (pattern.find)(view, &mut found)));
        left -= allowed - view.code.left();
        match ended {
            Err(_) => give_up(unfinished, pattern.code, Cause::Panic),
            Ok(()) if view.code.left() == 0 => give_up(unfinished, pattern.code, Cause::Limit),
            Ok(()) => {
                if findings.len() + found.len() > FINDINGS {
                    give_up(unfinished, pattern.code, Cause::Limit);
                }
                found.truncate(FINDINGS - findings.len());
                found
                    .into_iter()
                    .for_each(|finding| add(view.code, &mut findings, pattern, finding));
            }
        }
    }
    findings
}

/// Adds a finding unless another one says it already, or nothing is evaluated there.
fn add(code: &Code, findings: &mut Vec<Finding>, pattern: &Pattern, finding: Finding) {
    let overlaps = |other: &Finding| touches(&other.range, &finding.range);
    let alike = findings
        .iter()
        .any(|other| other.code != pattern.code && overlaps(other));
    let twice = findings.iter().any(|other| other.range == finding.range);
    if !alike && !twice && !finding.edits.is_empty() && !is_unevaluated(code, &finding.range) {
        findings.push(Finding {
            code: pattern.code,
            ..finding
        });
    }
}

/// The findings whose edits hold, without those that comments silence and those in broken places,
/// in the order of the text.
pub(super) fn verified(
    syntax: &Syntax,
    rope: &Rope,
    view: &View,
    suppressions: &Suppressions,
    mut findings: Vec<Finding>,
) -> Vec<Bug> {
    if findings.is_empty() {
        return Vec::new();
    }
    let code = view.code;
    findings.sort_by_key(|finding| (finding.range.start, finding.range.end));
    findings
        .retain(|finding| !suppressions.covers(finding) && !is_broken_around(code, &finding.range));
    let judge = verify::FixVerifier::new(syntax, rope, code);
    let bug = |finding: Finding| {
        let level = judge
            .level(&finding.edits)
            .filter(|level| *level >= Level::Names)?;
        let (function, function_start) = function_at(code, finding.range.start).unzip();
        let function_start = function_start.unwrap_or_default();
        Some(Bug {
            finding,
            level,
            passed_checks: Vec::new(),
            function,
            function_start,
        })
    };
    findings.into_iter().filter_map(bug).collect()
}

/// Whether a place only asks for a type, so that nothing there is evaluated: `decltype(a - a)`,
/// `noexcept(..)`.
fn is_unevaluated(code: &Code, range: &Range<usize>) -> bool {
    const CALLED: &[&str] = &[
        "noexcept",
        "typeid",
        "typeof",
        "__typeof__",
        "__typeof",
        "decltype",
        "__builtin_constant_p",
    ];
    let around = |node: &Node| node.start() <= range.start && range.end <= node.end();
    let asks = |node: Node| {
        node.is(Role::Unevaluated) || node.is(Role::Call) && CALLED.contains(&view::callee(node))
    };
    code.nodes().filter(around).any(asks)
}

fn touches(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Whether the statement or function around a place is not understood: someone is typing there.
fn is_broken_around(code: &Code, range: &Range<usize>) -> bool {
    let around = |node: &Node| node.start() <= range.start && range.end <= node.end();
    let inner = code.nodes().rfind(around);
    let function = inner.and_then(|node| {
        std::iter::once(node)
            .chain(node.ancestors())
            .find(|n| n.is(Role::Function))
    });
    function.or(inner).is_some_and(Node::is_broken)
}

/// The name of the innermost function with a name around a place, and where it begins.
pub(super) fn function_at(code: &Code, offset: usize) -> Option<(String, usize)> {
    let functions = code
        .of(Role::Function)
        .filter(|node| node.range().contains(&offset));
    let name = |node: Node| {
        let declarator = node
            .child(Part::Declarator)
            .and_then(|declarator| declarator.child(Part::Declarator));
        node.child(Part::Name)
            .or(declarator)
            .map(|name| (name.text().to_owned(), node.start()))
    };
    functions.rev().find_map(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::PATTERNS;
    use context::testing::{deep_texts, snapshot};
    use text::Edit;

    /// A pattern that finds something at the start of every file, after this.
    fn pattern(code: &'static str, find: fn(&View<'_>, &mut Vec<Finding>)) -> Pattern {
        Pattern {
            code,
            about: "",
            find,
            is_default: true,
        }
    }

    fn at_start(_: &View, found: &mut Vec<Finding>) {
        found.push(Finding::new(0..1, "", "", vec![Edit::insert(0, "\n")]));
    }

    #[test]
    fn a_pattern_that_fails_or_takes_too_long_costs_no_other() {
        let fails = pattern("fails", |_, _| panic!("on purpose"));
        let hangs = pattern("hangs", |view, found| {
            at_start(view, found);
            for _ in 0..u64::from(u32::MAX) {
                if view.code.nodes().next().is_none() {
                    return;
                }
            }
            panic!("nothing ends it");
        });
        let found = run(
            &snapshot("a.py", "x = 1\n"),
            &[&fails, &hangs, &pattern("sound", at_start)],
        );
        let causes = [("fails", Cause::Panic), ("hangs", Cause::Limit)];
        assert_eq!(
            found.unfinished,
            causes.map(|(code, cause)| Unfinished { code, cause })
        );
        assert_eq!(
            found
                .bugs
                .iter()
                .map(|bug| bug.finding.code)
                .collect::<Vec<_>>(),
            ["sound"]
        );
    }

    #[test]
    fn visits_grow_with_the_text_and_not_with_its_square() {
        const MEANT: [&str; 4] = [
            "same-operand",
            "repeated-condition",
            "same-condition",
            "missing-return",
        ];
        for ((path, short), (_, long)) in deep_texts(500).into_iter().zip(deep_texts(2000)) {
            let visits = |text: &str| {
                let snapshot = snapshot(path, text);
                let code = Code::new(snapshot.syntax.as_ref().unwrap(), snapshot.rope());
                let view = View::new(&code, path);
                let spent = |pattern: &Pattern| {
                    code.allow(u64::MAX);
                    (pattern.find)(&view, &mut Vec::new());
                    u64::MAX - code.left()
                };
                let meant = PATTERNS
                    .iter()
                    .filter(|pattern| pattern.knows(code.grammar) && MEANT.contains(&pattern.code));
                meant.map(spent).collect::<Vec<_>>()
            };
            for (few, many) in visits(&short).into_iter().zip(visits(&long)) {
                assert!(many < 5 * few, "{path}: {few} visits, then {many}");
            }
        }
    }
}
