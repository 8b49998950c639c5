//! The bytes of each token, in one buffer, and how vocabularies spell them.

use std::collections::HashMap;

/// The bytes of every token by id, and whether it is special.
#[derive(Default)]
pub struct TokenBytes {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    special: Vec<bool>,
}

impl TokenBytes {
    /// Adds the next id's bytes.
    pub fn push(&mut self, bytes: &[u8], special: bool) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len() as u32);
        self.special.push(special);
    }

    /// The bytes of a token; empty for an unknown id.
    pub fn get(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let Some(&end) = self.ends.get(id) else {
            return &[];
        };
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.bytes[start as usize..end as usize]
    }

    /// Whether a token is special; unknown ids are not.
    pub fn is_special(&self, id: u32) -> bool {
        self.special.get(id as usize).copied().unwrap_or(false)
    }

    /// Tokens.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
}

/// How a vocabulary spells bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// GPT-2: every byte is a printable character.
    ByteLevel,
    /// SentencePiece: plain UTF-8, `▁` for a space, `<0x0A>` for single bytes.
    SentencePiece,
}

/// Converts spellings to bytes.
pub struct Speller {
    spelling: Spelling,
    chars: HashMap<char, u8>,
}

impl Speller {
    /// A converter for one spelling.
    pub fn new(spelling: Spelling) -> Speller {
        Speller {
            spelling,
            chars: byte_chars(),
        }
    }

    /// The byte of a byte-level token of one character.
    pub fn byte(&self, token: &str) -> Option<u8> {
        let mut chars = token.chars();
        let byte = self.chars.get(&chars.next()?).copied();
        byte.filter(|_| chars.next().is_none())
    }

    /// The bytes of a token; a byte-level token with a foreign character is its own UTF-8.
    pub fn bytes(&self, token: &str) -> Vec<u8> {
        match self.spelling {
            Spelling::ByteLevel => {
                let bytes = token
                    .chars()
                    .map(|c| self.chars.get(&c).copied())
                    .collect::<Option<Vec<u8>>>();
                bytes.unwrap_or_else(|| token.as_bytes().to_vec())
            }
            Spelling::SentencePiece => match sentencepiece_byte(token) {
                Some(byte) => vec![byte],
                None => token.replace('▁', " ").into_bytes(),
            },
        }
    }
}

/// GPT-2's spelling: the byte of each character.
fn byte_chars() -> HashMap<char, u8> {
    let printable = |b: u8| matches!(b, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let mut next = 256u32;
    let mut chars = HashMap::new();
    for byte in 0..=255u8 {
        let code = if printable(byte) {
            u32::from(byte)
        } else {
            next += 1;
            next - 1
        };
        chars.extend(char::from_u32(code).map(|c| (c, byte)));
    }
    chars
}

/// The byte of a SentencePiece byte token: `<0x0A>`.
pub fn sentencepiece_byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() == 2 {
        u8::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}
