//! Passages as an answer: whole lines of the text, each group with its place.
//!
//! An answer has the sentences of the best passage that have most of the question, and short blocks
//! of code whole; related passages are shown by their beginnings. Nothing is quoted that is not in
//! the file now.

use super::cut::{Field, Lines, PassageKind};
use super::question::Question;
use super::rank::{self, Hit, Ranking};
use super::sure::Features;
use super::{Passages, words};
use crate::{Answer, AnswerLevel, Quote};
use index::Index;
use std::collections::HashSet;
use std::ops::Range;

/// Most passages that are shown.
pub(crate) const MOST_PASSAGES: usize = 5;
/// Most sentences of an answer.
const MAX_SENTENCES: usize = 5;
/// Most lines of a block of code, and of the beginning of a passage.
const MAX_BLOCK: usize = 12;
const MAX_BEGINNING: usize = 6;
/// A sentence needs this share of the best one's worth.
const SHARE: f32 = 0.5;

/// An answer and what it rests on.
pub(crate) struct Examined {
    pub answer: Answer,
    pub features: Features,
    pub hits: Vec<Hit>,
}

/// Answers a question from passages; at most `most` are kept.
pub(crate) fn examine(passages: &Passages, index: &Index, question: &str, most: usize) -> Examined {
    let question = Question::new(question, passages.switches);
    let ranking = rank::search(passages, index, &question, most);
    let features = Features::of(&question, &ranking);
    let level = features.level();
    let quotes: Vec<Quote> = match level {
        AnswerLevel::Answer => {
            let best = ranking.hits.iter().take(1);
            best.flat_map(|hit| sentences(passages, index, &question, &ranking, hit))
                .collect()
        }
        AnswerLevel::Related => {
            let hits = ranking.hits.iter().take(MOST_PASSAGES);
            hits.filter_map(|hit| beginning(index, hit)).collect()
        }
        _ => Vec::new(),
    };
    let level = if quotes.is_empty() {
        AnswerLevel::NotFound
    } else {
        level
    };
    let answer = Answer {
        level,
        summary: summary(level, &question, &ranking, quotes.len()),
        quotes,
        left_out: 0,
    };
    Examined {
        answer,
        features,
        hits: ranking.hits,
    }
}

fn summary(level: AnswerLevel, question: &Question, ranking: &Ranking, count: usize) -> String {
    let searched = ranking.passages;
    let missing = question.concepts.iter().zip(&ranking.occurs);
    let missing: Vec<String> = missing
        .filter(|(concept, occurs)| !**occurs && !concept.word.is_empty())
        .map(|(concept, _)| format!("`{}`", concept.word))
        .collect();
    let words = match missing.is_empty() {
        true => String::new(),
        false => format!("; these words are not in them: {}", missing.join(", ")),
    };
    match level {
        AnswerLevel::NotFound => format!("{searched} passages searched, none fits{words}"),
        AnswerLevel::Related => {
            format!("{searched} passages searched, none answers it outright; the nearest {count}")
        }
        _ => {
            let hit = ranking.hits.first();
            let place = hit.map_or(String::new(), |hit| {
                let lines = &hit.passage.lines;
                format!("{}:{}-{}", hit.path, lines.start + 1, lines.end)
            });
            let twins = hit.map_or(&[][..], |hit| &hit.twins);
            let twins = twins
                .iter()
                .map(|(path, lines)| format!("{path}:{}", lines.start + 1));
            let twins: Vec<String> = twins.collect();
            match twins.is_empty() {
                true => place,
                false => format!("{place}, the same in {}", twins.join(", ")),
            }
        }
    }
}

/// The headings above a passage, and its own.
fn breadcrumb(text: &str, hit: &Hit) -> String {
    let names = hit.passage.parents.iter().chain([&hit.passage.name]);
    let names = names.filter_map(|range| text.get(range.clone()));
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    names.join(" > ")
}

fn quote(text: &str, file: &Lines, hit: &Hit, lines: Range<usize>) -> Option<Quote> {
    let copied = text.get(file.range(lines.clone()))?;
    Some(Quote {
        path: hit.path.clone(),
        lines,
        text: copied.to_owned(),
        note: breadcrumb(text, hit),
    })
}

/// The first lines of a passage.
fn beginning(index: &Index, hit: &Hit) -> Option<Quote> {
    let text = index.text(&hit.path)?;
    let file = Lines::new(text);
    let lines = hit.passage.lines.clone();
    let end = lines.end.min(lines.start + MAX_BEGINNING);
    let is_empty = |at: &usize| file.line(text, *at).trim().is_empty();
    let last = (lines.start..end).rev().find(|at| !is_empty(at))?;
    quote(text, &file, hit, lines.start..last + 1)
}

/// A sentence, or a block of code.
struct Unit {
    lines: Range<usize>,
    worth: f32,
    is_code: bool,
}

