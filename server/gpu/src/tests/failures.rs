//! What goes wrong is an error, never a panic, and what was there stays usable if the device does.

use std::cell::Cell;

use super::{gpu, never, open, random};
use crate::{
    GateKind, Gpu, GpuCache, GpuCacheShape, GpuError, GpuHeads, GpuMatrix, GpuOptions, GpuRows,
    GpuVector, HeadWeights, MAX_TOKENS, MatrixSource, OutputHead, ProductInput, ProductOutput,
    RowNorm, RowWidths, TokenSpan, WeightFormat,
};

const WIDTH: usize = 64;

struct Fixture {
    square: GpuMatrix,
    norm: GpuVector,
    cache: GpuCache,
    rows: GpuRows,
}

fn fixture(gpu: &Gpu) -> Fixture {
    let values = random(WIDTH * WIDTH, 1);
    let source = MatrixSource {
        format: WeightFormat::F32,
        rows: WIDTH,
        bytes: bytemuck::cast_slice(&values),
    };
    let shape = GpuCacheShape {
        layers: 1,
        kv_heads: 1,
        head_dim: 32,
        max_slots: 20,
    };
    let widths = RowWidths {
        stream: WIDTH,
        wide: WIDTH,
        inner: WIDTH,
        queries: WIDTH,
    };
    Fixture {
        square: gpu.matrix(&[source], WIDTH).unwrap(),
        norm: gpu.vector(&random(WIDTH, 2)).unwrap(),
        cache: gpu.cache(shape).unwrap(),
        rows: gpu.rows(widths).unwrap(),
    }
}

fn spans(len: usize) -> [TokenSpan; 1] {
    [TokenSpan { start: 0, len }]
}

#[test]
fn a_device_that_is_lost_in_the_middle_is_an_error() {
    let Some(gpu) = open(&GpuOptions::default()) else {
        return;
    };
    let Fixture {
        square,
        norm,
        mut cache,
        mut rows,
    } = fixture(&gpu);
    let head = OutputHead {
        norm: RowNorm::root_mean_square(&norm, 1e-6),
        matrix: &square,
        factor: 1.0,
        cap: None,
    };
    let begun = gpu.begin(&[1, 2], &spans(2), &square, &mut cache, &mut rows, &never);
    let mut pass = begun.unwrap();
    pass.norm(RowNorm::root_mean_square(&norm, 1e-6)).unwrap();
    gpu.shared.device.destroy();
    let recorded = pass.product(&square, None, ProductInput::Normed, ProductOutput::Stream);
    let result = recorded.and_then(|()| pass.logits(1, head));
    assert!(matches!(result, Err(GpuError::Lost(_))), "{result:?}");
    assert!(gpu.lost().is_some());
    assert!(matches!(gpu.vector(&[1.0]), Err(GpuError::Lost(_))));
    let begun = gpu.begin(&[1], &spans(1), &square, &mut cache, &mut rows, &never);
    assert!(matches!(begun.err(), Some(GpuError::Lost(_))));
}

#[test]
fn a_device_that_is_lost_during_a_wait_is_an_error() {
    for call in 0..6 {
        let Some(gpu) = open(&GpuOptions::default()) else {
            return;
        };
        let Fixture {
            square,
            norm,
            mut cache,
            mut rows,
        } = fixture(&gpu);
        let head = OutputHead {
            norm: RowNorm::root_mean_square(&norm, 1e-6),
            matrix: &square,
            factor: 1.0,
            cap: None,
        };
        let calls = Cell::new(0);
        let lose = || {
            if calls.replace(calls.get() + 1) == call {
                gpu.shared.device.destroy();
            }
            false
        };
        let begun = gpu.begin(&[1, 2], &spans(2), &square, &mut cache, &mut rows, &lose);
        let mut pass = begun.unwrap();
        pass.recorder.submit().unwrap_or_default();
        let result = pass.picks(&[None], head);
        let is_lost = matches!(result, Err(GpuError::Lost(_)));
        // Without a wait there are fewer calls.
        assert!(is_lost || calls.get() <= call, "{call}: {result:?}");
    }
}

#[test]
fn a_device_that_was_closed_says_so() {
    let Some(gpu) = open(&GpuOptions::default()) else {
        return;
    };
    gpu.vector(&[1.0]).unwrap();
    gpu.close();
    gpu.close();
    assert_eq!(
        gpu.vector(&[1.0]).err(),
        Some(GpuError::Lost("it was closed".into()))
    );
}

