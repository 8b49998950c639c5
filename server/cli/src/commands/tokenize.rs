//! `nigh tokenize`: standard input to token ids and back, exactly as prompts are tokenised. A file
//! that holds a vocabulary and no weights will do.

use super::{Vocabulary, print};
use anyhow::Context;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `nigh tokenize`.
#[derive(clap::Args)]
pub struct Tokenize {
    /// Model: a name that `nigh model list` shows, `embedded`, a .gguf file, or a folder with
    /// tokenizer.json [default: the choice of `nigh model use`, else the embedded model]
    #[arg(long, value_name = "MODEL", env = "NIGH_MODEL")]
    model: Option<PathBuf>,
    /// Read token ids separated by spaces and print their text
    #[arg(long)]
    decode: bool,
}

impl Tokenize {
    /// Text is taken verbatim: no beginning-of-text token, special tokens' names are text.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let vocabulary = Vocabulary::open(self.model.as_deref())?;
        let tokenizer = vocabulary.tokenizer();
        let mut input = Vec::new();
        std::io::stdin().read_to_end(&mut input)?;
        let input = String::from_utf8(input).context("standard input is not UTF-8")?;
        if self.decode {
            let id = |word: &str| {
                word.parse::<u32>()
                    .with_context(|| format!("`{word}` is not a token id"))
            };
            let ids = input
                .split_whitespace()
                .map(id)
                .collect::<anyhow::Result<Vec<_>>>()?;
            print(&tokenizer.decode(&ids))?;
        } else {
            let ids: Vec<String> = tokenizer
                .encode(&input)
                .iter()
                .map(u32::to_string)
                .collect();
            print(&format!("{}\n", ids.join(" ")))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
