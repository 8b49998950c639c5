//! Measures of a completion against what really stood there; all look at the first line, where one
//! is accepted or not.
//!
//! Definitions: exact: the first lines are equal, trailing blanks aside. Edit similarity: 1 -
//! Levenshtein / longer length. Accepted: exact, or at least 4 right characters at the start that
//! are at least half of the suggestion. Saved: right characters at the start, less one for
//! accepting and less what must be deleted, never below -1. Harm: the first character is wrong
//! already, or brackets end up unbalanced where the reference's are not.

/// How one completion fared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The first line is right.
    pub exact: bool,
    /// All of it is right.
    pub exact_full: bool,
    /// Of the first lines, 0 to 1.
    pub edit_similarity: f64,
    /// Something was shown.
    pub shown: bool,
    /// A user would have taken it.
    pub accepted: bool,
    /// It would have got in the way.
    pub harm: bool,
    /// Characters saved.
    pub saved: i64,
    /// Characters there were to type.
    pub length: usize,
}

/// Scores a completion, empty for none, after `prefix`.
pub fn score(prefix: &str, reference: &str, completion: &str) -> Score {
    let first = |text: &str| {
        text.split('\n')
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_owned()
    };
    let (right, answer) = (first(reference), first(completion));
    let (right_chars, answer_chars): (Vec<char>, Vec<char>) =
        (right.chars().collect(), answer.chars().collect());
    let head = right_chars
        .iter()
        .zip(&answer_chars)
        .take_while(|(a, b)| a == b)
        .count();
    let shown = !answer.trim().is_empty();
    let exact = right == answer;
    let accepted = shown && (exact || (head >= 4 && 2 * head >= answer_chars.len()));
    let line = prefix.rsplit('\n').next().unwrap_or_default();
    let unbalanced = || balance(&format!("{line}{answer}")) != balance(&format!("{line}{right}"));
    Score {
        exact,
        exact_full: reference.trim_end() == completion.trim_end(),
        edit_similarity: strsim::normalized_levenshtein(&right, &answer),
        shown,
        accepted,
        harm: shown && !exact && (head == 0 || (!right.starts_with(&answer) && unbalanced())),
        saved: if accepted {
            (2 * head as i64 - answer_chars.len() as i64 - 1).max(-1)
        } else {
            0
        },
        length: right_chars.len(),
    }
}

/// How many more of each bracket are opened than closed.
fn balance(text: &str) -> [i64; 3] {
    ["()", "[]", "{}"].map(|pair| {
        let count = |at: usize| text.matches(&pair[at..=at]).count() as i64;
        count(0) - count(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_completion_saves_all_but_the_accepting_key() {
        let score = score("x = f(", "a, b)\nreturn x", "a, b)  ");
        assert!(score.exact && !score.exact_full && score.accepted && !score.harm);
        assert_eq!(
            (score.saved, score.length, score.edit_similarity),
            (4, 5, 1.0)
        );
    }

    #[test]
    fn a_wrong_start_or_a_lost_bracket_is_harm() {
        assert!(score("", "abc", "xbc").harm);
        assert!(score("", "f(abcd)", "f(abce").harm);
        assert!(!score("", "abcdef", "abc").harm);
        assert!(!score("", "abc", "").harm);
    }

    #[test]
    fn half_right_is_accepted_and_what_is_wrong_must_be_deleted() {
        let score = score("", "value = compute(a)", "value = computed");
        assert!(score.accepted && !score.exact);
        assert_eq!(score.saved, 15 - 1 - 1);
    }

    #[test]
    fn nothing_shown_is_neither_right_nor_wrong() {
        let score = score("", "abc", "");
        assert!(
            !score.shown
                && !score.accepted
                && !score.harm
                && score.saved == 0
                && score.edit_similarity == 0.0
        );
    }
}
