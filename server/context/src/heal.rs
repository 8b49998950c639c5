//! Token healing: what a half-typed word needs so that the model can still see it as the word it
//! will become.
//!
//! A tokenizer joins letters greedily and a blank with the word after it, so the tokens of `return
//! na` are not the first tokens of `return name`. The last word (and one blank before it) is
//! therefore taken out of the prompt and required of the answer. That blank may be the last one of
//! the indentation, which is joined with the word after it like any other.

use text::is_word;

/// Longest text that is healed, in bytes; a longer "word" is data, not a name.
const LONGEST: usize = 64;

/// Where the part of `before` begins that the answer must repeat.
pub fn heal_start(before: &str) -> usize {
    let word = before.trim_end_matches(is_word).len();
    if before.len() - word > LONGEST {
        return before.len();
    }
    word - usize::from(before[..word].ends_with(' '))
}

#[cfg(test)]
mod tests {
    use super::heal_start;

    #[test]
    fn words_and_their_blank_are_taken_out() {
        let healed = |text: &str| text[heal_start(text)..].to_owned();
        assert_eq!(healed("    return na"), " na");
        assert_eq!(healed("    retu"), " retu");
        assert_eq!(healed("x = "), " ");
        assert_eq!(healed("a\n    "), " ");
        assert_eq!(healed("a\n\tb"), "b");
        assert_eq!(healed("foo("), "");
        assert_eq!(healed("größe"), "größe");
        assert_eq!(healed(&"a".repeat(99)), "");
        assert_eq!(healed(""), "");
    }
}
