//! What a word is, wherever names are cut out of a text or compared: one definition for all crates,
//! whatever the language.

/// Whether a character may be in an identifier.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
