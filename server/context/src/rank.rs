//! Which candidates are shown: weighed against each other, none twice, as many as fit.
//!
//! `fill_in` calls [`rank`] with the room that is left next to the window. The choice goes by value
//! per token; the order of what is chosen does not: it is that of the sources, then of path and
//! line, so that a piece more or less leaves what comes before it in place and the model's KV
//! cache survives.

use crate::cursor_context::CursorContext;
use crate::source_weights::SourceWeights;
use crate::sources::{SOURCES, Snippet};
use std::collections::HashSet;

/// Candidates worth less than this are not shown.
const WORTHLESS: f32 = 0.05;
/// A piece is cut short, at a line, only where at least this many tokens of it fit.
const WORTH_CUTTING: usize = 40;
/// Bytes per token, for a first guess.
const BYTES_PER_TOKEN: usize = 3;
/// Lines shorter than this, without their blanks, do not say whether a piece is shown already.
const TELLING: usize = 5;

/// A candidate and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedSnippet {
    /// The name of its source.
    pub source: &'static str,
    /// The candidate, its text cut short where it did not fit.
    pub candidate: Snippet,
    /// Score times weight.
    pub value: f32,
    /// Tokens it takes, with its path where that is not shown for another piece; of what is left
    /// out, about how many.
    pub tokens: usize,
    /// Why it is left out; empty where it is shown.
    pub left_out: &'static str,
}

/// All candidates: first those shown, in the order of the prompt, then the others, the most
/// valuable first. `count` gives the tokens of a text as it will be laid out.
pub fn rank(
    near: &CursorContext,
    weights: &SourceWeights,
    room: usize,
    count: &dyn Fn(&str) -> usize,
) -> Vec<RankedSnippet> {
    let mut all = weigh(near, weights);
    all.sort_by(|a, b| {
        density(b)
            .total_cmp(&density(a))
            .then_with(|| order(a).cmp(&order(b)))
    });
    let window = near.snapshot.slice(near.window.start, near.window.end);
    let known: HashSet<&str> = window.lines().map(str::trim).collect();
    let mut chosen: Vec<RankedSnippet> = Vec::new();
    let mut left_out: Vec<RankedSnippet> = Vec::new();
    let mut left = room;
    for mut one in all {
        one.left_out = refused(&one, &known, &chosen);
        if one.left_out.is_empty() && !fit(&mut one, left, &chosen, count) {
            one.left_out = "no room";
        }
        if one.left_out.is_empty() {
            left -= one.tokens;
            let (covered, kept) = chosen
                .into_iter()
                .partition(|other| covers(&one, other) && !covers(other, &one));
            chosen = kept;
            left_out.extend(covered.into_iter().map(|other| RankedSnippet {
                left_out: "part of another piece",
                ..other
            }));
            chosen.push(one);
        } else {
            left_out.push(one);
        }
    }
    chosen.sort_by(|a, b| order(a).cmp(&order(b)));
    left_out.sort_by(|a, b| b.value.total_cmp(&a.value));
    chosen.extend(left_out);
    chosen
}

/// All candidates of the sources that are switched on.
fn weigh(near: &CursorContext, weights: &SourceWeights) -> Vec<RankedSnippet> {
    let on = SOURCES
        .iter()
        .zip(weights.weights)
        .filter(|(_, weight)| *weight > 0.0);
    let ranked = on.flat_map(|(source, weight)| {
        (source.gather)(near)
            .into_iter()
            .map(move |candidate| RankedSnippet {
                source: source.name,
                value: candidate.score * weight,
                tokens: candidate.text.len() / BYTES_PER_TOKEN + 1,
                candidate,
                left_out: "",
            })
    });
    ranked.collect()
}

fn density(one: &RankedSnippet) -> f32 {
    one.value / one.tokens as f32
}

/// Where a piece is in the prompt.
fn order(one: &RankedSnippet) -> (usize, &str, usize) {
    let source = SOURCES
        .iter()
        .position(|source| source.name == one.source)
        .unwrap_or(SOURCES.len());
    (source, &one.candidate.path, one.candidate.line)
}

/// Why a candidate is not shown, whatever room there is.
fn refused(one: &RankedSnippet, window: &HashSet<&str>, chosen: &[RankedSnippet]) -> &'static str {
    let telling = || {
        one.candidate
            .text
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= TELLING)
    };
    if one.value < WORTHLESS {
        "worth too little"
    } else if telling().all(|line| window.contains(line)) {
        "shown anyway"
    } else if chosen
        .iter()
        .any(|other| other.candidate.text == one.candidate.text || covers(other, one))
    {
        "shown by another piece"
    } else {
        ""
    }
}

/// Whether all lines of the second are lines of the first.
fn covers(one: &RankedSnippet, other: &RankedSnippet) -> bool {
    let (one, other) = (&one.candidate, &other.candidate);
    let lines = |candidate: &Snippet| candidate.text.lines().count();
    one.path == other.path
        && one.line <= other.line
        && other.line + lines(other) <= one.line + lines(one)
}

/// Counts what the candidate costs; cuts it short where it does not fit. False where it cannot be
/// shown.
fn fit(
    one: &mut RankedSnippet,
    room: usize,
    chosen: &[RankedSnippet],
    count: &dyn Fn(&str) -> usize,
) -> bool {
    let candidate = &mut one.candidate;
    let known = chosen
        .iter()
        .any(|other| other.candidate.path == candidate.path);
    let header = if known {
        0
    } else {
        count(&format!("{}\n", candidate.path)) + 1
    };
    let Some(room) = room.checked_sub(header) else {
        return false;
    };
    let mut tokens = count(&candidate.text);
    let can_be_cut = room >= WORTH_CUTTING && candidate.text.lines().count() > 2;
    while tokens > room {
        let lines = candidate.text.lines().count() * room / tokens;
        if !can_be_cut || lines == 0 {
            return false;
        }
        candidate.text = candidate.text.split_inclusive('\n').take(lines).collect();
        tokens = count(&candidate.text);
    }
    one.tokens = header + tokens;
    true
}
