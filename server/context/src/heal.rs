//! Token healing: what a half-typed word needs so that the model can still see it as the word it will become.
//!
//! A tokenizer joins letters greedily and a blank with the word behind it, so the tokens of `return na` are not the first
//! tokens of `return name`. The last word (and one blank before it) is therefore taken out of the prompt and required of
//! the answer. Indentation stays: its blanks are a token of their own at the start of a line.

use text::is_word;

/// Longest text that is healed, in bytes; a longer "word" is data, not a name.
const LONGEST: usize = 64;

/// Where the part of `before` begins that the answer must repeat.
pub fn heal_start(before: &str) -> usize {
    let word = before.trim_end_matches(is_word).len();
    if before.len() - word > LONGEST {
        return before.len();
    }
    let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let blank_joins = before[..word].ends_with(' ') && !before[line..word].trim().is_empty();
    if blank_joins { word - 1 } else { word }
}

#[cfg(test)]
mod tests {
    use super::heal_start;

    #[test]
    fn words_and_their_blank_are_taken_out() {
        let healed = |text: &str| text[heal_start(text)..].to_owned();
        assert_eq!(healed("    return na"), " na");
        assert_eq!(healed("    retu"), "retu");
        assert_eq!(healed("x = "), " ");
        assert_eq!(healed("a\n    "), "");
        assert_eq!(healed("foo("), "");
        assert_eq!(healed("größe"), "größe");
        assert_eq!(healed(&"a".repeat(99)), "");
        assert_eq!(healed(""), "");
    }
}
