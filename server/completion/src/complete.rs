//! The steps of a completion: gather, generate, filter, score, choose.
//!
//! Candidates are what the model generates, what followed the same words elsewhere
//! (`candidates.rs`) and identifiers that exist here (`identifiers/`). The model scores all
//! candidates in one pass. From the scores and other evidence the gate estimates how likely each is
//! to be accepted, and the best one is shown if that is likely enough.

use crate::candidates::{Candidate, copies};
use crate::completion_context::CompletionContext;
use crate::deadline::{Deadline, now};
use crate::filters;
use crate::gate::Evidence;
use crate::identifiers::identifiers;
use crate::invoked::{likeliest_lines, retried};
use crate::outcome::{Limits, Outcome, ScoredCandidate, Timings};
use crate::stop::Stop;
use crate::syntax_errors::{ErrorCounts, drop_broken};
use crate::written::{self, WrittenText};
use context::{Answer, Effort, Generate, GenerateError, Prompt, Segment, Snapshot, fill_in};
use std::ops::ControlFlow;
use std::time::Duration;

/// Natural-log probabilities below which an answer of one line, and of more, is given up while
/// someone types. At tuning places, 50 of 633 one-line answers of the embedded model were below the
/// first limit, and one of those was right. Of its answers of several lines, 51 of 113 were below
/// -10 and none was right, but a larger model says longer things well.
const HOPELESS_LINE: f32 = -8.0;
const HOPELESS_LINES: f32 = -16.0;
/// How much less likely, as a natural logarithm, the first token of a candidate may be than the
/// best one's, and the lexemes a copy must match not to be dropped for that. At tuning places it
/// leaves out three candidates of ten: of 392 right ones two, of 498 shown ones none.
const MAX_BELOW_BEST: f32 = 4.0;
const WELL_MATCHED: usize = 4;
/// Bytes of a line whose end is waited for after the deadline; a longer one is not shown.
const MAX_LINE: usize = 200;
/// Bytes per token, for an estimate.
const BYTES_PER_TOKEN: usize = 3;

/// What is asked of the model at one place.
pub(crate) struct Query<'a> {
    pub context: &'a CompletionContext<'a>,
    pub prompt: &'a Prompt,
    pub stop: &'a Stop<'a>,
    pub deadline: Deadline,
}

impl Query<'_> {
    /// The likeliest answer to `prompt` with `head` before it: up to the end of the extent, or of a
    /// line once the time is up.
    pub fn answer(
        &self,
        prompt: &Prompt,
        head: &str,
        effort: Effort,
        model: &mut dyn Generate,
    ) -> Result<Answer, GenerateError> {
        let mut is_late = false;
        let mut on_text = |text: &str| {
            let text = format!("{head}{text}");
            let has_line = text.trim_start().contains('\n') || text.len() > MAX_LINE;
            is_late = has_line && self.deadline.is_over();
            match is_late {
                true => ControlFlow::Break(()),
                false => self.stop.check(&text),
            }
        };
        let mut answer = model.generate(prompt, effort, &mut on_text)?;
        answer.text.insert_str(0, head);
        answer.cut_short |= is_late;
        Ok(answer)
    }
}

