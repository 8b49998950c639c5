//! Compares the engine with logits that transformers computed for tiny random models of the three
//! architectures; `tests/record_reference.py` records them.

use std::sync::Arc;

use engine::{Cancel, Engine, LoadOptions, Session, Weights};
use safetensors::SafeTensors;

use crate::fixture;

pub const FAMILIES: [&str; 3] = ["qwen3", "qwen2", "llama"];

pub fn open(family: &str, weights: Weights) -> Arc<Engine> {
    let options = LoadOptions {
        weights,
        threads: 2,
        repeatable: true,
        ..Default::default()
    };
    Arc::new(Engine::open(&fixture(family), &options).unwrap())
}

pub struct Reference {
    pub tokens: Vec<u32>,
    pub logits: Vec<f32>,
    pub ids: Vec<u32>,
}

pub fn reference(family: &str) -> Reference {
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

pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
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
fn scored_tokens_agree_with_the_logits() {
    for family in FAMILIES {
        let tokens = reference(family).tokens;
        let engine = open(family, Weights::Packed);
        let rows = Session::new(engine.clone())
            .logits(&tokens, 0, &Cancel::new())
            .unwrap();
        for first in [1, 5, tokens.len()] {
            let scored = Session::new(engine.clone())
                .score_tokens(&tokens, first, &Cancel::new())
                .unwrap();
            assert_eq!(scored.len(), tokens.len() - first);
            for ((logprob, likeliest), (row, &token)) in scored
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
fn token_by_token_equals_all_at_once() {
    for family in FAMILIES {
        // Products of packed weights are the same however many rows there are; f32 ones are not,
        // and f16 keys differ then.
        for (weights, max) in [(Weights::Exact, 1e-3), (Weights::Packed, 0.0)] {
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
                    difference <= max,
                    "{family} {weights:?} at {n}: {difference}"
                );
            }
        }
    }
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
        tokenizer.named(engine::TokenRole::FimMiddle),
        Some((marker, "<|fim_middle|>".to_owned()))
    );
}
