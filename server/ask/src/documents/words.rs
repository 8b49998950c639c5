//! The terms of a text: the words of prose and the parts of names, as hashes of their stems.
//!
//! A name gives its parts and itself: `parseHTTPHeader` has `pars`, `http`, `head` and
//! `parsehttpheader`, as has `parse_http_header`. Text without blanks between words, as in Chinese,
//! gives each pair of neighbouring characters. `segment` stores the hashes, `question` looks them
//! up. Nothing here knows files or scores.

use super::Switches;

/// Longest stem that is distinguished, in bytes.
const MAX_STEM: usize = 48;

/// Calls `each` with the hash of every term of a text, in order.
pub(crate) fn terms(text: &str, switches: Switches, mut each: impl FnMut(u32)) {
    words(text, |word| word_terms(word, switches, &mut each));
}

/// Calls `each` with every word of a text, numbers included; text without blanks is given as runs.
pub(crate) fn words<'a>(text: &'a str, mut each: impl FnMut(&'a str)) {
    let mut start = None;
    let mut dense = false;
    for (at, c) in text.char_indices() {
        let is_word = text::is_word(c);
        let is_dense = is_word && is_dense(c);
        if let Some(from) = start
            && (!is_word || is_dense != dense)
        {
            each(&text[from..at]);
            start = None;
        }
        if is_word && start.is_none() {
            (start, dense) = (Some(at), is_dense);
        }
    }
    if let Some(from) = start {
        each(&text[from..]);
    }
}

/// Calls `each` with the terms of one word.
pub(crate) fn word_terms(word: &str, switches: Switches, each: &mut impl FnMut(u32)) {
    if word.starts_with(is_dense) {
        return pairs(word, each);
    }
    let mut whole = Stem::default();
    let mut parts = 0;
    name_parts(word, |part| {
        let part_stem = Stem::of(part, switches.stems);
        whole.push_lower(part);
        parts += 1;
        if switches.sub_words && (part.len() > 1 || word.len() == 1) {
            each(part_stem.hash());
        }
    });
    if parts > 1 {
        each(whole.hash());
    } else if !switches.sub_words {
        each(Stem::of(word, switches.stems).hash());
    }
}

/// The hash of a single word of lower-case letters.
pub(crate) fn term(word: &str, switches: Switches) -> u32 {
    Stem::of(word, switches.stems).hash()
}

/// The hash of two words that are one in a name or a text: `data` and `frame` as `dataframe`.
pub(crate) fn joined(first: &str, second: &str) -> u32 {
    let mut whole = Stem::default();
    whole.push_lower(first);
    whole.push_lower(second);
    whole.hash()
}

/// Whether a text has words without blanks between them.
pub(crate) fn has_dense(text: &str) -> bool {
    text.contains(is_dense)
}

/// Whether no blanks stand between the words of a script.
fn is_dense(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff)
}

fn pairs(run: &str, each: &mut impl FnMut(u32)) {
    let mut last = None;
    for (at, c) in run.char_indices() {
        if let Some(from) = last {
            each(hash(&run.as_bytes()[from..at + c.len_utf8()]));
        } else if at + c.len_utf8() == run.len() {
            each(hash(run.as_bytes()));
        }
        last = Some(at);
    }
}

/// Calls `each` with the parts of a name between underscores and changes of case.
pub(crate) fn name_parts<'a>(word: &'a str, mut each: impl FnMut(&'a str)) {
    let bytes = word.as_bytes();
    let (mut start, mut at) = (0, 0);
    while at <= bytes.len() {
        let here = bytes.get(at).copied().unwrap_or(b'_');
        let last = at.checked_sub(1).map_or(b'_', |last| bytes[last]);
        let next = bytes.get(at + 1).copied().unwrap_or(b'_');
        let hump = here.is_ascii_uppercase()
            && (last.is_ascii_lowercase()
                || last.is_ascii_digit()
                || last.is_ascii_uppercase() && next.is_ascii_lowercase());
        if here == b'_' || hump {
            if start < at {
                each(&word[start..at]);
            }
            start = if here == b'_' { at + 1 } else { at };
        }
        at += 1;
    }
}

