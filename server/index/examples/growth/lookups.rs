//! Times of edits and of questions asked at random places of the indexed files.

use crate::Named;
use crate::files::{Random, read};
use crate::source;
use index::Index;
use std::time::Instant;

const EDITS: usize = 100;
const QUESTIONS: usize = 1000;
/// So many bytes in front of a place are given.
const BEFORE: usize = 4096;

/// Puts a changed file and asks for the change.
pub fn edits(index: &mut Index, chosen: &[Named]) {
    let mut random = Random(3);
    let mut times = Vec::new();
    for number in 0..EDITS {
        let (path, name) = &chosen[random.below(chosen.len())];
        let Some(text) = read(path) else { continue };
        let word = format!("visible{number}");
        let text = format!("{text}\n{word}\n");
        let start = Instant::now();
        index.put(&[source(path, name, &text)]);
        let seen = index.word_count(&word);
        times.push(start.elapsed().as_secs_f64() * 1e3);
        assert_eq!(seen, 1, "the edit is not visible");
    }
    show("edit visible", times);
}

/// Asks at random places.
pub fn ask(index: &Index, chosen: &[Named]) {
    let mut random = Random(5);
    let (mut copies, mut definitions, mut similar, mut words) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..QUESTIONS {
        let (path, name) = &chosen[random.below(chosen.len())];
        let Some(text) = read(path).filter(|text| !text.is_empty()) else { continue };
        let end = text.floor_char_boundary(random.below(text.len()));
        let before = &text[text.floor_char_boundary(end.saturating_sub(BEFORE))..end];
        let near = &before[before.floor_char_boundary(before.len().saturating_sub(600))..];
        let near: Vec<&str> =
            near.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
        let word = near.last().copied().unwrap_or("main");
        let time = |times: &mut Vec<f64>, question: &dyn Fn() -> usize| {
            let start = Instant::now();
            std::hint::black_box(question());
            times.push(start.elapsed().as_secs_f64() * 1e3);
        };
        time(&mut copies, &|| index.copies(before, name, 3, 8).len());
        time(&mut definitions, &|| index.definitions(word, 8).len());
        time(&mut similar, &|| index.similar(&near, name, 8).len());
        time(&mut words, &|| index.word_count(word) as usize);
    }
    show("copies", copies);
    show("definitions", definitions);
    show("similar", similar);
    show("word_count", words);
}

fn show(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    println!("{what:<16} p50 {:.3} ms, p95 {:.3} ms, worst {:.3} ms", at(0.5), at(0.95), times.last().unwrap_or(&0.0));
}
