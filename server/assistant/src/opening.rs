//! Opens a model's file, and finds out how the model completes, with markers or in a conversation,
//! and whether it predicts next edits.

use crate::memory;
use context::{ChatTurns, ChatVocabulary, FimFormat};
use engine::{Engine, LoadOptions, LoadWatch, TokenRole, Tokenizer};
use next_edit::EditFormat;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use workspace::cache_folder;

/// The model inside the program; `models/README.md` is its card.
pub static EMBEDDED: &[u8] = include_bytes!("../../../models/nigh.gguf");

/// A model that a user chose, by a name or by a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenModel {
    /// What its user calls it.
    pub name: String,
    /// Its file or folder.
    pub path: PathBuf,
    /// The LoRA adapter that changes it.
    pub adapter: Option<PathBuf>,
}

impl ChosenModel {
    /// Opens it; its loading can be followed and cancelled.
    pub fn open(&self, threads: usize, watch: Option<LoadWatch>) -> Result<Arc<Engine>, String> {
        let options = LoadOptions {
            watch,
            adapter: self.adapter.clone(),
            ..load_options(threads)
        };
        let engine = Engine::open(&self.path, &options).map(Arc::new);
        engine.map_err(|error| self.refused(&error.to_string()))
    }

    /// Why it cannot be used, in a sentence that names it once.
    pub fn refused(&self, why: &str) -> String {
        let path = self.path.display().to_string();
        match why.contains(&path) || why.contains(&self.name) {
            true => why.to_owned(),
            false => format!("{}: {why}", self.name),
        }
    }
}

/// Opens the embedded model, or the one at `path`.
pub fn open(path: Option<&Path>, threads: usize) -> Result<Arc<Engine>, String> {
    match path {
        Some(path) => Engine::open(path, &load_options(threads))
            .map(Arc::new)
            .map_err(|error| error.to_string()),
        None => Engine::from_bytes(EMBEDDED, &load_options(threads))
            .inspect(|_| memory::give_back_part(EMBEDDED))
            .map(Arc::new)
            .map_err(|error| error.to_string()),
    }
}

fn load_options(threads: usize) -> LoadOptions {
    LoadOptions {
        threads,
        copies: copies(),
        ..LoadOptions::default()
    }
}

/// Where packed copies of models are kept, for all windows together.
pub fn copies() -> Option<PathBuf> {
    cache_folder().map(|folder| folder.join("nigh").join("models"))
}

/// How the model fills in the middle: as its family does, else with the markers that its file
/// names, else in a conversation, as one that was trained to chat.
pub fn fim_format(tokenizer: &Tokenizer) -> Option<FimFormat> {
    let known = FimFormat::detect(|marker| tokenizer.special(marker).is_some()).cloned();
    let named = || {
        // Only a special token can be a marker: any other is text.
        let special = |spelling: &String| tokenizer.special(spelling).is_some();
        let marker = |role| {
            tokenizer
                .named(role)
                .map(|(_, spelling)| spelling)
                .filter(special)
        };
        Some(FimFormat::named(
            marker(TokenRole::FimPrefix)?,
            marker(TokenRole::FimSuffix)?,
            marker(TokenRole::FimMiddle)?,
        ))
    };
    let known = known.or_else(named);
    known.or_else(|| chat_turns(tokenizer).map(FimFormat::of_chat))
}

/// The turns of a conversation with the model.
fn chat_turns(tokenizer: &Tokenizer) -> Option<ChatTurns> {
    with_vocabulary(tokenizer, |vocabulary| {
        ChatTurns::of_model(tokenizer.chat_template(), vocabulary)
    })
}

/// The end of a sentence about a model: why its chat template is ignored. Empty where it is used,
/// or not needed.
pub fn template_remark(tokenizer: &Tokenizer) -> String {
    let has_markers = |format: FimFormat| format.chat.is_none();
    let template = match tokenizer.chat_template() {
        Some(template) if !fim_format(tokenizer).is_some_and(has_markers) => template,
        _ => return String::new(),
    };
    let turns = with_vocabulary(tokenizer, |vocabulary| {
        ChatTurns::of_template(template, vocabulary)
    });
    match turns {
        Ok(_) => String::new(),
        Err(problem) => format!("; its chat template is ignored: {problem}"),
    }
}

fn with_vocabulary<T>(tokenizer: &Tokenizer, then: impl FnOnce(&ChatVocabulary) -> T) -> T {
    let spelling = |role| tokenizer.named(role).map(|(_, spelling)| spelling);
    then(&ChatVocabulary {
        bos: spelling(TokenRole::Bos).unwrap_or_default(),
        eos: spelling(TokenRole::Eos).unwrap_or_default(),
        adds_bos: tokenizer.adds_bos(),
        has: &|marker| tokenizer.special(marker).is_some(),
        find: &|text| tokenizer.find_specials(text),
    })
}

/// What a model is called: by its user, and by its file or folder.
pub fn model_names(name: &str, path: &Path) -> [String; 2] {
    let file = path.file_name().unwrap_or_default();
    [name.to_owned(), file.to_string_lossy().into_owned()]
}

/// Whose format a model predicts next edits in, if it was trained for that.
pub fn edit_format(names: &[String], tokenizer: &Tokenizer) -> Option<EditFormat> {
    let names = names.iter().map(String::as_str);
    EditFormat::detect(names, |marker| tokenizer.special(marker).is_some())
}
