//! `nigh eval memorisation`: how much of its training text does the model know by heart?
//!
//! A prompt is a run of tokens from a random place of a random training file; files are drawn in
//! proportion to their length. The model's greedy continuation is compared with the file's. Greedy
//! text equals the file's as long as the file's next token is the most likely at every step, so one
//! pass over the file's own tokens shows how long that is. Licence headers occur in thousands of
//! files and are left out: a place counts as one if prompt and continuation hold any of
//! [`LICENCE_WORDS`].

use super::cases::lines;
use crate::commands::print;
use crate::commands::progress::bar;
use crate::model_choice::ModelChoice;
use anyhow::{Context, bail};
use engine::{Cancel, Engine, Session, TokenRole};
use serde::Deserialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

/// Tokens in a row that count as said by heart.
const VERBATIM: usize = 50;
/// Tokens after which a continuation is not followed any further.
const MAX_CONTINUATION: usize = 512;
/// Tokens of a prompt unless chosen otherwise.
const PROMPT: usize = 100;
/// So many bytes of a file are one ticket in the draw.
const TICKET: usize = 2048;
/// Words that only licence texts hold side by side with code.
const LICENCE_WORDS: &[&str] = &[
    "licen",
    "copyright",
    "spdx",
    "warrant",
    "permission is hereby",
    "all rights reserved",
];

/// Arguments of `nigh eval memorisation`.
#[derive(clap::Args)]
pub struct Memorisation {
    /// Training files, one JSON object per line, as training/corpus.py writes them
    corpus: PathBuf,
    #[command(flatten)]
    choice: ModelChoice,
    /// Number of places to try
    #[arg(long, value_name = "N", default_value_t = 1000)]
    cases: usize,
    /// Seed for drawing the places
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    package: String,
    #[serde(default)]
    path: String,
    text: String,
}

/// A place that was drawn: its ticket's number in the draw, and how far into the file it is, from 0
/// to 1.
struct Drawn {
    lot: f64,
    place: f64,
    file: Rc<File>,
}

impl Memorisation {
    /// Names the files that are said by heart; prints the summary as one JSON object on the last
    /// line.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let engine = self.choice.open(self.choice.threads)?;
        let prompt_tokens = if self.choice.prompt_tokens == 0 {
            PROMPT
        } else {
            self.choice.prompt_tokens
        };
        let context = engine.info().context_length;
        if prompt_tokens + VERBATIM >= context {
            bail!(
                "{prompt_tokens} prompt tokens and {VERBATIM} more do not fit the model's context of {context}"
            );
        }
        let drawn = draw(&self.corpus, self.cases, self.seed)?;
        let mut session = Session::new(engine.clone());
        let bar = bar(drawn.len())?;
        let (mut tried, mut verbatim, mut longest) = (0, 0, 0);
        for Drawn { place, file, .. } in &drawn {
            bar.inc(1);
            let Some((prompt, rest)) = cut(&engine, &file.text, *place, prompt_tokens) else {
                continue;
            };
            let run = run(&mut session, &prompt, &rest)?;
            tried += 1;
            longest = longest.max(run);
            if run >= VERBATIM {
                verbatim += 1;
                bar.suspend(|| eprintln!("{run} tokens by heart: {} {}", file.package, file.path));
            }
        }
        bar.finish_and_clear();
        print(&format!(
            "{}\n",
            json!({"cases": tried, "verbatim_50": verbatim, "longest": longest})
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Draws places in one pass: every [`TICKET`] bytes of a file get a lot, and the least lots win.
fn draw(corpus: &Path, cases: usize, seed: u64) -> anyhow::Result<Vec<Drawn>> {
    let name = corpus.display();
    let mut random = Random(seed);
    let mut kept: Vec<Drawn> = Vec::new();
    for (number, line) in lines(corpus)? {
        let line = line.with_context(|| format!("cannot read {name}"))?;
        let file: File =
            serde_json::from_str(&line).with_context(|| format!("{name}, line {number}"))?;
        let tickets = file.text.len().div_ceil(TICKET);
        let file = Rc::new(file);
        for ticket in 0..tickets {
            let (lot, place) = (
                random.uniform(),
                (ticket as f64 + random.uniform()) / tickets as f64,
            );
            let at = kept.partition_point(|other| other.lot <= lot);
            if at < cases {
                kept.insert(
                    at,
                    Drawn {
                        lot,
                        place,
                        file: file.clone(),
                    },
                );
                kept.truncate(cases);
            }
        }
    }
    if kept.is_empty() {
        bail!("{name} holds no files");
    }
    Ok(kept)
}

/// The tokens of a prompt and of how the file goes on; `None` if the file is too short or the place
/// is in a licence.
fn cut(
    engine: &Engine,
    text: &str,
    place: f64,
    prompt_tokens: usize,
) -> Option<(Vec<u32>, Vec<u32>)> {
    let tokenizer = engine.tokenizer();
    let ids = tokenizer.encode(text);
    let last = ids.len().checked_sub(prompt_tokens + VERBATIM)?;
    let start = (((last + 1) as f64 * place) as usize).min(last);
    let longest = (prompt_tokens + MAX_CONTINUATION).min(engine.info().context_length - 1);
    let window = &ids[start..(start + longest).min(ids.len())];
    let nearby = tokenizer
        .decode(&window[..prompt_tokens + VERBATIM])
        .to_lowercase();
    if LICENCE_WORDS.iter().any(|word| nearby.contains(word)) {
        return None;
    }
    let (prompt, rest) = window.split_at(prompt_tokens);
    let bos = tokenizer
        .named(TokenRole::Bos)
        .filter(|_| tokenizer.adds_bos())
        .map(|(id, _)| id);
    Some((
        bos.into_iter().chain(prompt.iter().copied()).collect(),
        rest.to_vec(),
    ))
}

/// How many tokens of `rest` after `prompt` are the most likely ones, up to the first that is not.
fn run(session: &mut Session, prompt: &[u32], rest: &[u32]) -> anyhow::Result<usize> {
    let mut known = prompt.to_vec();
    let mut right = 0;
    for block in rest.chunks(VERBATIM) {
        let from = known.len() - 1;
        known.extend_from_slice(block);
        let logits = session.logits(&known[..known.len() - 1], from, &Cancel::new())?;
        let matching = logits
            .iter()
            .zip(block)
            .take_while(|(row, id)| likeliest(row) == Some(**id))
            .count();
        right += matching;
        if matching < block.len() {
            break;
        }
    }
    Ok(right)
}

fn likeliest(logits: &[f32]) -> Option<u32> {
    (0u32..)
        .zip(logits)
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(id, _)| id)
}

/// Numbers by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    /// At least 0, below 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{GenerateOptions, LoadOptions};
    use std::ops::ControlFlow;
    use std::sync::Arc;

    fn tiny() -> Arc<Engine> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/model/tiny.gguf");
        let options = LoadOptions {
            threads: 1,
            repeatable: true,
            ..LoadOptions::default()
        };
        Arc::new(Engine::open(Path::new(path), &options).unwrap())
    }

