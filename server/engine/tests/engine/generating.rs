//! What generations give and how they end: drafts, required beginnings, several answers, limits.

use std::ops::ControlFlow;
use std::sync::Arc;

use engine::{
    Cancel, Engine, FinishReason, GenerateOptions, Hypothesis, LoadOptions, Session, Weights,
};

use crate::fixture;
use crate::reference::{FAMILIES, largest_difference, open, reference};

#[test]
fn an_answer_that_becomes_unlikely_is_given_up() {
    let (engine, prompt) = (open("qwen3", Weights::Packed), reference("qwen3").tokens);
    let answer = |least_logprob| {
        let options = GenerateOptions {
            max_tokens: 20,
            least_logprob,
            ..GenerateOptions::default()
        };
        let mut go = |_: &str| ControlFlow::Continue(());
        Session::new(engine.clone())
            .generate(&prompt, &options, &Cancel::new(), &mut go)
            .unwrap()
    };
    let whole = answer(f32::NEG_INFINITY);
    let least = whole.logprobs[..5].iter().sum::<f32>() + 1e-3;
    let given_up = answer(least);
    assert_eq!(
        (given_up.finish, given_up.tokens.len()),
        (FinishReason::Unlikely, 5)
    );
}

#[test]
fn drafts_change_nothing_but_the_time() {
    let mut drafted = 0;
    for family in FAMILIES {
        let (engine, prompt) = (open(family, Weights::Packed), reference(family).tokens);
        for temperature in [0.0, 0.7] {
            let answer = |drafts| {
                let options = GenerateOptions {
                    max_tokens: 20,
                    temperature,
                    seed: 3,
                    drafts,
                    ..GenerateOptions::default()
                };
                let mut go = |_: &str| ControlFlow::Continue(());
                Session::new(engine.clone())
                    .generate(&prompt, &options, &Cancel::new(), &mut go)
                    .unwrap()
            };
            let plain = answer(None);
            assert_eq!(plain.drafted, 0);
            let half: String = plain
                .text
                .chars()
                .take(plain.text.chars().count() / 2)
                .collect();
            for drafts in [
                vec![],
                vec![plain.text.clone()],
                vec![format!("{half}def other")],
                vec!["nothing".into()],
            ] {
                let answer = answer(Some(drafts));
                assert_eq!(
                    (&answer.tokens, &answer.text, answer.finish),
                    (&plain.tokens, &plain.text, plain.finish)
                );
                assert!(
                    largest_difference(&answer.logprobs, &plain.logprobs) < 1e-4,
                    "{family}"
                );
                drafted += answer.drafted;
            }
        }
    }
    assert!(drafted > 20, "{drafted}");
}

