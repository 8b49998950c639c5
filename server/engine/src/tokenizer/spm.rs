//! SentencePiece vocabularies with scores: neighbouring pieces are merged, the best score first,
//! leftmost among equals.
//!
//! Used for GGUF vocabularies of the model `llama` (Llama 2, CodeLlama, Phi-3, Gemma). What has no
//! piece becomes byte tokens. After SentencePiece's BPE model (Kudo and Richardson, arXiv
//! 1808.06226).

use std::collections::HashMap;

use super::additions::{Additions, Part};
use super::gguf::{Kind, Vocabulary};
use super::merge::{Symbol, merge};

/// A vocabulary ready to encode.
pub struct Spm {
    /// Pieces that text may become: rank (the best score's is the lowest) and id.
    pieces: HashMap<String, (i64, u32)>,
    bytes: [Option<u32>; 256],
    unknown: Option<u32>,
    additions: Additions,
    space_prefix: bool,
}

impl Spm {
    /// Takes the pieces that text may become; control tokens are left out.
    pub fn new(vocabulary: &Vocabulary, scores: &[f32], space_prefix: bool) -> Spm {
        let entries = || vocabulary.tokens.iter().zip(&vocabulary.kinds).zip(0u32..);
        let usable = |kind: &Kind| !matches!(kind, Kind::Control | Kind::Unknown | Kind::Byte);
        let piece = |((token, _), id): ((&&str, &Kind), u32)| {
            ((*token).to_owned(), (rank(scores[id as usize]), id))
        };
        Spm {
            pieces: entries()
                .filter(|((_, kind), _)| usable(kind))
                .map(piece)
                .collect(),
            bytes: vocabulary.bytes(),
            unknown: entries()
                .find(|((_, kind), _)| **kind == Kind::Unknown)
                .map(|(_, id)| id),
            additions: Additions::new(vocabulary.additions()),
            space_prefix,
        }
    }

    /// The ids of plain text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut first = true;
        for part in self.additions.cut(text) {
            match part {
                Part::Token(id) => ids.push(id),
                Part::Text(text) => self.encode_part(text, first, &mut ids),
            }
            // A space goes only before the beginning, or after an added token, as llama.cpp has it.
            first = matches!(part, Part::Token(_));
        }
        ids
    }

    fn encode_part(&self, text: &str, first: bool, ids: &mut Vec<u32>) {
        let prefix = if self.space_prefix && first { " " } else { "" };
        let text = format!("{prefix}{text}").replace(' ', "▁");
        let id = |start: usize, len: usize| self.pieces.get(&text[start..start + len]);
        let char = |(start, c): (usize, char)| {
            let len = c.len_utf8();
            Symbol {
                start,
                len,
                id: id(start, len).map(|piece| piece.1),
            }
        };
        let symbols = merge(text.char_indices().map(char).collect(), |a, b| {
            let &(rank, id) = id(a.start, a.len + b.len)?;
            Some((
                rank,
                Symbol {
                    start: a.start,
                    len: a.len + b.len,
                    id: Some(id),
                },
            ))
        });
        for Symbol { start, len, id } in symbols {
            match id {
                Some(id) => ids.push(id),
                None => {
                    let bytes = text[start..start + len].bytes();
                    ids.extend(
                        bytes.filter_map(|byte| self.bytes[usize::from(byte)].or(self.unknown)),
                    );
                }
            }
        }
    }
}

/// A whole number that falls as the score rises, by IEEE 754's total order.
fn rank(score: f32) -> i64 {
    let bits = score.to_bits() as i32;
    -i64::from(bits ^ ((bits >> 31) as u32 >> 1) as i32)
}
