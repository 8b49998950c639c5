//! What a probe computes on each device: answers that are compared, and a typical request that is
//! timed.

use engine::{Cancel, Engine, GenerateOptions, RunError, Session};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// New tokens of a typical prompt.
const PROMPT: usize = 200;
/// Tokens of a typical answer.
const ANSWER: usize = 16;
/// Tokens of the prompt whose answers are compared.
const CHECKED: usize = 96;
/// The last of these are computed at once, and so many more one by one: each way has kernels of
/// its own on a GPU.
const AT_ONCE: usize = 24;
const ONE_BY_ONE: usize = 8;
/// Most rounds that are timed, and no more begin after this time.
const ROUNDS: usize = 3;
const ENOUGH: Duration = Duration::from_secs(3);

/// Differences of log-probabilities that rounding makes: on average, and at most.
const MEAN_DIFFERENCE: f32 = 0.1;
const MAX_DIFFERENCE: f32 = 1.0;
/// Two tokens that are this close may change places.
const NEAR_TIE: f32 = 0.5;

/// Code that every code model has seen the like of.
const CODE: &str = r#"import json
import os


class Cache:
    """Keeps results in a file, so that they are computed only once."""

    def __init__(self, path, limit=1000):
        self.path = path
        self.limit = limit
        self.entries = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.entries = json.load(file)

    def get(self, key, compute):
        if key not in self.entries:
            if len(self.entries) >= self.limit:
                oldest = next(iter(self.entries))
                del self.entries[oldest]
            self.entries[key] = compute(key)
            self.save()
        return self.entries[key]

    def save(self):
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(self.entries, file)

    def clear(self):
        self.entries.clear()
        self.save()


def main():
    cache = Cache("squares.json")
    for number in range(10):
        print(number, cache.get(str(number), lambda key: int(key) ** 2))


if __name__ == "__main__":
    main()
"#;

/// What a device answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// The log-probabilities of all tokens at some places, and which token comes there.
    pub rows: Vec<(Vec<f32>, u32)>,
    /// The log-probabilities of continuations of one prompt.
    pub scores: Vec<f32>,
}

/// The tokens of a prompt. The error says why there are too few.
pub fn prompt(engine: &Engine) -> Result<Vec<u32>, String> {
    let tokens = engine.tokenizer().encode(CODE);
    let most = engine.info().context_length.saturating_sub(ANSWER + 1);
    if most < AT_ONCE + ONE_BY_ONE || tokens.is_empty() {
        return Err(format!(
            "a context of {most} tokens is too short for a test"
        ));
    }
    let repeated = tokens.iter().copied().cycle();
    Ok(repeated.take(PROMPT.min(most)).collect())
}

/// What the engine answers on the device that it has now.
pub fn answers(engine: &Arc<Engine>, tokens: &[u32]) -> Result<Answers, RunError> {
    let cancel = Cancel::new();
    let mut session = Session::new(Arc::clone(engine));
    let checked = tokens.len().saturating_sub(ONE_BY_ONE + 1).min(CHECKED);
    let mut rows = Vec::new();
    let from = checked.saturating_sub(AT_ONCE);
    rows.extend(session.logits(&tokens[..checked], from, &cancel)?);
    for length in checked + 1..=(checked + ONE_BY_ONE).min(tokens.len() - 1) {
        rows.extend(session.logits(&tokens[..length], length - 1, &cancel)?);
    }
    let next = tokens[from + 1..].iter().copied();
    let rows = rows.iter().map(|row| log_probabilities(row)).zip(next);
    let rows = rows.collect();
    let half = checked / 2;
    let continuations = [&tokens[half..half + 4], &tokens[..3], &tokens[1..6]];
    let continuations = continuations.map(<[u32]>::to_vec);
    let scores = session.score(&tokens[..half], &continuations, &cancel)?;
    Ok(Answers {
        rows,
        scores: scores.concat(),
    })
}

fn log_probabilities(logits: &[f32]) -> Vec<f32> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - max).exp()).sum();
    let all = max + sum.ln();
    logits.iter().map(|logit| logit - all).collect()
}

