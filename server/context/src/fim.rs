//! How each model family was taught to fill in the middle: one row of data per family.
//!
//! A row matches a model when the vocabulary has all of its markers and one of `only_with`; the
//! first match wins, so special rows come before general ones. A model whose GGUF metadata names
//! its own markers needs no row: `assistant` makes one, and one for a model that was trained to
//! chat. Sources: the models' cards and papers named next to the rows.

use crate::chat::ChatTurns;
use crate::prompt::{Prompt, Segment};
use std::borrow::Cow;
use std::sync::Arc;

/// In which order the parts are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// prefix marker, prefix, suffix marker, suffix, middle marker.
    PrefixFirst,
    /// prefix marker, suffix marker, suffix, middle marker, prefix: "SPM" of Bavarian et al., arXiv
    /// 2207.14255, section 3. Typing only appends to it.
    SuffixFirst,
    /// suffix marker, suffix, prefix marker, prefix, and the middle marker where there is one.
    SuffixThenPrefix,
}

/// How the model learns the file's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathHeader {
    /// A marker, the path, a newline.
    Marker(&'static str),
    /// A line before the prefix: these characters and the path.
    Line(&'static str),
    /// A comment line before the prefix, in the file's language.
    Comment,
}

/// One family's markers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FimFormat {
    /// The family, as people call it.
    pub name: &'static str,
    /// Precedes the text before the cursor.
    pub prefix: Cow<'static, str>,
    /// Precedes the text after the cursor.
    pub suffix: Cow<'static, str>,
    /// Where the answer begins; empty where the family has none.
    pub middle: Cow<'static, str>,
    /// The order it is asked in.
    pub order: Order,
    /// How the path is given.
    pub path: PathHeader,
    /// Special tokens that end an answer besides the model's own end of text; those a vocabulary
    /// lacks are ignored.
    pub stops: &'static [&'static str],
    /// Tokens that distinguish this family from another one with the same markers: the vocabulary
    /// has one. Empty if none is needed.
    pub only_with: &'static [&'static str],
    /// The turns of a conversation, for a model that was trained to chat: it has no markers.
    pub chat: Option<Arc<ChatTurns>>,
}

const QWEN_STOPS: &[&str] = &[
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|im_start|>",
    "<|im_end|>",
];
const STARCODER_STOPS: &[&str] = &[
    "<|endoftext|>",
    "<fim_prefix>",
    "<fim_middle>",
    "<fim_suffix>",
    "<fim_pad>",
    "<repo_name>",
    "<file_sep>",
];

const MELLUM_STOPS: &[&str] = &[
    "<|endoftext|>",
    "<fim_prefix>",
    "<fim_middle>",
    "<fim_suffix>",
    "<filename>",
    "<reponame>",
    "<|im_end|>",
];

