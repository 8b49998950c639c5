//! Sessions that reuse their caches answer and score as fresh ones do.

use std::ops::ControlFlow;
use std::sync::Arc;

use engine::{Cancel, Engine, GenerateOptions, Generation, Session, Weights};

use crate::reference::{FAMILIES, largest_difference, open, reference};

#[test]
fn a_session_with_a_common_prefix_answers_as_a_fresh_one() {
    for family in FAMILIES {
        let tokens = reference(family).tokens;
        let engine = open(family, Weights::Packed);
        let mut other = tokens.clone();
        for token in &mut other[20..] {
            *token = (*token + 1) % 320;
        }
        let mut session = Session::new(engine.clone());
        let greedy = GenerateOptions {
            max_tokens: 8,
            ..Default::default()
        };
        let mut go = |_: &str| ControlFlow::Continue(());
        session
            .generate(&tokens, &greedy, &Cancel::new(), &mut go)
            .unwrap();
        let reused = session
            .generate(&other, &greedy, &Cancel::new(), &mut go)
            .unwrap();
        let fresh = Session::new(engine)
            .generate(&other, &greedy, &Cancel::new(), &mut go)
            .unwrap();
        assert_eq!((reused.reused_tokens, fresh.reused_tokens), (20, 0));
        assert_eq!((reused.tokens, reused.text), (fresh.tokens, fresh.text));
        assert!(largest_difference(&reused.logprobs, &fresh.logprobs) < 1e-4);
    }
}