/// A word in lower case without its inflection.
struct Stem {
    bytes: [u8; MAX_STEM],
    length: usize,
}

impl Default for Stem {
    fn default() -> Self {
        Self {
            bytes: [0; MAX_STEM],
            length: 0,
        }
    }
}

impl Stem {
    fn of(word: &str, stems: bool) -> Self {
        let mut stem = Self::default();
        stem.push_lower(word);
        if stems && word.is_ascii() {
            stem.strip();
        }
        stem
    }

    fn push_lower(&mut self, word: &str) {
        for c in word.chars().flat_map(char::to_lowercase) {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                if self.length < MAX_STEM {
                    self.bytes[self.length] = byte;
                    self.length += 1;
                }
            }
        }
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn hash(&self) -> u32 {
        hash(self.text())
    }

    /// Removes an ending if so many bytes remain before it; returns whether it did.
    fn cut(&mut self, ending: &[u8], fewest: usize) -> bool {
        let fits = self.length >= ending.len() + fewest && self.text().ends_with(ending);
        if fits {
            self.length -= ending.len();
        }
        fits
    }

    /// Removes the endings of plurals, verbs and nouns made of verbs, so that `validates`,
    /// `validating`, `validation` and `validator` are one.
    fn strip(&mut self) {
        let ends = |stem: &Self, ending: &[u8]| stem.text().ends_with(ending);
        if self.cut(b"ies", 2) || self.cut(b"ied", 2) {
            self.bytes[self.length] = b'y';
            self.length += 1;
        } else if !ends(self, b"ss") && !ends(self, b"us") && !ends(self, b"is") {
            self.cut(b"s", 3);
        }
        if self.cut(b"ing", 3) || self.cut(b"ed", 3) {
            self.undouble();
        } else if self.cut(b"ion", 4) {
            let verb = ends(self, b"t") || ends(self, b"s");
            self.length += if verb { 0 } else { 3 };
        } else if self.cut(b"ator", 3) {
            self.length += 2;
        } else if self.cut(b"er", 4) || self.cut(b"able", 3) || self.cut(b"ible", 3) {
            self.undouble();
        } else {
            self.cut(b"ly", 4);
        }
        self.cut(b"e", 3);
    }

    fn undouble(&mut self) {
        if let [.., a, b] = self.text()
            && a == b
            && !matches!(*b, b'l' | b's' | b'z' | b'e' | b'o')
        {
            self.length -= 1;
        }
    }
}

/// 32-bit FNV-1a with a last mix, since its low bits are weak for short words.
pub(crate) fn hash(bytes: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for byte in bytes {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash ^= hash >> 15;
    hash.wrapping_mul(0x2c1b_3c6d) ^ (hash >> 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        terms(text, Switches::default(), |term| found.push(term));
        found
    }

    #[test]
    fn names_give_their_parts_and_themselves() {
        assert_eq!(of("parseHTTPHeader"), of("parse_http_header"));
        let parts = of("parse http header");
        assert_eq!(of("parseHTTPHeader")[..3], parts);
        assert_eq!(of("parseHTTPHeader")[3], joined("parsehttp", "header"));
    }

    #[test]
    fn inflected_words_have_one_stem() {
        for same in [
            "validate validates validated validating validation validator",
            "copy copies copied copying",
            "index indexes indexed indexing",
            "file files",
            "stop stopped stopping stops",
            "hash hashes hashable hashing",
        ] {
            let found = of(same);
            assert!(found.iter().all(|term| *term == found[0]), "{same}");
        }
        for different in ["class clas", "user use", "status state", "bus bu"] {
            let found = of(different);
            assert_ne!(found[0], found[1], "{different}");
        }
    }

    #[test]
    fn chinese_gives_pairs_of_characters() {
        assert_eq!(of("配置文件"), of("配置 置文 文件"));
        assert_eq!(of("用x配置"), [of("用"), of("x"), of("配置")].concat());
    }
}
