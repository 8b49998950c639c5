//! The words of a text: identifiers and keywords alike, in any language. Used wherever
//! names are compared.

use crate::is_word;

/// Whether a word begins as a name does: no number, no single other character.
pub fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The words of a text that begin like a name, and where they begin.
pub fn words(text: &str) -> impl DoubleEndedIterator<Item = (usize, &str)> {
    let words = text
        .split(|c| !is_word(c))
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word));
    words.filter(|(_, word)| is_name(word))
}

/// Whether the word at `at` is a member of what is before it.
pub fn is_member(text: &str, at: usize) -> bool {
    [".", "->", "::"]
        .iter()
        .any(|dot| text[..at].ends_with(dot))
}

/// The parts of a name in lower case: `getHttpStatus` and `get_http_status` have the same three.
pub fn parts(name: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && small) {
            found.push(String::new());
        }
        small = c.is_lowercase() || c.is_numeric();
        found
            .last_mut()
            .unwrap_or(&mut String::new())
            .extend(c.to_lowercase().filter(|c| *c != '_'));
    }
    found.retain(|part| !part.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_same_parts_in_every_style() {
        for name in [
            "getHttpStatus",
            "get_http_status",
            "GetHttpStatus",
            "GET_HTTP_STATUS",
            "_get_http_status",
        ] {
            assert_eq!(parts(name), ["get", "http", "status"], "{name}");
        }
        assert_eq!(parts("__"), [""; 0]);
    }

    #[test]
    fn words_know_their_place_and_whether_they_are_members() {
        let text = "self.size = Größe::of(2x, a->b)";
        let found: Vec<(usize, &str)> = words(text).collect();
        assert_eq!(
            found.iter().map(|(_, word)| *word).collect::<Vec<_>>(),
            ["self", "size", "Größe", "of", "a", "b"]
        );
        let members: Vec<bool> = found.iter().map(|(at, _)| is_member(text, *at)).collect();
        assert_eq!(members, [false, true, false, true, false, true]);
    }
}