fn likeliest(row: &[f32]) -> usize {
    let all = row.iter().enumerate();
    let best = all.max_by(|(_, one), (_, other)| one.total_cmp(other));
    best.map_or(0, |(at, _)| at)
}

/// Compares what the GPU answered with what the CPU did. The error says how they differ.
pub fn compare(cpu: &Answers, gpu: &Answers) -> Result<(), String> {
    if cpu.rows.len() != gpu.rows.len() || cpu.scores.len() != gpu.scores.len() {
        return Err("it gave fewer answers than the CPU".into());
    }
    let mut differences = Vec::new();
    for ((cpu, token), (gpu, _)) in cpu.rows.iter().zip(&gpu.rows) {
        let at = *token as usize;
        differences.push((cpu[at] - gpu[at]).abs());
        let (best, other) = (likeliest(cpu), likeliest(gpu));
        let gap = cpu[best] - cpu[other];
        if gap > NEAR_TIE {
            return Err(format!(
                "it continues a text otherwise than the CPU, with a token that is {gap:.1} less \
                 likely (natural logarithm)"
            ));
        }
    }
    let scores = cpu.scores.iter().zip(&gpu.scores);
    differences.extend(scores.map(|(cpu, gpu)| (cpu - gpu).abs()));
    let mean = differences.iter().sum::<f32>() / differences.len().max(1) as f32;
    let max = differences.iter().copied().fold(0.0, f32::max);
    // What is not a number is not within a limit either.
    if mean <= MEAN_DIFFERENCE && max <= MAX_DIFFERENCE {
        return Ok(());
    }
    Err(format!(
        "its log-probabilities differ from the CPU's by {mean:.2} on average, {max:.2} at most"
    ))
}

/// Seconds of a typical request on the device that the engine has now: the fastest of some rounds.
pub fn seconds(engine: &Arc<Engine>, tokens: &[u32]) -> Result<f64, RunError> {
    let options = GenerateOptions {
        max_tokens: ANSWER,
        drafts: None,
        ..GenerateOptions::default()
    };
    let (begin, mut best) = (Instant::now(), f64::INFINITY);
    for _ in 0..ROUNDS {
        let mut session = Session::new(Arc::clone(engine));
        let on_text = &mut |_: &str| ControlFlow::Continue(());
        let answer = session.generate(tokens, &options, &Cancel::new(), on_text)?;
        // An answer that ended early is counted as if it had gone on.
        let share = ANSWER as f64 / answer.tokens.len().max(1) as f64;
        let spent = answer.prefill.as_secs_f64() + answer.decode.as_secs_f64() * share;
        best = best.min(spent);
        if begin.elapsed() > ENOUGH {
            break;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(rows: &[[f32; 3]]) -> Answers {
        Answers {
            rows: rows.iter().map(|row| (log_probabilities(row), 0)).collect(),
            scores: vec![-1.0, -2.0],
        }
    }

    #[test]
    fn rounding_and_near_ties_are_right_answers() {
        let cpu = answers(&[[2.0, 1.0, 0.0], [1.0, 0.9, -3.0]]);
        assert_eq!(compare(&cpu, &cpu), Ok(()));
        let rounded = answers(&[[2.01, 1.0, 0.02], [0.95, 1.0, -3.0]]);
        assert_eq!(compare(&cpu, &rounded), Ok(()));
    }

    #[test]
    fn other_tokens_and_other_probabilities_are_wrong_answers() {
        let cpu = answers(&[[2.0, 1.0, 0.0]; 4]);
        let other = answers(&[[1.0, 2.0, 0.0]; 4]);
        let why = compare(&cpu, &other).unwrap_err();
        assert!(why.contains("1.0 less likely"), "{why}");
        let flat = answers(&[[0.2, 0.1, 0.0]; 4]);
        let why = compare(&cpu, &flat).unwrap_err();
        assert!(why.contains("on average"), "{why}");
        let mut scores = cpu.clone();
        scores.scores[1] = -9.0;
        assert!(compare(&cpu, &scores).is_err());
        let mut nothing = cpu.clone();
        nothing.scores[0] = f32::NAN;
        assert!(compare(&cpu, &nothing).is_err());
        nothing.rows.pop();
        assert!(compare(&cpu, &nothing).is_err());
    }
}