/// Completes the text at byte `offset` of the snapshot's document. Where it was invoked and more
/// than a line was tried in vain, what would be shown uninvoked is tried too.
pub fn complete(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Outcome, GenerateError> {
    let deadline = Deadline::after(limits.invoked);
    let outcome = attempt(snapshot, offset, model, limits, deadline)?;
    let is_shown = outcome.completion.is_some() || !outcome.extent.has_lines();
    if limits.invoked.is_none() || is_shown || deadline.is_over() {
        return Ok(outcome);
    }
    let uninvoked = Limits {
        invoked: None,
        ..limits.clone()
    };
    attempt(snapshot, offset, model, &uninvoked, deadline)
}

/// Lets the model read what [`complete`] will ask at this place.
pub fn read_ahead(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
) -> Result<(), GenerateError> {
    let Some(format) = model.fim_format() else {
        return Ok(());
    };
    let prompt = fill_in(snapshot, offset, &format, model.budget(), &*model);
    model.read_ahead(&prompt)
}

fn attempt(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
    limits: &Limits,
    deadline: Deadline,
) -> Result<Outcome, GenerateError> {
    let format = model.fim_format().ok_or(GenerateError::NoFillIn)?;
    let start = now();
    let context = CompletionContext::new(snapshot, offset, limits.invoked.is_some());
    let pending = written::ask(snapshot, offset, max_tokens(&context, limits), model);
    let prompt = fill_in(snapshot, offset, &format, model.budget(), &*model);
    let stop = Stop::new(&context, prompt.reply.as_ref());
    let query = Query {
        context: &context,
        prompt: &prompt,
        stop: &stop,
        deadline,
    };
    let mut candidates = copies(&context, &stop);
    let gathering = start.elapsed();
    model.begin(&prompt, &[])?; // Reads it, which `generate` reports.
    let (names, identifiers) = timed(|| identifiers(&context, &prompt, model))?;
    let answer = generate(&query, &candidates, model, limits)?;
    let ((written, text), waiting) = timed(|| written::read(pending, &query))?;
    keep_affordable(&mut candidates, &*model);
    let (generated, mut suppressed_by) = match text {
        Some(text) => (add_written(&mut candidates, text), "uncertain"),
        None => add_generated(&mut candidates, &query, &answer, model, limits)?,
    };
    add_lines(&mut candidates, &query, model, limits)?;
    add_identifiers(&mut candidates, &context, names);
    keep_promising(&mut candidates, &prompt, model)?;
    let errors = drop_broken(&context, &mut candidates);
    let (candidates, scoring) = timed(|| score(&query, candidates, errors, model, limits))?;
    let completion = limits.choose(&candidates).map(ScoredCandidate::completion);
    if completion.is_some() {
        suppressed_by = "";
    }
    Ok(Outcome {
        completion,
        suppressed_by,
        generated,
        candidates,
        stats: answer.stats,
        timings: Timings {
            gathering,
            prefill: answer.stats.prefill,
            decode: answer.stats.decode,
            identifiers,
            scoring,
            waiting,
            total: start.elapsed(),
        },
        extent: context.extent,
        written,
    })
}

/// Adds the answer of the model elsewhere. Gives back what was generated.
fn add_written(candidates: &mut Vec<Candidate>, written: WrittenText) -> String {
    let candidate = Candidate::of(candidates, written.text);
    candidate.generated = true;
    candidate.written = Some(written.logprobs);
    written.generated
}

/// Adds what the filters leave of the model's answer. Gives back what was generated, and why
/// nothing may be shown.
fn add_generated(
    candidates: &mut Vec<Candidate>,
    query: &Query,
    answer: &Answer,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<(String, &'static str), GenerateError> {
    let generated = answer.text[..end_of(answer, query)].to_owned();
    let suppressed_by = match filtered(query, answer, &generated, model, limits)? {
        Ok(text) => {
            Candidate::of(candidates, text).generated = true;
            "uncertain"
        }
        Err(filter) => filter,
    };
    Ok((generated, suppressed_by))
}

/// What `work` gives, and how long it took.
fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let start = now();
    Ok((work()?, start.elapsed()))
}

/// The model's likeliest answer. The copies may make it faster and change nothing else.
fn generate(
    query: &Query,
    copies: &[Candidate],
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Answer, GenerateError> {
    let drafts: Vec<String> = copies.iter().map(|copy| copy.text.clone()).collect();
    let has_lines = query.context.extent.has_lines();
    let effort = Effort {
        max_tokens: max_tokens(query.context, limits),
        least_logprob: match has_lines {
            _ if limits.invoked.is_some() => f32::NEG_INFINITY,
            true => HOPELESS_LINES,
            false => HOPELESS_LINE,
        },
        drafts: &drafts,
    };
    query.answer(query.prompt, "", effort, model)
}

fn max_tokens(context: &CompletionContext, limits: &Limits) -> usize {
    if context.extent.has_lines() {
        limits.block_tokens
    } else {
        limits.line_tokens
    }
}

/// Where an answer ends: at the end of the extent. One that ran out of tokens before it loses its
/// last line, all of it in a completion of one line, whose end is not known.
pub(crate) fn end_of(answer: &Answer, query: &Query) -> usize {
    if let Some(end) = query.stop.end(&answer.text) {
        return end;
    }
    if !answer.cut_short {
        return answer.text.len();
    }
    if query.context.extent.has_lines() {
        return answer.text.rfind('\n').unwrap_or(0);
    }
    0
}

/// What the filters leave of the answer, or of another one where it was invoked; else the filter
/// that dropped it.
fn filtered(
    query: &Query,
    answer: &Answer,
    generated: &str,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Result<String, &'static str>, GenerateError> {
    let filtered = if answer.given_up {
        Err("uncertain")
    } else {
        filters::apply_answer(
            query.context,
            query.prompt.reply.as_ref(),
            generated.to_owned(),
        )
    };
    if filtered.is_ok() || limits.invoked.is_none() {
        return Ok(filtered);
    }
    let max_tokens = max_tokens(query.context, limits);
    let retried = retried(query, model, max_tokens, &answer.text)?;
    Ok(retried.map_or(filtered, Ok))
}

/// Adds lines to choose from, where a line was asked for.
fn add_lines(
    candidates: &mut Vec<Candidate>,
    query: &Query,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<(), GenerateError> {
    if limits.invoked.is_none() || query.context.extent.has_lines() {
        return Ok(());
    }
    for text in likeliest_lines(query, model)? {
        Candidate::of(candidates, text);
    }
    Ok(())
}

/// Adds identifiers that exist here, or notes that a candidate is one.
fn add_identifiers(
    candidates: &mut Vec<Candidate>,
    context: &CompletionContext,
    names: Vec<String>,
) {
    for text in names {
        if let Ok(text) = filters::apply_all(context, text) {
            Candidate::of(candidates, text).identifier = true;
        }
    }
}

/// Drops candidates whose first token the model finds far less likely than another's, unless much
/// speaks for them.
fn keep_promising(
    candidates: &mut Vec<Candidate>,
    prompt: &Prompt,
    model: &mut dyn Generate,
) -> Result<(), GenerateError> {
    let firsts = model.begin(prompt, &continuations(prompt, candidates))?;
    let best = firsts.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut firsts = firsts.into_iter();
    candidates.retain(|candidate| {
        let is_unlikely = firsts
            .next()
            .is_some_and(|first| first < best - MAX_BELOW_BEST);
        !is_unlikely || candidate.generated || is_well_matched(candidate)
    });
    Ok(())
}

fn is_well_matched(candidate: &Candidate) -> bool {
    candidate
        .copied
        .is_some_and(|copied| copied.lexemes >= WELL_MATCHED)
}

/// Candidates as what may follow the prompt.
fn continuations(prompt: &Prompt, candidates: &[Candidate]) -> Vec<Vec<Segment>> {
    candidates
        .iter()
        .map(|one| vec![Segment::Text(format!("{}{}", prompt.required, one.text))])
        .collect()
}

/// Drops the copies that a large model would take too long to score.
fn keep_affordable(candidates: &mut Vec<Candidate>, model: &dyn Generate) {
    let mut bytes = model.spare_tokens() * BYTES_PER_TOKEN;
    candidates.retain(|candidate| match bytes.checked_sub(candidate.text.len()) {
        Some(left) => {
            bytes = left;
            true
        }
        None => false,
    });
}

/// Lets the model and the gate score the candidates; the likeliest comes first.
fn score(
    query: &Query,
    candidates: Vec<Candidate>,
    errors: ErrorCounts,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Vec<ScoredCandidate>, GenerateError> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let continuations = continuations(query.prompt, &candidates);
    let mut scores = model.score(query.prompt, &continuations)?;
    for (score, candidate) in scores.iter_mut().zip(&candidates) {
        // The model elsewhere knows better how sure it is.
        if let Some(logprobs) = candidate.written.as_ref().filter(|all| !all.is_empty()) {
            score.clone_from(logprobs);
        }
    }
    let evidence = Evidence::all(query.context, &candidates, &scores, errors);
    let mut scored: Vec<ScoredCandidate> = Vec::with_capacity(candidates.len());
    for (candidate, evidence) in candidates.into_iter().zip(evidence) {
        let personalization = limits.personalization.as_ref();
        let bonus = personalization.map_or(0.0, |familiarity| familiarity(&candidate.text));
        scored.push(ScoredCandidate {
            confidence: limits.gate.probability(&evidence, bonus),
            candidate,
            evidence,
        });
    }
    scored.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    Ok(scored)
}
