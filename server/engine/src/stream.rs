//! Converts the bytes of token after token into text that is always complete UTF-8.

/// Bytes so far and the text they make; an incomplete character at the end waits for its remaining
/// bytes.
#[derive(Default)]
pub struct TextStream {
    waiting: Vec<u8>,
    text: String,
}

impl TextStream {
    /// Adds a token's bytes. Bytes that cannot be UTF-8 become U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        loop {
            let (valid, invalid) = match std::str::from_utf8(&self.waiting) {
                Ok(text) => (text.len(), None),
                Err(error) => (error.valid_up_to(), error.error_len()),
            };
            self.text
                .push_str(&String::from_utf8_lossy(&self.waiting[..valid]));
            self.waiting.drain(..valid);
            let Some(len) = invalid else { return };
            self.text.push('\u{fffd}');
            self.waiting.drain(..len);
        }
    }

    /// The complete text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Ends the stream.
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::TextStream;

    #[test]
    fn characters_wait_for_their_last_byte() {
        let mut stream = TextStream::default();
        let mut seen = Vec::new();
        for byte in "aé🦙".bytes() {
            stream.push(&[byte]);
            seen.push(stream.text().to_owned());
        }
        assert_eq!(seen, ["a", "a", "aé", "aé", "aé", "aé", "aé🦙"]);
    }

    #[test]
    fn broken_bytes_are_replaced_once_that_is_certain() {
        let mut stream = TextStream::default();
        stream.push(b"a\xf0\x9f");
        assert_eq!(stream.text(), "a");
        stream.push(b"b\xff");
        assert_eq!(stream.into_text(), "a\u{fffd}b\u{fffd}");
    }
}