#[test]
fn scores_are_the_same_from_the_cache() {
    for family in FAMILIES {
        let (engine, prompt) = (open(family, Weights::Packed), reference(family).tokens);
        let cancel = Cancel::new();
        let mut session = Session::new(engine.clone());
        let options = GenerateOptions {
            max_tokens: 10,
            ..GenerateOptions::default()
        };
        let answer = session
            .generate(&prompt, &options, &cancel, &mut |_| {
                ControlFlow::Continue(())
            })
            .unwrap();
        let with = |at: usize, more: &[u32]| {
            [&answer.tokens[..at.min(answer.tokens.len())], more].concat()
        };
        let long: Vec<u32> = (0..60).map(|i| 20 + i * 3 % 200).collect();
        let continuations = [
            with(10, &[]),
            with(3, &[7, 9, 11]),
            with(0, &[7, 9, 11]),
            with(0, &[7, 9]),
            with(5, &long),
            with(6, &[12]),
            with(10, &[30, 31]),
            vec![],
            with(3, &[7, 9, 11]),
        ];
        // Twice: the first time has taken the answer out of the cache.
        for _ in 0..2 {
            let scores = session.score(&prompt, &continuations, &cancel).unwrap();
            for (tokens, scores) in continuations.iter().zip(&scores) {
                let fresh = Session::new(engine.clone())
                    .score(&prompt, std::slice::from_ref(tokens), &cancel)
                    .unwrap();
                assert_eq!(scores.len(), tokens.len());
                assert!(
                    largest_difference(scores, &fresh[0]) < 1e-4,
                    "{family} {tokens:?}"
                );
            }
        }
        let again = session
            .generate(&prompt, &options, &cancel, &mut |_| {
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(again.tokens, answer.tokens);
    }
}

/// A greedy answer of at most 10 tokens that begins with `required`.
fn answer(session: &mut Session, prompt: &[u32], required: &str) -> Generation {
    let options = GenerateOptions {
        max_tokens: 10,
        required: required.to_owned(),
        ..GenerateOptions::default()
    };
    let mut go = |_: &str| ControlFlow::Continue(());
    session
        .generate(prompt, &options, &Cancel::new(), &mut go)
        .unwrap()
}

/// Scores some continuations twice, and compares them with those of a fresh session.
fn compare_scores(session: &mut Session, engine: &Arc<Engine>, prompt: &[u32], answer: &[u32]) {
    let continuations = [
        vec![7, 8, 9],
        [&answer[..3], &[5, 6]].concat(),
        answer.to_vec(),
    ];
    for _ in 0..2 {
        let cancel = Cancel::new();
        let scores = session.score(prompt, &continuations, &cancel).unwrap();
        let expected = Session::new(engine.clone())
            .score(prompt, &continuations, &cancel)
            .unwrap();
        for (scores, expected) in scores.iter().zip(&expected) {
            assert!(largest_difference(scores, expected) < 1e-4);
        }
    }
}

#[test]
fn the_continuation_cache_changes_nothing_but_the_time() {
    for family in FAMILIES {
        let (engine, prompt) = (open(family, Weights::Packed), reference(family).tokens);
        let mut session = Session::new(engine.clone());
        let first = answer(&mut session, &prompt, "");
        let longer = [&prompt[..], &first.tokens[..2]].concat();
        let beginning: String = first.text.chars().take(1).collect();
        let requests = [
            (&prompt, ""),
            (&prompt, &*beginning),
            (&prompt, "z"),
            (&prompt, ""),
            (&longer, ""),
            (&prompt, ""),
        ];
        for (prompt, required) in requests {
            let fresh = answer(&mut Session::new(engine.clone()), prompt, required);
            let answer = answer(&mut session, prompt, required);
            assert_eq!(
                (&answer.tokens, &answer.text),
                (&fresh.tokens, &fresh.text),
                "{family} {required}"
            );
            assert!(
                largest_difference(&answer.logprobs, &fresh.logprobs) < 1e-4,
                "{family} {required}"
            );
            // Scores come in between, as they do when candidates are compared.
            compare_scores(&mut session, &engine, prompt, &fresh.tokens);
        }
        let again = answer(&mut session, &prompt, "");
        // Nothing is computed after the last token.
        assert_eq!(
            (again.drafted, again.reused_tokens),
            (again.tokens.len() - 1, prompt.len())
        );
    }
}

#[test]
fn scores_are_those_of_generation() {
    let engine = open("qwen3", Weights::Exact);
    let tokens = reference("qwen3").tokens;
    let mut session = Session::new(engine.clone());
    let options = GenerateOptions {
        max_tokens: 6,
        temperature: 1.0,
        seed: 5,
        ..Default::default()
    };
    let answer = session
        .generate(&tokens, &options, &Cancel::new(), &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    let continuations = [answer.tokens.clone(), vec![7, 8, 9], vec![]];
    let scores = session
        .score(&tokens, &continuations, &Cancel::new())
        .unwrap();
    assert!(largest_difference(&scores[0], &answer.logprobs) < 1e-4);
    let fresh = Session::new(engine)
        .score(&tokens, &continuations[1..], &Cancel::new())
        .unwrap();
    assert!(largest_difference(&scores[1], &fresh[0]) < 1e-4);
    assert!(scores[2].is_empty());
}

#[test]
fn continuations_scored_together_do_not_attend_to_each_other() {
    for family in FAMILIES {
        let engine = open(family, Weights::Exact);
        let tokens = reference(family).tokens;
        // Short ones and long ones, more in all than are computed at once, some with the same
        // beginning.
        let random = |seed: u32, count: u32| {
            (0..count)
                .map(|i| (seed * 7919 + i * 104_729) % 290)
                .collect::<Vec<u32>>()
        };
        let mut continuations: Vec<Vec<u32>> = (0..20).map(|n| random(n / 2, 1 + n % 9)).collect();
        continuations.push(random(3, 50));
        let mut session = Session::new(engine.clone());
        let at_once = session
            .score(&tokens, &continuations, &Cancel::new())
            .unwrap();
        let again = session
            .score(&tokens, &continuations, &Cancel::new())
            .unwrap();
        for (i, continuation) in continuations.iter().enumerate() {
            let single = Session::new(engine.clone()).score(
                &tokens,
                std::slice::from_ref(continuation),
                &Cancel::new(),
            );
            assert!(
                largest_difference(&at_once[i], &single.unwrap()[0]) < 1e-4,
                "{family} {i}"
            );
            assert!(
                largest_difference(&at_once[i], &again[i]) < 1e-4,
                "{family} {i}"
            );
        }
    }
}

#[test]
fn a_prompt_asked_again_gives_the_same_answer() {
    let engine = open("llama", Weights::Packed);
    let tokens = reference("llama").tokens;
    let options = GenerateOptions {
        max_tokens: 8,
        ..Default::default()
    };
    let mut session = Session::new(engine);
    let go = |session: &mut Session, prompt: &[u32]| {
        let answer = session
            .generate(prompt, &options, &Cancel::new(), &mut |_| {
                ControlFlow::Continue(())
            })
            .unwrap();
        (answer.tokens, answer.reused_tokens)
    };
    let (first, longer) = (
        go(&mut session, &tokens),
        go(&mut session, &[&tokens[..], &[7]].concat()),
    );
    assert_eq!(
        (go(&mut session, &tokens).0, go(&mut session, &tokens).1),
        (first.0.clone(), tokens.len())
    );
    assert_eq!(go(&mut session, &[&tokens[..], &[7]].concat()).0, longer.0);
    assert_eq!(go(&mut session, &tokens[..12]).1, 11);
}

#[test]
fn an_engine_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    fn moved<T: Send>() {}
    shared::<Engine>();
    moved::<Session>();
    let engine = open("qwen3", Weights::Packed);
    let prompt = engine.tokenizer().encode("for i in");
    let options = GenerateOptions {
        max_tokens: 10,
        ..Default::default()
    };
    let go = || {
        Session::new(engine.clone()).generate(&prompt, &options, &Cancel::new(), &mut |_| {
            ControlFlow::Continue(())
        })
    };
    let expected = go().unwrap().tokens;
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| go().unwrap().tokens))
            .collect();
        assert!(all.into_iter().all(|one| one.join().unwrap() == expected));
    });
}
