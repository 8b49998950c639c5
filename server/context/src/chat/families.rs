//! The turns of families whose template is missing or cannot be used: one row of data for each.
//!
//! A row fits a model whose vocabulary has all of its markers; the first that fits is used.

use super::placeholders::{SYSTEM_TEXT, USER_TEXT};

/// A family's turns.
pub struct ChatFamily {
    /// What people call them.
    pub name: &'static str,
    /// The special tokens that the vocabulary must have.
    pub needs: &'static [&'static str],
    /// A conversation, with `{system}` and `{user}` for the texts. Without `{system}` the question
    /// has both.
    text: &'static str,
}

/// All families, the more special first.
pub const FAMILIES: &[ChatFamily] = &[
    ChatFamily {
        name: "Llama 3",
        needs: &["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        text: "<|start_header_id|>system<|end_header_id|>\n\n{system}<|eot_id|>\
               <|start_header_id|>user<|end_header_id|>\n\n{user}<|eot_id|>\
               <|start_header_id|>assistant<|end_header_id|>\n\n",
    },
    // OpenAI's "harmony".
    ChatFamily {
        name: "harmony",
        needs: &["<|start|>", "<|message|>", "<|channel|>", "<|end|>"],
        text: "<|start|>developer<|message|># Instructions\n\n{system}<|end|>\
               <|start|>user<|message|>{user}<|end|><|start|>assistant",
    },
    ChatFamily {
        name: "ChatML",
        needs: &["<|im_start|>", "<|im_end|>"],
        text: "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n\
               <|im_start|>assistant\n",
    },
    ChatFamily {
        name: "Gemma",
        needs: &["<start_of_turn>", "<end_of_turn>"],
        text: "<start_of_turn>user\n{user}<end_of_turn>\n<start_of_turn>model\n",
    },
    ChatFamily {
        name: "Phi",
        needs: &["<|user|>", "<|assistant|>", "<|end|>"],
        text: "<|user|>\n{user}<|end|>\n<|assistant|>\n",
    },
    ChatFamily {
        name: "DeepSeek",
        needs: &["<\u{ff5c}User\u{ff5c}>", "<\u{ff5c}Assistant\u{ff5c}>"],
        text: "{system}<\u{ff5c}User\u{ff5c}>{user}<\u{ff5c}Assistant\u{ff5c}>",
    },
    ChatFamily {
        name: "Mistral",
        needs: &["[INST]", "[/INST]"],
        text: "[INST]{user}[/INST]",
    },
];

impl ChatFamily {
    /// Whether the conversation has a turn for the instruction.
    pub fn has_system(&self) -> bool {
        self.text.contains("{system}")
    }

    /// The conversation with placeholders, as a template renders it.
    pub fn rendered(&self) -> String {
        self.text
            .replace("{system}", SYSTEM_TEXT)
            .replace("{user}", USER_TEXT)
    }
}
