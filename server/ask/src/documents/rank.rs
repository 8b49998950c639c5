//! The passages that fit a question best.
//!
//! All passages are scored by their terms; the best are then compared once more by their texts:
//! how much of the question each covers, and whether its heading or name is what was asked for.
//! Paths, neighbours and twins change the order. Nothing here decides what is claimed.

use super::cut::{self, Field, Passage, PassageKind};
use super::question::{Question, Wording};
use super::segment::{Row, Segment};
use super::{Passages, Switches, paths, twins, words};
use index::Index;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// How soon more of a term adds little.
const K1: f32 = 1.1;
/// How many passages are compared by their texts.
const CANDIDATES: usize = 60;
/// Most postings of a term that are read for a question that has rarer ones.
const MAX_POSTINGS: usize = 60_000;

/// A passage that fits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hit {
    pub path: String,
    pub score: f32,
    pub passage: Passage,
    /// Which concepts of the question it has.
    pub has: Vec<bool>,
    /// How much of its name or heading the question has, 0 to 1.
    pub name_share: f32,
    /// Where the same text is as well.
    pub twins: Vec<(String, Range<usize>)>,
}

/// The best passages and what is known of the question's words.
#[derive(Default)]
pub(crate) struct Ranking {
    pub hits: Vec<Hit>,
    /// The inverse document frequency of each concept.
    pub weights: Vec<f32>,
    /// Whether a concept occurs at all.
    pub occurs: Vec<bool>,
    /// How many passages were searched.
    pub passages: usize,
}

/// A passage by segment and number.
type Key = (usize, u32);

pub(crate) fn search(
    passages: &Passages,
    index: &Index,
    question: &Question,
    most: usize,
) -> Ranking {
    let mut scorer = Scorer::new(passages, question);
    scorer.score_all();
    let best = scorer.best(question);
    let mut hits: Vec<Hit> = Vec::new();
    let mut files: HashMap<&str, Vec<Passage>> = HashMap::new();
    for (key, score) in best {
        let hit = scorer.hit(index, key, score, &mut files);
        hits.extend(hit);
    }
    let switches = passages.switches;
    if switches.rescoring {
        hits.iter_mut().for_each(|hit| scorer.rescore(index, hit));
    }
    sort(&mut hits);
    if switches.neighbours {
        lift_neighbours(&mut hits);
        sort(&mut hits);
    }
    if switches.twins {
        twins::merge(index, &mut hits, most);
    }
    hits.truncate(most);
    Ranking {
        hits,
        weights: scorer.weights,
        occurs: scorer.occurs,
        passages: passages.count(),
    }
}

fn sort(hits: &mut [Hit]) {
    hits.sort_by(|a, b| {
        let place = |hit: &Hit| (hit.path.clone(), hit.passage.lines.start);
        b.score
            .total_cmp(&a.score)
            .then_with(|| place(a).cmp(&place(b)))
    });
}

/// Passages of a file that has several good ones gain a little.
fn lift_neighbours(hits: &mut [Hit]) {
    let Some(best) = hits.first().map(|hit| hit.score) else {
        return;
    };
    let mut counts: HashMap<String, usize> = HashMap::new();
    for hit in hits.iter().take(20).filter(|hit| hit.score > best * 0.5) {
        *counts.entry(hit.path.clone()).or_default() += 1;
    }
    for hit in hits {
        let others = counts
            .get(&hit.path)
            .map_or(0, |count| count.saturating_sub(1));
        hit.score *= 1.0 + 0.03 * others.min(3) as f32;
    }
}

struct Scorer<'a> {
    passages: &'a Passages,
    question: &'a Question,
    weights: Vec<f32>,
    occurs: Vec<bool>,
    scores: Vec<Vec<f32>>,
}

impl<'a> Scorer<'a> {
    fn new(passages: &'a Passages, question: &'a Question) -> Self {
        let zeros = |segment: &Segment| vec![0.0; segment.rows.len()];
        Self {
            passages,
            question,
            weights: Vec::new(),
            occurs: Vec::new(),
            scores: passages.segments.iter().map(zeros).collect(),
        }
    }

    fn switches(&self) -> Switches {
        self.passages.switches
    }

    /// Adds the score of every concept to every passage: that of its best term there.
    fn score_all(&mut self) {
        let all = self.passages.count();
        for concept in &self.question.concepts {
            let count = |term: u32| -> usize {
                let segments = self.passages.segments.iter();
                segments.map(|segment| segment.postings(term).count()).sum()
            };
            let own = concept.terms.first().map_or(0, |(term, _)| count(*term));
            let weight = inverse_frequency(own, all);
            self.weights.push(weight);
            self.occurs.push(own > 0);
            if own > MAX_POSTINGS && self.question.concepts.len() > 1 {
                continue;
            }
            let mut best: HashMap<Key, f32> = HashMap::new();
            for (term, share) in &concept.terms {
                let frequency = if *share < 1.0 { count(*term) } else { own };
                let weight = share * weight.min(inverse_frequency(frequency, all));
                let segments = self.passages.segments.iter().enumerate();
                for (number, segment) in segments.filter(|_| frequency <= MAX_POSTINGS) {
                    for (passage, amount) in segment.postings(*term) {
                        let score = weight * amount * (K1 + 1.0) / (amount + K1);
                        let entry = best.entry((number, passage)).or_default();
                        *entry = entry.max(score);
                    }
                }
            }
            for ((segment, passage), score) in best {
                self.scores[segment][passage as usize] += score;
            }
        }
    }