#[test]
fn too_much_memory_is_an_error_before_anything_is_allocated() {
    let options = GpuOptions {
        memory_limit: 100_000,
        ..GpuOptions::default()
    };
    let Some(gpu) = open(&options) else { return };
    let small = gpu.vector(&[0.5; 10_000]).unwrap();
    let used = gpu.memory_used();
    assert_eq!(used, 40_000);
    let large = gpu.vector(&[0.5; 20_000]);
    assert!(matches!(large.err(), Some(GpuError::OutOfMemory(_))));
    let bytes = vec![0; 34 * 32 * 100];
    let source = MatrixSource {
        format: WeightFormat::Q8_0,
        rows: 100,
        bytes: &bytes,
    };
    let large = gpu.matrix(&[source], 32 * 32);
    assert!(matches!(large.err(), Some(GpuError::OutOfMemory(_))));
    assert_eq!(gpu.memory_used(), used);
    drop(small);
    assert_eq!(gpu.memory_used(), 0);
    gpu.vector(&[0.5; 20_000]).unwrap();
}

#[test]
fn a_cancelled_pass_leaves_the_cache_as_it_was() {
    let Some(gpu) = gpu() else { return };
    let Fixture {
        square,
        norm,
        mut cache,
        mut rows,
    } = fixture(gpu);
    let head = OutputHead {
        norm: RowNorm::root_mean_square(&norm, 1e-6),
        matrix: &square,
        factor: 1.0,
        cap: None,
    };
    let always = || true;
    let begun = gpu.begin(&[1, 2], &spans(2), &square, &mut cache, &mut rows, &always);
    let result = begun.and_then(|pass| pass.logits(1, head));
    assert_eq!(result, Err(GpuError::Cancelled));
    assert_eq!(cache.len(), 0);
    let begun = gpu.begin(&[1, 2], &spans(2), &square, &mut cache, &mut rows, &never);
    assert_eq!(begun.unwrap().logits(1, head).unwrap().len(), WIDTH);
}

#[test]
fn wrong_calls_are_refused() {
    let Some(gpu) = gpu() else { return };
    let Fixture {
        square,
        norm,
        mut cache,
        mut rows,
    } = fixture(gpu);
    let mut refused = |tokens: &[u32], spans: &[TokenSpan]| {
        let begun = gpu.begin(tokens, spans, &square, &mut cache, &mut rows, &never);
        assert!(
            matches!(begun.err(), Some(GpuError::Invalid(_))),
            "{tokens:?} {spans:?}"
        );
    };
    refused(&[], &spans(0));
    refused(&[WIDTH as u32], &spans(1));
    refused(&[1], &spans(2));
    refused(&[1], &[TokenSpan { start: 1, len: 1 }]);
    refused(&[1; 21], &spans(21));
    refused(&vec![1; MAX_TOKENS + 1], &spans(MAX_TOKENS + 1));
    let begun = gpu.begin(&[1], &spans(1), &square, &mut cache, &mut rows, &never);
    let mut pass = begun.unwrap();
    let is_invalid = |result: Result<(), GpuError>| matches!(result, Err(GpuError::Invalid(_)));
    // Nothing has been normed, and nothing is wide.
    let (normed, inner) = (ProductInput::Normed, ProductInput::Inner);
    assert!(is_invalid(pass.product(
        &square,
        None,
        normed,
        ProductOutput::Stream
    )));
    assert!(is_invalid(pass.product(
        &square,
        None,
        inner,
        ProductOutput::Stream
    )));
    assert!(is_invalid(pass.gate(GateKind::Silu)));
    let heads = GpuHeads {
        heads: 1,
        kv_heads: 1,
        head_dim: 32,
        scale: 1.0,
        window: None,
        soft_cap: None,
        temperature: None,
    };
    assert!(is_invalid(pass.attend(0, &heads, HeadWeights::default())));
    assert!(is_invalid(pass.norm(RowNorm::root_mean_square(
        &gpu.vector(&[1.0; 32]).unwrap(),
        1e-6
    ))));
    let head = OutputHead {
        norm: RowNorm::root_mean_square(&norm, 1e-6),
        matrix: &square,
        factor: 1.0,
        cap: None,
    };
    assert!(matches!(pass.logits(2, head), Err(GpuError::Invalid(_))));
    assert!(gpu.rotation(&[1.0; 3], &[1.0; 3], 2, false).is_err());
    let source = MatrixSource {
        format: WeightFormat::Q4_K,
        rows: 1,
        bytes: &[0; 18],
    };
    assert!(matches!(
        gpu.matrix(&[source], 32).err(),
        Some(GpuError::Invalid(_))
    ));
    assert!(matches!(
        gpu.matrix(&[], 32).err(),
        Some(GpuError::Invalid(_))
    ));
}

#[test]
fn a_kernel_that_does_not_compile_is_an_error() {
    let Some(gpu) = gpu() else { return };
    let text = "@compute @workgroup_size(1) fn main() { let x: u32 = 1.5; }";
    let result = gpu.guarded(|| {
        gpu.shared
            .device
            .create_shader_module(wgpu::ShaderModuleDescriptor {
                label: None,
                source: wgpu::ShaderSource::Wgsl(text.into()),
            })
    });
    assert!(matches!(result.err(), Some(GpuError::Driver(_))));
    assert!(gpu.lost().is_none());
}
