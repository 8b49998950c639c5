//! SentencePiece vocabularies with scores: neighbouring pieces are merged, the best score first, leftmost among equals.
//!
//! Used for GGUF vocabularies of the model `llama` (Llama 2, CodeLlama, Phi-3, Gemma). What has no piece becomes byte
//! tokens. After SentencePiece's BPE model (Kudo and Richardson, arXiv 1808.06226).

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use super::gguf::{Kind, Vocabulary};
use super::pieces::spm_byte;

/// A vocabulary ready to encode.
pub struct Spm {
    /// Pieces that text may become, with id and score.
    pieces: HashMap<String, (u32, f32)>,
    bytes: [Option<u32>; 256],
    unknown: Option<u32>,
    /// Added tokens that are found in the text before it is cut, longest first.
    additions: Vec<(String, u32)>,
    space_prefix: bool,
}

/// A run of the text that is a piece or about to become part of one; a list linked by index.
struct Symbol {
    start: usize,
    len: usize,
    previous: Option<usize>,
    next: Option<usize>,
}

/// Two neighbours that make a piece together.
struct Pair {
    score: f32,
    left: usize,
    right: usize,
    /// Length of both; tells whether they are still what they were.
    len: usize,
}

impl PartialEq for Pair {
    fn eq(&self, other: &Pair) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Pair {}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Pair) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pair {
    fn cmp(&self, other: &Pair) -> Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left))
    }
}

impl Spm {
    /// Takes the pieces that text may become; control tokens are left out.
    pub fn new(vocabulary: &Vocabulary, scores: Vec<f32>, space_prefix: bool) -> Spm {
        let mut spm =
            Spm { pieces: HashMap::new(), bytes: [None; 256], unknown: None, additions: Vec::new(), space_prefix };
        for (id, (token, kind)) in vocabulary.tokens.iter().zip(&vocabulary.kinds).enumerate() {
            let id = id as u32;
            match kind {
                Kind::Control => {}
                Kind::Unknown => spm.unknown = spm.unknown.or(Some(id)),
                Kind::Byte => {
                    if let Some(byte) = spm_byte(token) {
                        spm.bytes[usize::from(byte)] = Some(id);
                    }
                }
                _ => {
                    spm.pieces.insert((*token).to_owned(), (id, scores[id as usize]));
                }
            }
            if *kind == Kind::UserDefined && !token.is_empty() {
                spm.additions.push(((*token).to_owned(), id));
            }
        }
        spm.additions.sort_by_key(|(token, _)| std::cmp::Reverse(token.len()));
        spm
    }

    /// The ids of plain text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut first = true;
        for part in self.cut(text) {
            match part {
                Part::Token(id) => ids.push(id),
                Part::Text(text) => self.encode_part(text, first, &mut ids),
            }
            // A space goes only before the beginning, or after an added token, as llama.cpp has it.
            first = matches!(part, Part::Token(_));
        }
        ids
    }

    /// Cuts the added tokens out of the text, the longest first.
    fn cut<'t>(&self, text: &'t str) -> Vec<Part<'t>> {
        let mut parts = if text.is_empty() { vec![] } else { vec![Part::Text(text)] };
        for (token, id) in &self.additions {
            if !text.contains(token.as_str()) {
                continue;
            }
            let mut cut = Vec::new();
            for part in parts {
                let Part::Text(mut rest) = part else {
                    cut.push(part);
                    continue;
                };
                while let Some(at) = rest.find(token.as_str()) {
                    if at > 0 {
                        cut.push(Part::Text(&rest[..at]));
                    }
                    cut.push(Part::Token(*id));
                    rest = &rest[at + token.len()..];
                }
                if !rest.is_empty() {
                    cut.push(Part::Text(rest));
                }
            }
            parts = cut;
        }
        parts
    }

    fn encode_part(&self, text: &str, first: bool, ids: &mut Vec<u32>) {
        let prefix = if self.space_prefix && first { " " } else { "" };
        let text = format!("{prefix}{text}").replace(' ', "▁");
        let mut symbols: Vec<Symbol> = Vec::with_capacity(text.len());
        for (start, c) in text.char_indices() {
            let at = symbols.len();
            symbols.push(Symbol { start, len: c.len_utf8(), previous: at.checked_sub(1), next: Some(at + 1) });
        }
        if let Some(last) = symbols.last_mut() {
            last.next = None;
        }
        let mut queue = BinaryHeap::new();
        for right in 1..symbols.len() {
            self.consider(&text, &symbols, Some(right - 1), Some(right), &mut queue);
        }
        while let Some(pair) = queue.pop() {
            let (left, right) = (&symbols[pair.left], &symbols[pair.right]);
            // Either half may have been merged into something else meanwhile.
            if left.len == 0 || right.len == 0 || left.len + right.len != pair.len {
                continue;
            }
            let next = right.next;
            symbols[pair.right].len = 0;
            symbols[pair.left].len = pair.len;
            symbols[pair.left].next = next;
            if let Some(next) = next {
                symbols[next].previous = Some(pair.left);
            }
            self.consider(&text, &symbols, symbols[pair.left].previous, Some(pair.left), &mut queue);
            self.consider(&text, &symbols, Some(pair.left), next, &mut queue);
        }
        for symbol in symbols.iter().filter(|s| s.len > 0) {
            self.push(&text[symbol.start..symbol.start + symbol.len], ids);
        }
    }

    /// Queues two neighbours if they make a piece.
    fn consider(
        &self,
        text: &str,
        symbols: &[Symbol],
        left: Option<usize>,
        right: Option<usize>,
        queue: &mut BinaryHeap<Pair>,
    ) {
        let (Some(left), Some(right)) = (left, right) else { return };
        let len = symbols[left].len + symbols[right].len;
        let start = symbols[left].start;
        if let Some(&(_, score)) = self.pieces.get(&text[start..start + len]) {
            queue.push(Pair { score, left, right, len });
        }
    }

    /// A piece's id, or its bytes'.
    fn push(&self, piece: &str, ids: &mut Vec<u32>) {
        if let Some(&(id, _)) = self.pieces.get(piece) {
            ids.push(id);
            return;
        }
        ids.extend(piece.bytes().filter_map(|byte| self.bytes[usize::from(byte)].or(self.unknown)));
    }
}

/// A stretch of text or an added token in it.
#[derive(Clone, Copy)]
enum Part<'t> {
    Text(&'t str),
    Token(u32),
}