    #[test]
    fn what_the_model_would_say_itself_counts_up_to_the_first_difference() {
        let engine = tiny();
        let prompt = engine
            .tokenizer()
            .encode("import os\n\n\ndef main():\n    for name in os.listdir(");
        let options = GenerateOptions {
            max_tokens: 80,
            ..GenerateOptions::default()
        };
        let mut session = Session::new(engine.clone());
        let all = &mut |_: &str| ControlFlow::Continue(());
        let mut generated = session
            .generate(&prompt, &options, &Cancel::new(), all)
            .unwrap()
            .tokens;
        assert!(generated.len() > 20, "{}", generated.len());
        assert_eq!(
            run(&mut session, &prompt, &generated).unwrap(),
            generated.len()
        );
        generated[17] += 1;
        assert_eq!(run(&mut session, &prompt, &generated).unwrap(), 17);
    }

    #[test]
    fn places_are_drawn_by_length_and_the_seed_decides() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = folder.path().join("corpus.jsonl");
        let line = |path: &str, text: String| {
            json!({"package": "p", "path": path, "text": text}).to_string()
        };
        let long = line("long", "x = 1\n".repeat(20_000));
        std::fs::write(
            &corpus,
            format!("{}\n{long}\n", line("short", "y = 2\n".repeat(20))),
        )
        .unwrap();
        let paths = |seed| {
            let drawn = draw(&corpus, 10, seed).unwrap();
            assert!(drawn.iter().all(|drawn| (0.0..1.0).contains(&drawn.place)));
            drawn
                .iter()
                .map(|drawn| (drawn.file.path.clone(), drawn.place.to_bits()))
                .collect::<Vec<_>>()
        };
        assert_eq!(paths(3), paths(3));
        assert_ne!(paths(3), paths(4));
        assert!(
            paths(3).len() == 10 && paths(3).iter().filter(|(path, _)| path == "long").count() >= 8
        );
        std::fs::write(&corpus, "\n").unwrap();
        assert!(draw(&corpus, 10, 1).is_err());
    }

    #[test]
    fn licences_and_short_files_are_left_out() {
        let engine = tiny();
        let code: String = (0..200)
            .map(|n| format!("value_{n} = compute({n})\n"))
            .collect();
        let (prompt, rest) = cut(&engine, &code, 0.5, 100).unwrap();
        assert!(prompt.len() == 100 && rest.len() >= VERBATIM);
        assert!(cut(&engine, &code, 0.999_999, 100).unwrap().1.len() == VERBATIM);
        assert!(
            cut(
                &engine,
                &format!("# Copyright 2020 Somebody\n{code}"),
                0.0,
                100
            )
            .is_none()
        );
        assert!(cut(&engine, "x = 1\n", 0.0, 100).is_none());
    }
}
