//! Ghost text: what will the user type next at this place?
//!
//! Candidates are what the model says and what followed the same words elsewhere (`candidates.rs`).
//! The model judges all of them in one go, the gate turns that and what else is known of them into
//! how likely each is to be taken, and the best one is shown if that is likely enough.

use crate::by_hand::{insisted, likeliest_lines};
use crate::candidates::{Candidate, copies};
use crate::extent::Extent;
use crate::filters::{self, Place};
use crate::gate::{Evidence, Gate};
use crate::generate::{Answer, Effort, Generate, GenerateError, Stats};
use crate::named::named;
use crate::next_edit;
use crate::soundness::Soundness;
use crate::stop::Stop;
use context::{Prompt, Segment, Snapshot, fill_in};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How certain an insertion is that repeats the last edits: a rule seen twice is rarely wrong at
/// its next place.
const REPEATED: f32 = 0.95;

/// What is learnt of a person: how familiar a text is, as what is added to the log-odds of its
/// being taken.
pub type Taste = Arc<dyn Fn(&str) -> f32 + Send + Sync>;

/// What a caller allows.
#[derive(Clone)]
pub struct Limits {
    /// Tokens of a completion that ends with the line.
    pub line_tokens: usize,
    /// Tokens of a completion that may fill a block.
    pub block_tokens: usize,
    /// Completions less likely to be taken than this, from 0 to 1, are not shown.
    pub min_confidence: f32,
    /// Decides how likely that is.
    pub gate: Arc<Gate>,
    /// What has been learnt besides, if anything.
    pub taste: Option<Taste>,
    /// Someone asked and waits for an answer, rather than types: more is tried.
    pub by_hand: bool,
}

/// A completion worth showing.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Text to insert at the cursor; lines end with `\n`.
    pub text: String,
    /// How likely it is to be taken, from 0 to 1.
    pub confidence: f32,
}

/// A candidate with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The text and where it comes from.
    pub candidate: Candidate,
    /// What speaks for and against it.
    pub evidence: Evidence,
    /// How likely it is to be taken, from 0 to 1.
    pub confidence: f32,
}

/// The clock for [`Spent`]; nothing is decided by it.
#[allow(
    clippy::disallowed_methods,
    reason = "how long each step took is part of the answer"
)]
fn now() -> Instant {
    Instant::now()
}

/// What came of asking, shown or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The completion, unless there is a reason against it.
    pub completion: Option<Completion>,
    /// Why nothing is shown: the filter that dropped what the model said, or `uncertain`; empty
    /// when something is.
    pub withheld: &'static str,
    /// What the model said, up to the end of the extent.
    pub said: String,
    /// All that could have been shown, the likeliest first.
    pub candidates: Vec<Judged>,
    /// How far it was allowed to go.
    pub extent: Extent,
    /// What it cost.
    pub stats: Stats,
    /// Where the time went.
    pub spent: Spent,
}

impl Outcome {
    /// What would be shown if everything were.
    pub fn likeliest(&self) -> Option<&Judged> {
        choose(&self.candidates, 0.0)
    }

    /// The completion and, behind it, other candidates for someone who wants to choose: at most
    /// `most` in all, the likeliest first, none of which begins with another.
    pub fn choices(&self, most: usize) -> Vec<Completion> {
        let mut chosen: Vec<Completion> = self.completion.iter().cloned().collect();
        for Judged {
            candidate,
            confidence,
            ..
        } in self
            .candidates
            .iter()
            .filter(|judged| !judged.candidate.cut)
        {
            let text = &candidate.text;
            let differs = |known: &Completion| {
                !known.text.starts_with(text) && !text.starts_with(&known.text)
            };
            if (1..most).contains(&chosen.len()) && chosen.iter().all(differs) {
                chosen.push(Completion {
                    text: text.clone(),
                    confidence: *confidence,
                });
            }
        }
        chosen
    }
}

/// Where the time of an answer went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Finding what the model should see, and copies.
    pub gathering: Duration,
    /// Reading the prompt.
    pub reading: Duration,
    /// Saying the answer.
    pub saying: Duration,
    /// Choosing names.
    pub naming: Duration,
    /// Judging the candidates.
    pub judging: Duration,
    /// All of it, with parsing and filters.
    pub total: Duration,
}

