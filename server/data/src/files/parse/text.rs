//! Bytes as text: UTF-8, and Windows-1252 for what is none.
//!
//! Each value is decided by itself, so one damaged line does not change the others; how many values
//! were no UTF-8 is counted elsewhere, for a note.

use std::borrow::Cow;

/// The characters of the bytes 0x80 to 0x9f in Windows-1252; those not assigned stay as in Latin-1.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text that bytes mean.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| character(*byte)).collect()),
    }
}

/// The text of bytes that may have been cut in the middle of a character.
pub(crate) fn decode_cut(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => decode(&bytes[..error.valid_up_to()]),
        _ => decode(bytes),
    }
    .into_owned()
}

fn character(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
