//! The template that a model's file has for conversations.
//!
//! It is only read here, never run. A file may have several: the one that is called `default`, or
//! has no name, is for conversations.

use serde_json::Value;

use crate::files::Folder;
use crate::files::gguf::Gguf;

/// Bytes of the longest template that is kept.
const MAX_TEMPLATE: usize = 256 << 10;

/// The template of a GGUF.
pub fn of_gguf(file: &Gguf) -> Option<String> {
    let template = file.text("tokenizer.chat_template")?;
    kept(template)
}

/// The template of a folder, in a file of its own or in `tokenizer_config.json`.
pub fn of_folder(folder: &Folder, tokenizer_config: &Value) -> Option<String> {
    let own = folder.file("chat_template.jinja", MAX_TEMPLATE as u64).ok();
    if let Some(template) = own.and_then(|bytes| String::from_utf8(bytes).ok()) {
        return kept(&template);
    }
    match &tokenizer_config["chat_template"] {
        Value::String(template) => kept(template),
        Value::Array(named) => {
            let default = named.iter().find(|entry| entry["name"] == "default")?;
            kept(default["template"].as_str()?)
        }
        _ => None,
    }
}

fn kept(template: &str) -> Option<String> {
    let is_kept = !template.trim().is_empty() && template.len() <= MAX_TEMPLATE;
    is_kept.then(|| template.to_owned())
}