/// Natural-log probabilities below which an answer of one line, and of more, is given up while
/// someone types. At tuning places 50 of 633 lines of the embedded model were below it, one of them
/// right; of its answers of several lines 51 of 113 were below -10, none of them right, but a
/// larger model says longer things well.
const HOPELESS_LINE: f32 = -8.0;
const HOPELESS_LINES: f32 = -16.0;
/// How much less likely, as a natural logarithm, the first token of a candidate may be than the
/// best one's, and the lexemes a copy must match not to be judged by that. At tuning places it
/// leaves out three candidates of ten: of 392 right ones two, of 498 shown ones none.
const FAR: f32 = 4.0;
const WELL_MATCHED: usize = 4;
/// Bytes per token, for an estimate.
const BYTES_PER_TOKEN: usize = 3;

/// Completes the text at byte `offset` of the snapshot's document. Where someone asked by hand and
/// more than a line was tried in vain, what would be shown unasked is tried too.
pub fn inline_completion(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Outcome, GenerateError> {
    let outcome = attempt(snapshot, offset, model, limits)?;
    if !limits.by_hand || outcome.completion.is_some() || !outcome.extent.has_lines() {
        return Ok(outcome);
    }
    attempt(
        snapshot,
        offset,
        model,
        &Limits {
            by_hand: false,
            ..limits.clone()
        },
    )
}

fn attempt(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Outcome, GenerateError> {
    if let Some(text) = next_edit::insertion(snapshot, offset) {
        return Ok(repeated(text));
    }
    let format = model.fim_format().ok_or(GenerateError::NoFillIn)?;
    let begun = now();
    let prompt = fill_in(snapshot, offset, &format, model.budget(), &*model);
    let extent = if limits.by_hand {
        Extent::by_hand
    } else {
        Extent::at
    }(snapshot, offset);
    let stop = Stop::new(snapshot, &extent);
    let place = Place::new(snapshot, offset, &extent);
    let mut candidates = copies(snapshot, offset, &place, &stop);
    let gathering = begun.elapsed();
    let max_tokens = if extent.has_lines() {
        limits.block_tokens
    } else {
        limits.line_tokens
    };
    let drafts: Vec<String> = candidates
        .iter()
        .map(|candidate| candidate.text.clone())
        .collect();
    model.begin(&prompt, &[])?; // Reads it, which `generate` reports.
    let before = now();
    let names = named(&place, &prompt, model)?;
    let naming = before.elapsed();
    let least_logprob = match extent.has_lines() {
        _ if limits.by_hand => f32::NEG_INFINITY,
        true => HOPELESS_LINES,
        false => HOPELESS_LINE,
    };
    let effort = Effort {
        max_tokens,
        least_logprob,
        drafts: &drafts,
    };
    let answer = model.generate(&prompt, effort, &mut |text| stop.check(text))?;
    let end = end_of(&answer, &stop, &extent);
    let said = answer.text[..end].to_owned();
    affordable(&mut candidates, &*model);
    let mut spoken = if answer.given_up {
        Err("uncertain")
    } else {
        filters::apply_all(&place, said.clone())
    };
    if spoken.is_err() && limits.by_hand {
        spoken = insisted(&place, &prompt, &stop, model, max_tokens, &answer.text)?
            .ok_or("nothing")
            .or(spoken);
    }
    let mut withheld = spoken.as_ref().err().copied().unwrap_or("uncertain");
    if let Ok(text) = spoken {
        Candidate::of(&mut candidates, text).said = true;
    }
    if limits.by_hand && !extent.has_lines() {
        for text in likeliest_lines(&place, &prompt, &stop, model)? {
            Candidate::of(&mut candidates, text);
        }
    }
    add_named(&mut candidates, &place, names);
    keep_promising(&mut candidates, &prompt, model)?;
    let soundness = Soundness::settle(&place, &mut candidates);
    let before = now();
    let candidates = judge(&place, &prompt, candidates, &soundness, model, limits)?;
    let judging = before.elapsed();
    let best = choose(&candidates, limits.min_confidence);
    let completion = best.map(|best| Completion {
        text: best.candidate.text.clone(),
        confidence: best.confidence,
    });
    if completion.is_some() {
        withheld = "";
    }
    let Stats {
        prefill: reading,
        decode: saying,
        ..
    } = answer.stats;
    let spent = Spent {
        gathering,
        reading,
        saying,
        naming,
        judging,
        total: begun.elapsed(),
    };
    Ok(Outcome {
        completion,
        withheld,
        said,
        candidates,
        extent,
        stats: answer.stats,
        spent,
    })
}

/// Lets the model read what [`inline_completion`] will ask at this place.
pub fn read_ahead(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
) -> Result<(), GenerateError> {
    let Some(format) = model
        .fim_format()
        .filter(|_| next_edit::insertion(snapshot, offset).is_none())
    else {
        return Ok(());
    };
    let prompt = fill_in(snapshot, offset, &format, model.budget(), &*model);
    model.read_ahead(&prompt)
}

/// The likeliest candidate if it is likely enough, else the likeliest head of one.
fn choose(candidates: &[Judged], least: f32) -> Option<&Judged> {
    let likely = |cut: bool| {
        candidates
            .iter()
            .find(|judged| judged.candidate.cut == cut)
            .filter(|judged| judged.confidence >= least)
    };
    likely(false).or_else(|| likely(true))
}

/// Adds names that exist here, or notes that a candidate is one.
fn add_named(candidates: &mut Vec<Candidate>, place: &Place, names: Vec<String>) {
    for text in names {
        let Ok(text) = filters::apply_all(place, text) else {
            continue;
        };
        Candidate::of(candidates, text).named = true;
    }
}

/// Leaves out candidates whose first token the model finds far less likely than another's, unless
/// much speaks for them.
fn keep_promising(
    candidates: &mut Vec<Candidate>,
    prompt: &Prompt,
    model: &mut dyn Generate,
) -> Result<(), GenerateError> {
    let continuations: Vec<_> = candidates
        .iter()
        .map(|candidate| continuation(prompt, candidate))
        .collect();
    let firsts = model.begin(prompt, &continuations)?;
    let best = firsts.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut firsts = firsts.into_iter();
    candidates.retain(|candidate| {
        let far = firsts.next().is_some_and(|first| first < best - FAR);
        !far || candidate.said
            || candidate
                .copied
                .is_some_and(|copied| copied.lexemes >= WELL_MATCHED)
    });
    Ok(())
}

/// A candidate as what may follow the prompt.
fn continuation(prompt: &Prompt, candidate: &Candidate) -> Vec<Segment> {
    vec![Segment::Text(format!(
        "{}{}",
        prompt.required, candidate.text
    ))]
}

/// Leaves out the copies that a large model would take too long to judge.
fn affordable(candidates: &mut Vec<Candidate>, model: &dyn Generate) {
    let mut bytes = model.spare_tokens() * BYTES_PER_TOKEN;
    candidates.retain(|candidate| match bytes.checked_sub(candidate.text.len()) {
        Some(left) => {
            bytes = left;
            true
        }
        None => false,
    });
}

/// Lets model and gate judge the candidates; the likeliest comes first.
fn judge(
    place: &Place,
    prompt: &Prompt,
    candidates: Vec<Candidate>,
    soundness: &Soundness,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Vec<Judged>, GenerateError> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let continuations: Vec<_> = candidates
        .iter()
        .map(|candidate| continuation(prompt, candidate))
        .collect();
    let scores = model.score(prompt, &continuations)?;
    let evidence = Evidence::all(place, &candidates, &scores, soundness);
    let judged = candidates
        .into_iter()
        .zip(evidence)
        .map(|(candidate, evidence)| {
            let familiarity = limits
                .taste
                .as_ref()
                .map_or(0.0, |taste| taste(&candidate.text));
            let confidence = limits.gate.probability(&evidence, familiarity);
            Judged {
                candidate,
                evidence,
                confidence,
            }
        });
    let mut judged: Vec<Judged> = judged.collect();
    judged.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    Ok(judged)
}

/// The insertion of a repeated edit, for which the model was not asked.
fn repeated(text: String) -> Outcome {
    let completion = Some(Completion {
        text: text.clone(),
        confidence: REPEATED,
    });
    Outcome {
        completion,
        withheld: "",
        said: text,
        candidates: Vec::new(),
        extent: Extent::Line,
        stats: Stats::default(),
        spent: Spent::default(),
    }
}

/// Where an answer ends: at the end of the extent. One that ran out of tokens before it loses its
/// last line, all of it in a completion of one line, which nobody knows the end of.
pub(crate) fn end_of(answer: &Answer, stop: &Stop, extent: &Extent) -> usize {
    stop.end(&answer.text).unwrap_or_else(|| match extent {
        _ if !answer.cut_short => answer.text.len(),
        extent if extent.has_lines() => answer.text.rfind('\n').unwrap_or(0),
        _ => 0,
    })
}