/// All families, the more special first.
pub const FORMATS: &[FimFormat] = &[
    // The embedded model: trained on both orders, asked suffix first.
    FimFormat {
        name: "nigh",
        prefix: Cow::Borrowed("<|fim_prefix|>"),
        suffix: Cow::Borrowed("<|fim_suffix|>"),
        middle: Cow::Borrowed("<|fim_middle|>"),
        order: Order::SuffixFirst,
        path: PathHeader::Marker("<|file_sep|>"),
        stops: QWEN_STOPS,
        only_with: &["<|fix|>"],
        chat: None,
    },
    // Qwen2.5-Coder technical report, arXiv 2409.12186, figures 5 and 6; Qwen3-Coder keeps the
    // tokens.
    FimFormat {
        name: "Qwen-Coder",
        prefix: Cow::Borrowed("<|fim_prefix|>"),
        suffix: Cow::Borrowed("<|fim_suffix|>"),
        middle: Cow::Borrowed("<|fim_middle|>"),
        order: Order::PrefixFirst,
        path: PathHeader::Marker("<|file_sep|>"),
        stops: QWEN_STOPS,
        only_with: &["<|fim_pad|>"],
        chat: None,
    },
    // Model card of CodeGemma, "Fill-in-the-middle".
    FimFormat {
        name: "CodeGemma",
        prefix: Cow::Borrowed("<|fim_prefix|>"),
        suffix: Cow::Borrowed("<|fim_suffix|>"),
        middle: Cow::Borrowed("<|fim_middle|>"),
        order: Order::PrefixFirst,
        path: PathHeader::Comment,
        stops: &[
            "<|file_separator|>",
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
            "<eos>",
            "<end_of_turn>",
        ],
        only_with: &["<|file_separator|>"],
        chat: None,
    },
    // Model cards of Granite 3.3 and 4: Qwen's spelling without its file markers.
    FimFormat {
        name: "Granite 3/4",
        prefix: Cow::Borrowed("<|fim_prefix|>"),
        suffix: Cow::Borrowed("<|fim_suffix|>"),
        middle: Cow::Borrowed("<|fim_middle|>"),
        order: Order::PrefixFirst,
        path: PathHeader::Comment,
        stops: &[
            "<|end_of_text|>",
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
        ],
        only_with: &[],
        chat: None,
    },
    // StarCoder 2, arXiv 2402.19173, section 5.
    FimFormat {
        name: "StarCoder2",
        prefix: Cow::Borrowed("<fim_prefix>"),
        suffix: Cow::Borrowed("<fim_suffix>"),
        middle: Cow::Borrowed("<fim_middle>"),
        order: Order::PrefixFirst,
        path: PathHeader::Marker("<file_sep>"),
        stops: STARCODER_STOPS,
        only_with: &["<file_sep>"],
        chat: None,
    },
    // Model cards of Mellum-4b and Mellum 2. The tokens of roles are what StarCoder 1 lacks.
    FimFormat {
        name: "Mellum",
        prefix: Cow::Borrowed("<fim_prefix>"),
        suffix: Cow::Borrowed("<fim_suffix>"),
        middle: Cow::Borrowed("<fim_middle>"),
        order: Order::SuffixThenPrefix,
        path: PathHeader::Marker("<filename>"),
        stops: MELLUM_STOPS,
        only_with: &["<|im_start|>", "<system>"],
        chat: None,
    },
    // Granite code models, arXiv 2405.04324; StarCoder 1, stable-code and refact spell them alike.
    FimFormat {
        name: "Granite code",
        prefix: Cow::Borrowed("<fim_prefix>"),
        suffix: Cow::Borrowed("<fim_suffix>"),
        middle: Cow::Borrowed("<fim_middle>"),
        order: Order::PrefixFirst,
        path: PathHeader::Comment,
        stops: STARCODER_STOPS,
        only_with: &[],
        chat: None,
    },
    // DeepSeek-Coder, arXiv 2401.14196, section 3.1.2.
    FimFormat {
        name: "DeepSeek-Coder",
        prefix: Cow::Borrowed("<｜fim▁begin｜>"),
        suffix: Cow::Borrowed("<｜fim▁hole｜>"),
        middle: Cow::Borrowed("<｜fim▁end｜>"),
        order: Order::PrefixFirst,
        path: PathHeader::Comment,
        stops: &["<｜end▁of▁sentence｜>", "<|EOT|>"],
        only_with: &[],
        chat: None,
    },
    // Seed-Coder, arXiv 2506.03524, section 2.2; Zeta 2 is trained further from it.
    FimFormat {
        name: "Seed-Coder",
        prefix: Cow::Borrowed("<[fim-prefix]>"),
        suffix: Cow::Borrowed("<[fim-suffix]>"),
        middle: Cow::Borrowed("<[fim-middle]>"),
        order: Order::SuffixThenPrefix,
        path: PathHeader::Comment,
        stops: &[
            "<[end▁of▁sentence]>",
            "<[fim-prefix]>",
            "<[fim-suffix]>",
            "<[fim-middle]>",
        ],
        only_with: &[],
        chat: None,
    },
    // GLM-4 and its successors, as Zed and llama.cpp ask them.
    FimFormat {
        name: "GLM",
        prefix: Cow::Borrowed("<|code_prefix|>"),
        suffix: Cow::Borrowed("<|code_suffix|>"),
        middle: Cow::Borrowed("<|code_middle|>"),
        order: Order::PrefixFirst,
        path: PathHeader::Comment,
        stops: &[
            "<|endoftext|>",
            "<|user|>",
            "<|observation|>",
            "<|code_prefix|>",
            "<|code_suffix|>",
            "<|code_middle|>",
        ],
        only_with: &[],
        chat: None,
    },
    // Model card of Falcon-H1-Tiny-Coder.
    FimFormat {
        name: "Falcon",
        prefix: Cow::Borrowed("<|prefix|>"),
        suffix: Cow::Borrowed("<|suffix|>"),
        middle: Cow::Borrowed("<|middle|>"),
        order: Order::PrefixFirst,
        path: PathHeader::Comment,
        stops: &["<|end_of_text|>", "<|prefix|>", "<|suffix|>", "<|middle|>"],
        only_with: &[],
        chat: None,
    },
    // Code Llama, arXiv 2308.12950, section 2.3.
    FimFormat {
        name: "CodeLlama",
        prefix: Cow::Borrowed("▁<PRE>"),
        suffix: Cow::Borrowed("▁<SUF>"),
        middle: Cow::Borrowed("▁<MID>"),
        order: Order::PrefixFirst,
        path: PathHeader::Comment,
        stops: &["▁<EOT>", "</s>"],
        only_with: &[],
        chat: None,
    },
    // mistral-common, "FIM": the suffix comes first. Such lines separate its files.
    FimFormat {
        name: "Codestral",
        prefix: Cow::Borrowed("[PREFIX]"),
        suffix: Cow::Borrowed("[SUFFIX]"),
        middle: Cow::Borrowed(""),
        order: Order::SuffixThenPrefix,
        path: PathHeader::Line("+++++ "),
        stops: &["</s>", "[PREFIX]", "[SUFFIX]", "[MIDDLE]"],
        only_with: &[],
        chat: None,
    },
];

