//! Metadata in the form of a GGUF: each value's type number and bytes, little-endian (ggml's
//! `docs/gguf.md`).

/// Keys and encoded values, in the order they are written.
#[derive(Default)]
pub struct GgufMetadata {
    pairs: Vec<(String, Vec<u8>)>,
}

const U32: u32 = 4;
const I32: u32 = 5;
const F32: u32 = 6;
const BOOL: u32 = 7;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

impl GgufMetadata {
    /// Keys with their values, which begin with the type number.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_slice()))
    }

    /// A value as it is in another file, beginning with the type number.
    pub fn verbatim(&mut self, key: &str, value: &[u8]) {
        self.pairs.push((key.to_owned(), value.to_vec()));
    }

    fn put(&mut self, key: &str, kind: u32, value: &[u8]) {
        self.verbatim(key, &[&kind.to_le_bytes(), value].concat());
    }

    /// A text.
    pub fn text(&mut self, key: &str, value: &str) {
        self.put(key, STRING, &text(value));
    }

    /// A 32-bit number; all sizes of a checked configuration are below that.
    pub fn number(&mut self, key: &str, value: usize) {
        self.put(key, U32, &(value as u32).to_le_bytes());
    }

    /// A 32-bit float.
    pub fn float(&mut self, key: &str, value: f32) {
        self.put(key, F32, &value.to_le_bytes());
    }

    /// A Boolean.
    pub fn flag(&mut self, key: &str, value: bool) {
        self.put(key, BOOL, &[u8::from(value)]);
    }

    /// A list of texts.
    pub fn texts(&mut self, key: &str, values: &[String]) {
        self.array(
            key,
            STRING,
            values.len(),
            values.iter().flat_map(|v| text(v)),
        );
    }

    /// A list of 32-bit signed numbers.
    pub fn integers(&mut self, key: &str, values: &[i32]) {
        self.array(
            key,
            I32,
            values.len(),
            values.iter().flat_map(|v| v.to_le_bytes()),
        );
    }

    fn array(&mut self, key: &str, kind: u32, len: usize, items: impl Iterator<Item = u8>) {
        let head = [&kind.to_le_bytes()[..], &(len as u64).to_le_bytes()].concat();
        let value: Vec<u8> = head.into_iter().chain(items).collect();
        self.put(key, ARRAY, &value);
    }
}

/// A text preceded by its length.
pub fn text(value: &str) -> Vec<u8> {
    [&(value.len() as u64).to_le_bytes(), value.as_bytes()].concat()
}
