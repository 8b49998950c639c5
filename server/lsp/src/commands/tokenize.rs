//! `nigh tokenize`: standard input to token ids and back, exactly as prompts are tokenised.

use super::print;
use crate::cli::ModelChoice;
use crate::model::open;
use anyhow::Context;
use std::io::Read;
use std::process::ExitCode;

/// Arguments of `nigh tokenize`.
#[derive(clap::Args)]
pub struct Tokenize {
    #[command(flatten)]
    choice: ModelChoice,
    /// Read ids separated by blanks and print their text
    #[arg(long)]
    decode: bool,
}

impl Tokenize {
    /// Text is taken verbatim: no beginning-of-text token, special tokens' names are text.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let engine = open(self.choice.model.as_deref(), self.choice.threads).map_err(anyhow::Error::msg)?;
        let mut input = Vec::new();
        std::io::stdin().read_to_end(&mut input)?;
        let input = String::from_utf8(input).context("standard input is not UTF-8")?;
        if self.decode {
            let id = |word: &str| word.parse::<u32>().with_context(|| format!("`{word}` is no token id"));
            let ids = input.split_whitespace().map(id).collect::<anyhow::Result<Vec<_>>>()?;
            print(&engine.tokenizer().decode(&ids))?;
        } else {
            let ids: Vec<String> = engine.tokenizer().encode(&input).iter().map(u32::to_string).collect();
            print(&format!("{}\n", ids.join(" ")))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
