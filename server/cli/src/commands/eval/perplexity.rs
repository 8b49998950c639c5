//! `nigh eval perplexity`: how well the model predicts whole files, token by token.
//!
//! A document is cut into windows of the model's context, from left to right. Each window begins as
//! documents did in training: with the model's token for file names, if it has one, and the file's
//! name. Only the document's own tokens are counted. A model without such a token, and without one
//! for the beginning of text, sees the last token of the window before; the first token of a
//! document has nothing before it and is not counted.

use crate::commands::print;
use crate::commands::progress::{self, bar};
use crate::model_choice::chosen_aloud;
use anyhow::{Context, bail};
use assistant::model;
use engine::{Cancel, Engine, LoadOptions, Session, TokenRole, Tokenizer, Weights};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments of `nigh eval perplexity`.
#[derive(clap::Args)]
pub struct Perplexity {
    /// Files of text or code; in a .jsonl file each line is a document {text, path}
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Model: a name that `nigh model list` shows, `embedded`, a .gguf file, or a folder with
    /// config.json, tokenizer.json and safetensors files [default: the choice of `nigh model use`,
    /// else the embedded model]
    #[arg(long, value_name = "MODEL", env = "NIGH_MODEL")]
    model: Option<PathBuf>,
    /// Number of threads for the model; 0 chooses automatically
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Use the weights in 32 bits instead of 8-bit integers: slow, to compare the two
    #[arg(long)]
    exact: bool,
    /// Maximum number of tokens in a window [default: the model's context]
    #[arg(long, value_name = "N")]
    window: Option<usize>,
    /// Write one line per window: {path, tokens, first, logprobs, likeliest}; `first` is the first
    /// token counted
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    path: String,
    text: String,
}

/// One window and what the model said of it.
#[derive(Serialize)]
struct Window<'a> {
    path: &'a str,
    tokens: &'a [u32],
    /// Index of the first token that was counted.
    first: usize,
    /// Natural-log probabilities of the tokens from `first` on.
    logprobs: Vec<f32>,
    /// The token the model would have given instead.
    likeliest: Vec<u32>,
}

#[derive(Default)]
struct Sum {
    tokens: usize,
    bytes: usize,
    nats: f64,
}

impl Perplexity {
    /// Prints the summary as one JSON object on the last line.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let documents = self.read()?;
        let engine = Arc::new(self.open()?);
        let window = self
            .window
            .unwrap_or(usize::MAX)
            .min(engine.info().context_length);
        let mut session = Session::new(Arc::clone(&engine));
        let mut out = match &self.out {
            Some(path) => {
                let file = std::fs::File::create(path)
                    .with_context(|| format!("cannot write {}", path.display()))?;
                Some(BufWriter::new(file))
            }
            None => None,
        };
        let bar = bar(documents.len())?;
        let mut sum = Sum::default();
        for document in &documents {
            for (tokens, first) in windows(document, engine.tokenizer(), window)? {
                let (logprobs, likeliest): (Vec<f32>, Vec<u32>) = session
                    .score_tokens(&tokens, first, &Cancel::new())?
                    .into_iter()
                    .unzip();
                sum.tokens += logprobs.len();
                sum.bytes += tokens[first..]
                    .iter()
                    .map(|&id| engine.tokenizer().token_bytes(id).len())
                    .sum::<usize>();
                sum.nats -= logprobs.iter().map(|p| f64::from(*p)).sum::<f64>();
                if let Some(out) = &mut out {
                    let window = Window {
                        path: &document.path,
                        tokens: &tokens,
                        first,
                        logprobs,
                        likeliest,
                    };
                    writeln!(out, "{}", serde_json::to_string(&window)?)?;
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        if let Some(mut out) = out {
            out.flush()?;
        }
        print(&format!("{}\n", summary(documents.len(), &sum)))?;
        Ok(ExitCode::SUCCESS)
    }

    fn open(&self) -> anyhow::Result<Engine> {
        let weights = if self.exact {
            Weights::Exact
        } else {
            Weights::Packed
        };
        let options = LoadOptions {
            weights,
            threads: self.threads,
            copies: model::copies(),
            ..LoadOptions::default()
        };
        Ok(match chosen_aloud(self.model.as_deref(), None)? {
            Some(model) => progress::while_loading(|watch| {
                let watch = Some(watch);
                Engine::open(&model.path, &LoadOptions { watch, ..options })
            })??,
            None => Engine::from_bytes(model::EMBEDDED, &options)?,
        })
    }

    fn read(&self) -> anyhow::Result<Vec<Document>> {
        let mut documents = Vec::new();
        for path in &self.files {
            let name = path.display().to_string();
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
            let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
            if path
                .extension()
                .is_none_or(|extension| extension != "jsonl")
            {
                documents.push(Document { path: name, text });
                continue;
            }
            for (number, line) in text
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.trim().is_empty())
            {
                let line = serde_json::from_str(line)
                    .with_context(|| format!("{name}, line {}", number + 1))?;
                documents.push(line);
            }
        }
        documents.retain(|document| !document.text.is_empty());
        if documents.is_empty() {
            bail!(
                "there is no text in {}",
                self.files
                    .iter()
                    .map(|f| f.display().to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            );
        }
        Ok(documents)
    }
}

/// The tokens of each window, and the index of the first that is counted.
fn windows(
    document: &Document,
    tokenizer: &Tokenizer,
    length: usize,
) -> anyhow::Result<Vec<(Vec<u32>, usize)>> {
    let mut header: Vec<u32> = tokenizer
        .named(TokenRole::Bos)
        .filter(|_| tokenizer.adds_bos())
        .map(|(id, _)| id)
        .into_iter()
        .collect();
    if let Some((separator, _)) = tokenizer
        .named(TokenRole::FileSep)
        .filter(|_| !document.path.is_empty())
    {
        header.push(separator);
        header.extend(tokenizer.encode(&format!("{}\n", document.path)));
    }
    let ids = tokenizer.encode(&document.text);
    let Some(room) = length
        .checked_sub(header.len().max(1))
        .filter(|room| *room > 0)
    else {
        bail!(
            "a window of {length} tokens has no room behind the header of {:?}",
            document.path
        );
    };
    let mut windows = Vec::new();
    let mut start = usize::from(header.is_empty());
    while start < ids.len() {
        let end = (start + room).min(ids.len());
        let mut tokens = if header.is_empty() {
            ids[start - 1..start].to_vec()
        } else {
            header.clone()
        };
        let first = tokens.len();
        tokens.extend(&ids[start..end]);
        windows.push((tokens, first));
        start = end;
    }
    Ok(windows)
}

fn summary(documents: usize, sum: &Sum) -> serde_json::Value {
    let nats = sum.nats / sum.tokens.max(1) as f64;
    json!({
        "documents": documents,
        "tokens": sum.tokens,
        "bytes": sum.bytes,
        "nats_per_token": nats,
        "perplexity": nats.exp(),
        "bits_per_byte": sum.nats / std::f64::consts::LN_2 / sum.bytes.max(1) as f64,
    })
}