    /// The best passages of live files, with the factors of their paths and kinds.
    fn best(&self, question: &Question) -> Vec<(Key, f32)> {
        let mut found: Vec<(Key, f32)> = Vec::new();
        for (number, segment) in self.passages.segments.iter().enumerate() {
            let mut file = 0;
            let mut factor = None;
            for (passage, score) in self.scores[number].iter().enumerate() {
                let next = |at: usize| segment.files.get(at + 1).map(|next| next.first as usize);
                while next(file).is_some_and(|next| next <= passage) {
                    (file, factor) = (file + 1, None);
                }
                let Some(read) = segment.files.get(file).filter(|file| file.is_live) else {
                    continue;
                };
                if *score <= 0.0 {
                    continue;
                }
                let path = factor.get_or_insert_with(|| match self.switches().paths {
                    true => paths::factor(&read.path, question.is_dense),
                    false => 1.0,
                });
                let kind = self.kind_factor(&segment.rows[passage]);
                found.push(((number, passage as u32), score * *path * kind));
            }
        }
        let order = |a: &(Key, f32), b: &(Key, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if found.len() > CANDIDATES {
            found.select_nth_unstable_by(CANDIDATES, order);
            found.truncate(CANDIDATES);
        }
        found.sort_unstable_by(order);
        found
    }

    fn kind_factor(&self, row: &Row) -> f32 {
        if !self.switches().paths {
            return 1.0;
        }
        match (self.question.wording, row.kind) {
            (Wording::Question, PassageKind::Section) => 1.25,
            (Wording::Question, _) | (_, PassageKind::Section | PassageKind::Definition) => 1.0,
            (Wording::Statement, PassageKind::Function) => 1.2,
            (Wording::Statement, PassageKind::Code) => 0.85,
            (Wording::Statement, PassageKind::Settings) => 0.8,
        }
    }

    /// The passage itself, cut from the file again; none if the file has changed.
    fn hit(
        &self,
        index: &Index,
        (segment, passage): Key,
        score: f32,
        files: &mut HashMap<&'a str, Vec<Passage>>,
    ) -> Option<Hit> {
        let segment = &self.passages.segments[segment];
        let file = segment.file_of(passage)?;
        if index.stamp(&file.path) != Some(file.stamp) {
            return None;
        }
        let cut = files.entry(&file.path).or_insert_with(|| {
            let text = index.text(&file.path).unwrap_or_default();
            cut::passages(index, &file.path, text)
        });
        let found = cut.get(segment.number_in_file(passage))?;
        let row = segment.rows[passage as usize];
        (found.lines.start == row.line as usize).then(|| Hit {
            path: file.path.to_string(),
            score,
            passage: found.clone(),
            ..Hit::default()
        })
    }

    /// Compares the text of a passage with the question.
    fn rescore(&self, index: &Index, hit: &mut Hit) {
        let text = index.text(&hit.path).unwrap_or_default();
        let found = self.terms_of(text, hit);
        let has = |terms: &[(u32, f32)], in_what: &HashSet<u32>| {
            let share = terms.iter().filter(|(term, _)| in_what.contains(term));
            share.map(|(_, share)| *share).fold(0.0, f32::max)
        };
        let (mut covered, mut named, mut all) = (0.0, 0.0, 0.0);
        hit.has.clear();
        for (concept, weight) in self.question.concepts.iter().zip(&self.weights) {
            let share = has(&concept.terms, &found.all);
            hit.has.push(share > 0.5);
            covered += share * weight;
            named += has(&concept.terms, &found.name) * weight;
            all += weight;
        }
        let coverage = covered / f32::max(all, 1e-6);
        let name = named / f32::max(all, 1e-6);
        let asked: HashSet<u32> = {
            let terms = self.question.concepts.iter().flat_map(|one| &one.terms);
            terms.map(|(term, _)| *term).collect()
        };
        let same = found
            .name_words
            .iter()
            .filter(|term| asked.contains(term))
            .count();
        hit.name_share = same as f32 / found.name_words.len().max(1) as f32;
        hit.score *= 0.55 + 0.45 * coverage + 0.25 * name * hit.name_share;
    }

    fn terms_of(&self, text: &str, hit: &Hit) -> PassageTerms {
        let slice = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        let mut found = PassageTerms::default();
        let own = |part: &str, into: &mut HashSet<u32>| {
            words::terms(part, self.switches(), |term| {
                into.insert(term);
            });
        };
        own(slice(&hit.passage.name), &mut found.name);
        words::words(slice(&hit.passage.name), |word| {
            let stop = word.len() < 3 && word.is_ascii();
            if !stop {
                words::name_parts(word, |part| {
                    found.name_words.push(words::term(part, self.switches()));
                });
            }
        });
        found.all.clone_from(&found.name);
        let parents = hit.passage.parents.iter();
        parents.for_each(|range| own(slice(range), &mut found.all));
        own(&hit.path, &mut found.all);
        let fields = hit.passage.fields.iter();
        let searched = fields.filter(|(field, _)| *field != Field::Path);
        searched.for_each(|(_, range)| own(slice(range), &mut found.all));
        found
    }
}

/// The terms of a passage.
#[derive(Default)]
struct PassageTerms {
    all: HashSet<u32>,
    name: HashSet<u32>,
    name_words: Vec<u32>,
}

/// The inverse document frequency of a term in `frequency` of `all` passages.
fn inverse_frequency(frequency: usize, all: usize) -> f32 {
    let (frequency, all) = (frequency as f32, all.max(1) as f32);
    (1.0 + (all - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln()
}
