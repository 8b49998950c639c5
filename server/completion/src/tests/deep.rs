//! Constructs of thousands of links or levels: a completion comes back, on a small stack and in a
//! time that grows with the text.

use crate::gate::Gate;
use crate::{Limits, complete};
use context::testing::{Finite, deep_texts, on_small_stack, snapshot};
use std::sync::Arc;
use std::time::Instant;

#[test]
fn no_construct_is_too_long_for_a_completion() {
    on_small_stack(|| {
        let gate = Arc::new(Gate::default());
        for (path, text) in deep_texts(4000) {
            let snapshot = snapshot(path, &text);
            let mut model = Finite::new("", &[], &[("value", 0.5)]);
            let middle = (text.len() / 2..)
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(text.len());
            for offset in [middle, text.len()] {
                let limits = Limits {
                    line_tokens: 20,
                    block_tokens: 40,
                    min_confidence: 0.0,
                    gate: Arc::clone(&gate),
                    personalization: None,
                    invoked: None,
                };
                let start = Instant::now();
                let _ = complete(&snapshot, offset, &mut model, &limits).unwrap();
                eprintln!("{path} at {offset}: {:?}", start.elapsed());
            }
        }
    });
}