impl FimFormat {
    /// The first family all of whose markers the vocabulary has; `has` is asked with exact
    /// spellings.
    pub fn detect(has: impl Fn(&str) -> bool) -> Option<&'static FimFormat> {
        FORMATS.iter().find(|format| {
            let header = match format.path {
                PathHeader::Marker(marker) => marker,
                _ => "",
            };
            let needed = [&*format.prefix, &*format.suffix, &*format.middle, header];
            let has_all = needed.iter().all(|marker| marker.is_empty() || has(marker));
            let only = format.only_with;
            has_all && (only.is_empty() || only.iter().any(|token| has(token)))
        })
    }

    /// A family without a row, by the markers its file names; asked prefix first, which
    /// all understand.
    pub fn named(prefix: String, suffix: String, middle: String) -> FimFormat {
        FimFormat {
            name: "named by the file",
            prefix: prefix.into(),
            suffix: suffix.into(),
            middle: middle.into(),
            order: Order::PrefixFirst,
            path: PathHeader::Comment,
            stops: &[],
            only_with: &[],
            chat: None,
        }
    }

    /// A model that was trained to chat, and is asked in these turns.
    pub fn of_chat(turns: ChatTurns) -> FimFormat {
        FimFormat {
            name: turns.name,
            prefix: "".into(),
            suffix: "".into(),
            middle: "".into(),
            order: Order::PrefixFirst,
            path: PathHeader::Line("File: "),
            stops: &[],
            only_with: &[],
            chat: Some(Arc::new(turns)),
        }
    }

    /// What a model of this family can do, for people.
    pub fn ability(&self) -> String {
        match &self.chat {
            Some(turns) => format!("chat model: fills in through {}", turns.origin()),
            None => format!("completion: yes, {} markers", self.name),
        }
    }

    /// The same prompt with the required part back in the text before the cursor, for a model that
    /// cannot be made to begin its answer with it.
    pub fn whole(&self, mut prompt: Prompt) -> Prompt {
        let required = std::mem::take(&mut prompt.required);
        if let Some(reply) = &mut prompt.reply {
            reply.code.push_str(&required);
        }
        if let Some(prefix) = self.prefix_of(&mut prompt.segments) {
            prefix.push_str(&required);
        }
        prompt
    }

    /// The text before the cursor in a prompt of this family.
    fn prefix_of<'s>(&self, segments: &'s mut [Segment]) -> Option<&'s mut String> {
        let at = match self.order {
            _ if self.chat.is_some() => segments.len().checked_sub(1)?,
            Order::PrefixFirst | Order::SuffixThenPrefix => {
                let marker = Segment::Marker(self.prefix.to_string());
                segments.iter().position(|segment| *segment == marker)? + 1
            }
            Order::SuffixFirst => segments.len().checked_sub(1)?,
        };
        match segments.get_mut(at)? {
            Segment::Text(text) | Segment::Inner(text) => Some(text),
            Segment::Marker(_) => None,
        }
    }

    /// Prefix and suffix laid out in this family's order.
    pub fn lay_out(&self, prefix: String, suffix: String) -> Vec<Segment> {
        let marker = |text: &str| Segment::Marker(text.to_owned());
        let (prefix, suffix) = (Segment::Text(prefix), Segment::Inner(suffix));
        let mut segments = match self.order {
            Order::PrefixFirst => {
                vec![
                    marker(&self.prefix),
                    prefix,
                    marker(&self.suffix),
                    suffix,
                    marker(&self.middle),
                ]
            }
            Order::SuffixFirst => {
                vec![
                    marker(&self.prefix),
                    marker(&self.suffix),
                    suffix,
                    marker(&self.middle),
                    prefix,
                ]
            }
            Order::SuffixThenPrefix => {
                vec![
                    marker(&self.suffix),
                    suffix,
                    marker(&self.prefix),
                    prefix,
                    marker(&self.middle),
                ]
            }
        };
        segments.retain(|segment| *segment != marker(""));
        segments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(vocabulary: &[&str]) -> Option<&'static str> {
        FimFormat::detect(|marker| vocabulary.contains(&marker)).map(|format| format.name)
    }

    #[test]
    fn families_with_the_same_markers_are_distinguished() {
        let fim = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"];
        let with = |more: &[&'static str]| detected(&[&fim, more].concat());
        let files = "<|file_sep|>";
        assert_eq!(with(&["<|fim_pad|>", "<|fix|>", files]), Some("nigh"));
        assert_eq!(with(&["<|fim_pad|>", files]), Some("Qwen-Coder"));
        assert_eq!(with(&["<|fim_pad|>"]), Some("Granite 3/4"));
        assert_eq!(with(&["<|file_separator|>"]), Some("CodeGemma"));
        assert_eq!(with(&[]), Some("Granite 3/4"));
        assert_eq!(
            detected(&["<fim_prefix>", "<fim_suffix>", "<fim_middle>"]),
            Some("Granite code")
        );
        assert_eq!(
            detected(&["<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>"]),
            Some("StarCoder2")
        );
        let star = ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"];
        let with = |more: &[&'static str]| detected(&[&star, more].concat());
        // stable-code and StarCoder 1 have files' names without the tokens of roles.
        assert_eq!(with(&["<filename>", "<reponame>"]), Some("Granite code"));
        assert_eq!(with(&["<filename>", "<system>"]), Some("Mellum"));
        assert_eq!(with(&["<filename>", "<|im_start|>"]), Some("Mellum"));
        assert_eq!(detected(&["[PREFIX]", "[SUFFIX]"]), Some("Codestral"));
        assert_eq!(detected(&["<s>", "</s>"]), None);
    }

    #[test]
    fn the_required_part_returns_to_the_text_before_the_cursor() {
        for format in FORMATS {
            let prompt = crate::Prompt {
                segments: format.lay_out("ret".into(), "S".into()),
                required: "urn".into(),
                ..Default::default()
            };
            let whole = format.whole(prompt);
            assert_eq!(whole.segments, format.lay_out("return".into(), "S".into()));
            assert_eq!(whole.required, "");
        }
    }

    #[test]
    fn each_family_is_asked_in_its_own_order() {
        let expected = [
            ("nigh", "<|fim_prefix|><|fim_suffix|>S<|fim_middle|>P"),
            ("Qwen-Coder", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
            ("CodeGemma", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
            (
                "Granite 3/4",
                "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
            ),
            ("StarCoder2", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
            ("Mellum", "<fim_suffix>S<fim_prefix>P<fim_middle>"),
            ("Granite code", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
            (
                "DeepSeek-Coder",
                "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>",
            ),
            ("Seed-Coder", "<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>"),
            ("GLM", "<|code_prefix|>P<|code_suffix|>S<|code_middle|>"),
            ("Falcon", "<|prefix|>P<|suffix|>S<|middle|>"),
            ("CodeLlama", "▁<PRE>P▁<SUF>S▁<MID>"),
            ("Codestral", "[SUFFIX]S[PREFIX]P"),
        ];
        let laid_out = |format: &FimFormat| crate::Prompt {
            segments: format.lay_out("P".into(), "S".into()),
            ..Default::default()
        };
        let asked = FORMATS
            .iter()
            .map(|format| (format.name, laid_out(format).display()));
        let expected = expected.map(|(name, prompt)| (name, prompt.to_owned()));
        assert_eq!(asked.collect::<Vec<_>>(), expected);
    }
}
