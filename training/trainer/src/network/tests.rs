//! Gradients against finite differences, and samples that must not see each other.

use super::*;
use crate::weights::update_operands;

fn tiny() -> (Shape, Layout, Vec<f32>) {
    let shape = Shape {
        layers: 2,
        width: 192,
        queries: 3,
        keys: 1,
        feed_forward: 128,
        vocabulary: 128,
        epsilon: 1e-5,
        theta: 1e4,
    };
    let layout = Layout::new(&shape);
    let mut state = 12_345u32;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let mut weights: Vec<f32> = (0..layout.total).map(|_| draw() * 0.12).collect();
    let norms = layout.layers.iter().flat_map(|l| [l.attention_norm.clone(), l.mlp_norm.clone()]);
    for norm in norms.chain([layout.norm.clone()]) {
        weights[norm].iter_mut().for_each(|value| *value += 1.0);
    }
    (shape, layout, weights)
}

fn batch() -> Batch {
    let tokens: Vec<u32> = (0..128).map(|i| (i * 29 + i * i * 7) % 128).collect();
    let samples = vec![0..50, 50..121];
    let target = |place: usize| Target {
        place,
        token: tokens[place + 1],
        weight: 0.01,
        middle: place.is_multiple_of(3),
    };
    let targets =
        samples.iter().flat_map(|sample| (sample.start..sample.end - 1).map(target)).collect();
    Batch { tokens, samples, targets }
}

fn loss(shape: Shape, layout: &Layout, weights: &[f32], gradient: Option<&mut [f32]>) -> f64 {
    let mut operands: Vec<Operand> = layout.matrices().iter().map(|_| Operand::default()).collect();
    update_operands(&mut operands, layout, weights, 1);
    let model = Model { layout, weights, operands: &operands };
    let losses = Network::new(shape, 128).pass(model, &batch(), gradient, 1);
    (losses.middle + losses.rest) * 0.01
}

/// Along the gradient itself, in each tensor separately, the loss changes as the gradient says.
#[test]
fn gradients_agree_with_finite_differences() {
    let (shape, layout, weights) = tiny();
    let mut gradient = vec![0.0; layout.total];
    loss(shape, &layout, &weights, Some(&mut gradient));
    let layer = &layout.layers[0];
    let parts = [
        ("embedding", layout.embedding.at.clone()),
        ("attention norm", layer.attention_norm.clone()),
        ("qkv", layer.qkv.at.clone()),
        ("output", layer.output.at.clone()),
        ("mlp norm", layer.mlp_norm.clone()),
        ("gate up", layer.gate_up.at.clone()),
        ("down", layer.down.at.clone()),
        ("last down", layout.layers[1].down.at.clone()),
        ("norm", layout.norm.clone()),
    ];
    for (name, range) in parts {
        let squares: f32 = gradient[range.clone()].iter().map(|g| g * g).sum();
        let step = 0.02 / squares;
        let moved = |sign: f32| {
            let mut moved = weights.clone();
            for i in range.clone() {
                moved[i] += sign * step * gradient[i];
            }
            loss(shape, &layout, &moved, None)
        };
        let ratio = (moved(1.0) - moved(-1.0)) / 0.04;
        assert!((ratio - 1.0).abs() < 0.12, "{name}: {ratio}");
    }
}

#[test]
fn samples_do_not_see_each_other() {
    let (shape, layout, weights) = tiny();
    let mut operands: Vec<Operand> = layout.matrices().iter().map(|_| Operand::default()).collect();
    update_operands(&mut operands, &layout, &weights, 1);
    let model = Model { layout: &layout, weights: &weights, operands: &operands };
    let mut changed = batch();
    changed.tokens[..50].iter_mut().for_each(|token| *token = (*token + 5) % 128);
    let second = |mut batch: Batch| {
        batch.targets.retain(|target| target.place >= 50);
        Network::new(shape, 128).pass(model, &batch, None, 1)
    };
    let (a, b) = (second(batch()), second(changed));
    assert_eq!((a.middle, a.rest), (b.middle, b.rest));
}
