//! Compares the engine with logits that transformers computed for tiny random models of the three
//! shapes (`tests/record_reference.py` records them), and the engine with itself along different
//! ways to the same answer.

use std::ops::ControlFlow;
use std::sync::Arc;

use engine::{Cancel, Engine, Finish, GenerateOptions, LoadOptions, Session, Weights};
use safetensors::SafeTensors;

use crate::fixture;

const FAMILIES: [&str; 3] = ["qwen3", "qwen2", "llama"];

fn open(family: &str, weights: Weights) -> Arc<Engine> {
    let options = LoadOptions {
        weights,
        threads: 2,
        ..Default::default()
    };
    Arc::new(Engine::open(&fixture(family), &options).unwrap())
}

struct Reference {
    tokens: Vec<u32>,
    logits: Vec<f32>,
    ids: Vec<u32>,
}

fn reference(family: &str) -> Reference {
    let bytes = std::fs::read(fixture(family).join("reference.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let words = |name: &str| -> Vec<u32> {
        let data = file.tensor(name).unwrap().data().to_vec();
        data.as_chunks::<4>()
            .0
            .iter()
            .map(|b| u32::from_le_bytes(*b))
            .collect()
    };
    let logits = words("logits").into_iter().map(f32::from_bits).collect();
    Reference {
        tokens: words("tokens"),
        logits,
        ids: words("ids"),
    }
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn logits_are_those_of_transformers() {
    for family in FAMILIES {
        let reference = reference(family);
        let mut session = Session::new(open(family, Weights::Exact));
        let logits = session
            .logits(&reference.tokens, 0, &Cancel::new())
            .unwrap()
            .concat();
        let difference = largest_difference(&logits, &reference.logits);
        // As far as keys and values in f16 allow.
        assert!(difference < 1e-2, "{family}: {difference}");
    }
}

#[test]
fn what_is_foretold_is_what_the_logits_say() {
    for family in FAMILIES {
        let tokens = reference(family).tokens;
        let engine = open(family, Weights::Packed);
        let rows = Session::new(engine.clone())
            .logits(&tokens, 0, &Cancel::new())
            .unwrap();
        for first in [1, 5, tokens.len()] {
            let foretold = Session::new(engine.clone())
                .foretell(&tokens, first, &Cancel::new())
                .unwrap();
            assert_eq!(foretold.len(), tokens.len() - first);
            for ((logprob, likeliest), (row, &token)) in foretold
                .iter()
                .zip(rows[first - 1..].iter().zip(&tokens[first..]))
            {
                let sum: f32 = row.iter().map(|v| v.exp()).sum();
                assert!(
                    (logprob - (row[token as usize] - sum.ln())).abs() < 1e-3,
                    "{family}"
                );
                assert!(
                    row.iter().all(|v| *v <= row[*likeliest as usize]),
                    "{family}"
                );
            }
        }
    }
}

#[test]
fn int8_logits_are_close() {
    for family in FAMILIES {
        let reference = reference(family);
        let mut session = Session::new(open(family, Weights::Packed));
        let logits = session
            .logits(&reference.tokens, 0, &Cancel::new())
            .unwrap()
            .concat();
        let squares = |x: &mut dyn Iterator<Item = f32>| x.map(|v| f64::from(v * v)).sum::<f64>();
        let error = squares(&mut logits.iter().zip(&reference.logits).map(|(a, b)| a - b));
        let relative = (error / squares(&mut reference.logits.iter().copied())).sqrt();
        assert!(relative < 0.05, "{family}: {relative}");
    }
}

#[test]
fn step_by_step_is_all_at_once() {
    for family in FAMILIES {
        // Products of packed weights are the same however many rows there are; f32 ones are not,
        // and f16 keys differ then.
        for (weights, most) in [(Weights::Exact, 1e-3), (Weights::Packed, 0.0)] {
            let tokens = reference(family).tokens;
            let engine = open(family, weights);
            let whole = Session::new(engine.clone())
                .logits(&tokens, 0, &Cancel::new())
                .unwrap();
            let mut session = Session::new(engine);
            for n in 1..=tokens.len() {
                let row = session.logits(&tokens[..n], n - 1, &Cancel::new()).unwrap();
                let difference = largest_difference(&row[0], &whole[n - 1]);
                assert!(
                    difference <= most,
                    "{family} {weights:?} at {n}: {difference}"
                );
            }
        }
    }
}

#[test]
fn truncate_then_go_is_fresh() {
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
        let said = session
            .generate(&prompt, &options, &cancel, &mut |_| {
                ControlFlow::Continue(())
            })
            .unwrap();
        let with =
            |at: usize, more: &[u32]| [&said.tokens[..at.min(said.tokens.len())], more].concat();
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
        assert_eq!(again.tokens, said.tokens);
    }
}

#[test]
fn what_is_remembered_changes_nothing_but_the_time() {
    for family in FAMILIES {
        let (engine, prompt) = (open(family, Weights::Packed), reference(family).tokens);
        let cancel = Cancel::new();
        let answer = |session: &mut Session, prompt: &[u32], required: &str| {
            let required = required.to_owned();
            let options = GenerateOptions {
                max_tokens: 10,
                required,
                ..GenerateOptions::default()
            };
            session
                .generate(
                    prompt,
                    &options,
                    &cancel,
                    &mut |_| ControlFlow::Continue(()),
                )
                .unwrap()
        };
        let mut session = Session::new(engine.clone());
        let first = answer(&mut session, &prompt, "");
        let longer = [&prompt[..], &first.tokens[..2]].concat();
        let beginning: String = first.text.chars().take(1).collect();
        let asked = [
            (&prompt, ""),
            (&prompt, &*beginning),
            (&prompt, "z"),
            (&prompt, ""),
            (&longer, ""),
            (&prompt, ""),
        ];
        for (prompt, required) in asked {
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
            // Scores come in between, as they do when candidates are judged.
            let continuations = [
                vec![7, 8, 9],
                [&fresh.tokens[..3], &[5, 6]].concat(),
                fresh.tokens.clone(),
            ];
            for _ in 0..2 {
                let scores = session.score(prompt, &continuations, &cancel).unwrap();
                let wanted = Session::new(engine.clone())
                    .score(prompt, &continuations, &cancel)
                    .unwrap();
                let near = |(a, b): (&Vec<f32>, &Vec<f32>)| largest_difference(a, b) < 1e-4;
                assert!(scores.iter().zip(&wanted).all(near), "{family} {required}");
            }
        }
        let again = answer(&mut session, &prompt, "");
        // Nothing is computed behind the last token.
        assert_eq!(
            (again.drafted, again.reused_tokens),
            (again.tokens.len() - 1, prompt.len())
        );
    }
}

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
        (Finish::Unlikely, 5)
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
fn continuations_that_are_scored_at_once_do_not_see_each_other() {
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
            let alone = Session::new(engine.clone()).score(
                &tokens,
                std::slice::from_ref(continuation),
                &Cancel::new(),
            );
            assert!(
                largest_difference(&at_once[i], &alone.unwrap()[0]) < 1e-4,
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
fn branches_are_different_and_begin_with_the_likeliest() {
    let mut session = Session::new(open("qwen3", Weights::Exact));
    let prompt = reference("qwen3").tokens;
    let cancel = Cancel::new();
    let branches = session.branches(&prompt, 4, 6, &cancel).unwrap();
    let again = session.branches(&prompt, 4, 6, &cancel).unwrap();
    assert!(
        branches
            .iter()
            .map(|branch| &branch.text)
            .eq(again.iter().map(|branch| &branch.text))
    );
    assert_eq!(branches.len(), 4);
    assert!(branches.is_sorted_by(|a, b| a.logprob >= b.logprob));
    for (i, branch) in branches.iter().enumerate() {
        assert!(
            branches[..i].iter().all(|other| other.text != branch.text),
            "{branches:?}"
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
    let same = branches
        .iter()
        .find(|branch| branch.text == greedy.text)
        .unwrap();
    if !same.ended {
        assert!((same.logprob - greedy.logprobs.iter().sum::<f32>()).abs() < 1e-3);
    }
    assert!(session.branches(&prompt, 0, 6, &cancel).unwrap().is_empty());
}

#[test]
fn the_tokenizer_of_a_folder_gives_the_library_ids() {
    for family in FAMILIES {
        let engine = open(family, Weights::Packed);
        let text = "def café(x):\r\n\treturn  x*10";
        assert_eq!(engine.tokenizer().encode(text), reference(family).ids);
        assert_eq!(engine.tokenizer().decode(&reference(family).ids), text);
    }
}

#[test]
fn a_marker_in_the_text_is_text() {
    let engine = open("qwen3", Weights::Packed);
    let tokenizer = engine.tokenizer();
    let marker = tokenizer.special("<|fim_middle|>").unwrap();
    let ids = tokenizer.encode("a <|fim_middle|> b<|endoftext|>");
    assert!(!ids.contains(&marker) && ids.iter().all(|&id| !tokenizer.is_special(id)));
    assert_eq!(tokenizer.decode(&ids), "a <|fim_middle|> b<|endoftext|>");
    assert_eq!(
        tokenizer.named(engine::Role::FimMiddle),
        Some((marker, "<|fim_middle|>".to_owned()))
    );
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
fn a_generation_stops_where_it_is_told() {
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
    assert_eq!((stopped.finish, stopped.tokens.len()), (Finish::Stopped, 3));

    let cancel = Cancel::new();
    let cancelled = session.generate(&prompt, &options, &cancel.clone(), &mut |_| {
        cancel.cancel();
        ControlFlow::Continue(())
    });
    let cancelled = cancelled.unwrap();
    assert_eq!(
        (cancelled.finish, cancelled.tokens.len()),
        (Finish::Cancelled, 1)
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
        (Finish::EndOfText, &stopped.tokens[..1])
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
    assert_eq!(answer.finish, Finish::Length);
    assert!(answer.tokens.len() <= 7);
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
    let alone = go().unwrap().tokens;
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| go().unwrap().tokens))
            .collect();
        assert!(all.into_iter().all(|one| one.join().unwrap() == alone));
    });
}
