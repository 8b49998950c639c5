//! Recognises folders that cannot be read, to say what they are and which file or folder to name
//! instead.
//!
//! Called before anything in the folder is read. Layouts are those of transformers, PEFT,
//! sentence-transformers, MLX and the download tools.

use std::path::Path;

use serde_json::Value;

use super::float8;
use super::kind::{EMBEDDING, refused};
use crate::LoadError;

/// Most file names that a message lists.
const MAX_LISTED: usize = 5;

/// Refuses a folder without configuration, weights or tokenizer, and says what it has instead.
pub fn check(folder: &Path) -> Result<(), LoadError> {
    let has = |name: &str| folder.join(name).exists();
    let shown = folder.display();
    if has("adapter_config.json") {
        return refused(
            "it is a LoRA adapter, which only changes another model; name a folder with the merged model",
        );
    }
    let weights = has("model.safetensors") || has("model.safetensors.index.json");
    if !has("config.json") {
        return refused(format!(
            "there is no config.json in {shown}; name a GGUF file, or a folder with config.json, tokenizer.json and \
             safetensors"
        ));
    }
    if !weights {
        let instead = "use the folder with model.safetensors, or the GGUF, of the same model";
        return match with_extension(folder, "safetensors").or_else(|| with_extension(folder, "bin"))
        {
            Some(files) => refused(format!(
                "there is no model.safetensors in {shown}, only {files}; {instead}"
            )),
            None => refused(format!(
                "there is no model.safetensors in {shown}; {instead}"
            )),
        };
    }
    if !has("tokenizer.json") {
        return refused(format!(
            "there is no tokenizer.json in {shown}; write it with AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR) \
             of transformers, or use the GGUF of the same model"
        ));
    }
    Ok(())
}

/// Refuses a model for embeddings, by the other files of its folder.
pub fn check_use(folder: &Path) -> Result<(), LoadError> {
    let marks = [
        "modules.json",
        "config_sentence_transformers.json",
        "1_Pooling",
    ];
    if marks.iter().any(|name| folder.join(name).exists()) {
        refused(EMBEDDING)
    } else {
        Ok(())
    }
}

/// Refuses weights that were quantised by a library for GPUs or Macs.
pub fn check_quantised(config: &Value) -> Result<(), LoadError> {
    let how = match config["quantization_config"]["quant_method"].as_str() {
        Some(_) if float8::is_read(config) => return Ok(()),
        Some(how) => how.chars().take(40).collect(),
        None if config["quantization"].is_object() => "MLX".to_owned(),
        None => return Ok(()),
    };
    refused(format!(
        "its weights are quantised with {how}, which nigh does not read; use the unquantised folder or a GGUF of the same \
         model, such as Q4_K_M or Q8_0"
    ))
}

/// The names in a folder with this extension, sorted, if there are any.
fn with_extension(folder: &Path, extension: &str) -> Option<String> {
    let entries = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    let named = entries.filter(|path| path.extension().is_some_and(|found| found == extension));
    let mut names: Vec<String> = named
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into()))
        .collect();
    names.sort();
    let more = if names.len() > MAX_LISTED {
        ", ..."
    } else {
        ""
    };
    names.truncate(MAX_LISTED);
    (!names.is_empty()).then(|| format!("{}{more}", names.join(", ")))
}