#[test]
fn n_best_answers_are_different_and_begin_with_the_likeliest() {
    let mut session = Session::new(open("qwen3", Weights::Exact));
    let prompt = reference("qwen3").tokens;
    let cancel = Cancel::new();
    let answers = session
        .n_best(&prompt, [4, 6], &cancel, &mut || true)
        .unwrap();
    let again = session
        .n_best(&prompt, [4, 6], &cancel, &mut || true)
        .unwrap();
    assert!(
        answers
            .iter()
            .map(|answer| &answer.text)
            .eq(again.iter().map(|answer| &answer.text))
    );
    assert_eq!(answers.len(), 4);
    assert!(answers.is_sorted_by(|a, b| a.logprob >= b.logprob));
    for (i, answer) in answers.iter().enumerate() {
        assert!(
            answers[..i].iter().all(|other| other.text != answer.text),
            "{answers:?}"
        );
    }
    let options = GenerateOptions {
        max_tokens: 6,
        ..GenerateOptions::default()
    };
    let greedy = session
        .generate(&prompt, &options, &cancel, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    let same = answers
        .iter()
        .find(|answer| answer.text == greedy.text)
        .unwrap();
    if !same.ended {
        assert!((same.logprob - greedy.logprobs.iter().sum::<f32>()).abs() < 1e-3);
    }
    let mut best = |count, goes_on: &mut dyn FnMut() -> bool| {
        session
            .n_best(&prompt, [count, 6], &cancel, goes_on)
            .unwrap()
    };
    assert!(best(0, &mut || true).is_empty());
    assert!(best(4, &mut || false).is_empty());
    // The time for the first answer and a part of the others.
    let mut left = 8;
    let mut goes_on = || {
        left -= 1;
        left > 0
    };
    let in_time = best(4, &mut goes_on);
    assert!((1..4).contains(&in_time.len()), "{in_time:?}");
    let is_known = |one: &Hypothesis| answers.iter().any(|answer| answer.text == one.text);
    assert!(in_time.iter().all(is_known), "{in_time:?}");
}

#[test]
fn an_answer_begins_with_what_is_required() {
    let engine = open("qwen3", Weights::Packed);
    let prompt = engine.tokenizer().encode("x = ");
    for required in ["return", "é🦙", "  pri"] {
        let options = GenerateOptions {
            required: required.into(),
            max_tokens: 12,
            ..Default::default()
        };
        let mut seen = Vec::new();
        let mut session = Session::new(engine.clone());
        let answer = session.generate(&prompt, &options, &Cancel::new(), &mut |text| {
            seen.push(text.to_owned());
            ControlFlow::Continue(())
        });
        let answer = answer.unwrap();
        assert!(answer.text.starts_with(required), "{:?}", answer.text);
        assert!(
            seen.iter()
                .all(|text| answer.text.starts_with(text.as_str()))
        );
        assert_eq!(answer.logprobs.len(), answer.tokens.len());
    }
}

#[test]
fn a_generation_stops_at_the_callback_the_flag_and_stop_tokens() {
    let engine = open("llama", Weights::Packed);
    let prompt = engine.tokenizer().encode("for i in");
    let mut session = Session::new(engine.clone());
    let options = GenerateOptions {
        max_tokens: 30,
        ..Default::default()
    };
    let mut calls = 0;
    let stopped = session.generate(&prompt, &options, &Cancel::new(), &mut |_| {
        calls += 1;
        if calls == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let stopped = stopped.unwrap();
    assert_eq!(
        (stopped.finish, stopped.tokens.len()),
        (FinishReason::Stopped, 3)
    );

    let cancel = Cancel::new();
    let cancelled = session.generate(&prompt, &options, &cancel.clone(), &mut |_| {
        cancel.cancel();
        ControlFlow::Continue(())
    });
    let cancelled = cancelled.unwrap();
    assert_eq!(
        (cancelled.finish, cancelled.tokens.len()),
        (FinishReason::Cancelled, 1)
    );
    assert!(matches!(
        session.generate(&prompt, &options, &cancel, &mut |_| ControlFlow::Continue(
            ()
        )),
        Err(engine::RunError::Cancelled)
    ));

    let stop_tokens = vec![stopped.tokens[1]];
    let options = GenerateOptions {
        stop_tokens,
        ..options
    };
    let ended = session
        .generate(&prompt, &options, &Cancel::new(), &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(
        (ended.finish, ended.tokens.as_slice()),
        (FinishReason::EndOfText, &stopped.tokens[..1])
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let engine = Engine::open(
        &fixture("qwen2"),
        &LoadOptions {
            max_context: 16,
            threads: 1,
            ..Default::default()
        },
    );
    let mut session = Session::new(Arc::new(engine.unwrap()));
    let mut generate = |prompt: &[u32]| {
        let options = GenerateOptions {
            max_tokens: 100,
            ..Default::default()
        };
        session.generate(prompt, &options, &Cancel::new(), &mut |_| {
            ControlFlow::Continue(())
        })
    };
    assert!(matches!(generate(&[]), Err(engine::RunError::EmptyPrompt)));
    assert!(matches!(
        generate(&[5; 16]),
        Err(engine::RunError::ContextFull {
            needed: 17,
            context: 16
        })
    ));
    assert!(matches!(
        generate(&[5, 320]),
        Err(engine::RunError::UnknownToken {
            id: 320,
            vocab: 320
        })
    ));
    let answer = generate(&[5; 10]).unwrap();
    assert_eq!(answer.finish, FinishReason::Length);
    assert!(answer.tokens.len() <= 7);
}