/// The sentences of a passage that have most of the question, in the order of the text.
fn sentences(
    passages: &Passages,
    index: &Index,
    question: &Question,
    ranking: &Ranking,
    hit: &Hit,
) -> Vec<Quote> {
    let Some(text) = index.text(&hit.path) else {
        return Vec::new();
    };
    let file = Lines::new(text);
    let mut units = units(text, &file, hit);
    for unit in &mut units {
        let mut found = HashSet::new();
        let part = text.get(file.range(unit.lines.clone())).unwrap_or_default();
        words::terms(part, passages.switches, |term| {
            found.insert(term);
        });
        let concepts = question.concepts.iter().zip(&ranking.weights);
        let has = |terms: &[(u32, f32)]| {
            let shares = terms.iter().filter(|(term, _)| found.contains(term));
            shares.map(|(_, share)| *share).fold(0.0, f32::max)
        };
        unit.worth = concepts
            .map(|(concept, weight)| has(&concept.terms) * weight)
            .sum();
    }
    let mut chosen = choose(&units);
    chosen.sort_unstable();
    let quotes = chosen.into_iter().map(|at| units[at].lines.clone());
    quotes
        .filter_map(|lines| quote(text, &file, hit, lines))
        .collect()
}

/// The numbers of the best units; a block of code comes with the sentence before it.
fn choose(units: &[Unit]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..units.len()).filter(|at| !units[*at].is_code).collect();
    order.sort_by(|a, b| units[*b].worth.total_cmp(&units[*a].worth).then(a.cmp(b)));
    let best = order.first().map_or(0.0, |at| units[*at].worth);
    let mut chosen: Vec<usize> = Vec::new();
    for at in order {
        let fits = units[at].worth >= SHARE * best || chosen.is_empty();
        if !fits || chosen.len() >= MAX_SENTENCES {
            break;
        }
        chosen.push(at);
        let next = units.get(at + 1).filter(|next| next.is_code);
        if next.is_some() && chosen.len() < MAX_SENTENCES {
            chosen.push(at + 1);
        }
    }
    if chosen.is_empty() {
        chosen.extend(units.first().map(|_| 0));
    }
    chosen
}

/// The sentences and blocks of a passage; no line is in two.
fn units(text: &str, file: &Lines, hit: &Hit) -> Vec<Unit> {
    if matches!(
        hit.passage.kind,
        PassageKind::Function | PassageKind::Definition
    ) {
        return definition_units(text, file, hit);
    }
    let mut found: Vec<Unit> = Vec::new();
    let body = hit
        .passage
        .fields
        .first()
        .map_or(0, |(_, range)| range.start);
    let first = hit.passage.lines.clone();
    let first = first
        .clone()
        .find(|at| file.range(*at..*at + 1).end >= body);
    let mut at = first.unwrap_or(hit.passage.lines.start);
    while at < hit.passage.lines.end {
        let line = file.line(text, at);
        let end = hit.passage.lines.end;
        if line.trim().is_empty() {
            at += 1;
            continue;
        }
        let is_code = line.trim_start().starts_with("```") || line.starts_with("    ");
        let next = match is_code {
            true => code_end(text, file, at..end),
            false => sentence_end(text, file, at..end),
        };
        if !is_code || next - at <= MAX_BLOCK {
            let lines = at..next;
            found.push(Unit {
                lines,
                worth: 0.0,
                is_code,
            });
        }
        at = next;
    }
    found
}

/// The line after a block of code.
fn code_end(text: &str, file: &Lines, lines: Range<usize>) -> usize {
    let line = |at: usize| file.line(text, at);
    if line(lines.start).trim_start().starts_with("```") {
        let close =
            (lines.start + 1..lines.end).find(|at| line(*at).trim_start().starts_with("```"));
        return close.map_or(lines.end, |close| close + 1);
    }
    let inside = |at: &usize| line(*at).starts_with("    ") || line(*at).trim().is_empty();
    let end = lines.start + lines.clone().take_while(inside).count();
    let last = (lines.start..end)
        .rev()
        .find(|at| !line(*at).trim().is_empty());
    last.unwrap_or(lines.start) + 1
}

/// The line after one that ends a sentence.
fn sentence_end(text: &str, file: &Lines, lines: Range<usize>) -> usize {
    for at in lines.clone() {
        let next = file.line(text, at + 1).trim_start();
        let ends = file
            .line(text, at)
            .trim_end()
            .ends_with(['.', '!', '?', ':', '。', '？', '！']);
        let is_item = next.starts_with(['-', '*', '+', '#', '|', '>', '`']);
        if ends || next.is_empty() || is_item || at + 1 >= lines.end {
            return at + 1;
        }
    }
    lines.end
}

/// What is said of a definition, and its header.
fn definition_units(text: &str, file: &Lines, hit: &Hit) -> Vec<Unit> {
    let line_of = |byte: usize| {
        let lines = hit.passage.lines.clone();
        let mut lines = lines.filter(|at| file.range(*at..*at + 1).end >= byte);
        lines.next().unwrap_or(hit.passage.lines.start)
    };
    let mut found = Vec::new();
    for (field, range) in &hit.passage.fields {
        let part = text.get(range.clone()).unwrap_or_default();
        let lead = part.len() - part.trim_start().len();
        let (first, last) = (
            line_of(range.start + lead),
            line_of(range.start + part.trim_end().len()),
        );
        match field {
            Field::Signature => found.push(Unit {
                lines: first..last + 1,
                worth: 0.0,
                is_code: true,
            }),
            Field::Documentation => {
                let mut at = first;
                while at <= last {
                    let end = sentence_end(text, file, at..last + 1);
                    let has_words = part.contains(char::is_alphanumeric);
                    let lines = at..end;
                    found.extend(has_words.then_some(Unit {
                        lines,
                        worth: 0.0,
                        is_code: false,
                    }));
                    at = end;
                }
            }
            _ => {}
        }
    }
    found
}
