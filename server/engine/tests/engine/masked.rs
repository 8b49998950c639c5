//! Answers within a mask: only what it allows, the likeliest first, and an end where it is whole.

use engine::{Cancel, FinishReason, RunError, Session, TextMask, Weights};

use crate::reference::{open, reference};

/// Texts of a number of letters of an alphabet.
struct Letters {
    alphabet: &'static str,
    count: usize,
}

impl TextMask for Letters {
    fn allows(&self, text: &str) -> bool {
        text.len() <= self.count && text.chars().all(|c| self.alphabet.contains(c))
    }

    fn is_whole(&self, text: &str) -> bool {
        text.len() == self.count
    }
}

fn masked(
    session: &mut Session,
    alphabet: &'static str,
    count: usize,
    max: usize,
) -> (String, FinishReason) {
    let (prompt, mask) = (reference("qwen3").tokens, Letters { alphabet, count });
    let answer = session
        .generate_masked(&prompt, max, &mask, &Cancel::new())
        .unwrap();
    assert_eq!(answer.tokens.len(), answer.logprobs.len());
    (answer.text, answer.finish)
}

#[test]
fn an_answer_stays_within_its_mask_and_ends_when_it_is_whole() {
    let mut session = Session::new(open("qwen3", Weights::Packed));
    let (text, finish) = masked(&mut session, "abc", 6, 20);
    assert!(
        text.len() == 6 && text.chars().all(|c| "abc".contains(c)),
        "{text}"
    );
    assert_eq!(finish, FinishReason::EndOfText);
    // The same session answers the same, and another mask by itself.
    assert_eq!(masked(&mut session, "abc", 6, 20), (text, finish));
    let (other, _) = masked(&mut session, "xy", 4, 20);
    assert!(other.chars().all(|c| "xy".contains(c)), "{other}");
}

#[test]
fn an_answer_without_a_way_on_is_given_up() {
    let mut session = Session::new(open("qwen3", Weights::Packed));
    assert_eq!(
        masked(&mut session, "", 3, 20),
        (String::new(), FinishReason::Unlikely)
    );
    let (text, finish) = masked(&mut session, "abc", 60, 3);
    assert!(!text.is_empty());
    assert_eq!(finish, FinishReason::Length);
}

#[test]
fn an_answer_that_is_no_longer_wanted_stops() {
    let (prompt, cancel) = (reference("qwen3").tokens, Cancel::new());
    cancel.cancel();
    let mask = Letters {
        alphabet: "abc",
        count: 6,
    };
    let mut session = Session::new(open("qwen3", Weights::Packed));
    let answer = session.generate_masked(&prompt, 9, &mask, &cancel);
    assert!(matches!(answer, Err(RunError::Cancelled)));
}
