//! Times of edits and of questions asked at random places of the indexed files.

use crate::Named;
use crate::files::{Random, border, read};
use crate::source;
use index::Index;
use std::time::Instant;

const EDITS: usize = 100;
const QUESTIONS: usize = 1000;
/// Bytes of context before a position.
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

/// A random position: the file's name, the text before it, and the words right before it.
struct Question<'a> {
    name: &'a str,
    before: String,
    near: Vec<String>,
}

fn questions(chosen: &[Named]) -> Vec<Question<'_>> {
    let mut random = Random(5);
    let mut question = || {
        let (path, name) = &chosen[random.below(chosen.len())];
        let text = read(path).filter(|text| !text.is_empty())?;
        let end = border(&text, random.below(text.len()));
        let before = text[border(&text, end.saturating_sub(BEFORE))..end].to_owned();
        let near = &before[border(&before, before.len().saturating_sub(600))..];
        let words = near
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty());
        let near = words.map(str::to_owned).collect();
        Some(Question { name, before, near })
    };
    (0..QUESTIONS).filter_map(|_| question()).collect()
}

/// Asks at random places.
pub fn ask(index: &Index, chosen: &[Named]) {
    let questions = questions(chosen);
    let each = |what: &str, question: &dyn Fn(&Question) -> usize| {
        let (used, mut times) = (processor_ms(), Vec::new());
        for asked in &questions {
            let start = Instant::now();
            std::hint::black_box(question(asked));
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        let used = (processor_ms() - used) / questions.len() as f64;
        show(&format!("{what} ({used:.2} ms CPU)"), times);
    };
    let word = |asked: &Question| asked.near.last().cloned().unwrap_or_default();
    each("copies", &|asked| {
        index.copies(&asked.before, asked.name, 3, 8).len()
    });
    each("definitions", &|asked| {
        index.definitions(&word(asked), 8).len()
    });
    each("word_count", &|asked| {
        index.word_count(&word(asked)) as usize
    });
    each("similar", &|asked| {
        let words: Vec<&str> = asked.near.iter().map(String::as_str).collect();
        index.similar(&words, asked.name, 8).len()
    });
}

/// What this thread used of a processor so far, for machines that are busy with other things too; 0
/// where it is unknown.
fn processor_ms() -> f64 {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    status
        .split_whitespace()
        .next()
        .and_then(|nanoseconds| nanoseconds.parse::<f64>().ok())
        .unwrap_or(0.0)
        / 1e6
}

fn show(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times
            .get((times.len() as f64 * share) as usize)
            .copied()
            .unwrap_or(0.0)
    };
    println!(
        "{what:<26} p50 {:.3} ms, p95 {:.3} ms, worst {:.3} ms",
        at(0.5),
        at(0.95),
        times.last().unwrap_or(&0.0)
    );
}
