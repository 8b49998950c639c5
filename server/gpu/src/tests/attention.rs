//! Norms and rotations of heads, the cache, and attention of few and of many tokens.

use half::f16;

use super::reference::norm;
use super::{assert_close, never, random, read, variants};
use crate::{
    Gpu, GpuCache, GpuCacheShape, GpuHeads, GpuMatrix, GpuRotation, GpuRows, GpuVector, HeadNorms,
    HeadTemperature, HeadWeights, MatrixSource, RowWidths, TokenSpan, WeightFormat,
};

const POSITIONS: usize = 800;
const CAP: f32 = 1.5;
const TEMPERATURE: HeadTemperature = HeadTemperature {
    scale: 0.3,
    length: 20,
};

/// What a case has.
#[derive(Clone, Copy, Debug)]
struct Case {
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    /// Pairs that are rotated, and whether they are neighbours; none without a rotation.
    rotation: Option<(usize, bool)>,
    has_norms: bool,
    window: Option<usize>,
    /// A soft cap, a temperature and sinks.
    has_extras: bool,
}

/// A layer on the GPU, and what it has seen, in f64.
struct Fixture {
    case: Case,
    gpu: Gpu,
    embedding: GpuMatrix,
    rows: GpuRows,
    cache: GpuCache,
    rotation: Option<GpuRotation>,
    turns: Vec<[f32; 2]>,
    norms: [Vec<f32>; 2],
    norm_vectors: [GpuVector; 2],
    sinks: Vec<f32>,
    sink_vector: GpuVector,
    /// For each position, keys and values of all heads.
    seen: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Fixture {
    fn new(gpu: &Gpu, case: Case) -> Fixture {
        let Case {
            heads,
            kv_heads,
            head_dim,
            ..
        } = case;
        let bytes = vec![0; 4 * 32];
        let source = MatrixSource {
            format: WeightFormat::F32,
            rows: 1,
            bytes: &bytes,
        };
        let widths = RowWidths {
            stream: 32,
            wide: ((heads + 2 * kv_heads) * head_dim).next_multiple_of(32),
            inner: heads * head_dim,
            queries: heads * head_dim,
        };
        let shape = GpuCacheShape {
            layers: 1,
            kv_heads,
            head_dim,
            max_slots: POSITIONS,
        };
        let pairs = case.rotation.map_or(1, |(pairs, _)| pairs);
        let angles: Vec<f32> = (0..POSITIONS * pairs)
            .map(|i| (i / pairs) as f32 / (1 + i % pairs) as f32)
            .collect();
        let cosines: Vec<f32> = angles.iter().map(|angle| angle.cos()).collect();
        let sines: Vec<f32> = angles.iter().map(|angle| angle.sin()).collect();
        let table =
            |(pairs, interleaved)| gpu.rotation(&cosines, &sines, pairs, interleaved).unwrap();
        let norms = [random(head_dim, 21), random(head_dim, 22)];
        let sinks = random(heads, 23);
        Fixture {
            case,
            gpu: gpu.clone(),
            embedding: gpu.matrix(&[source], 32).unwrap(),
            rows: gpu.rows(widths).unwrap(),
            cache: gpu.cache(shape).unwrap(),
            rotation: case.rotation.map(table),
            turns: cosines.iter().zip(&sines).map(|(c, s)| [*c, *s]).collect(),
            norm_vectors: [
                gpu.vector(&norms[0]).unwrap(),
                gpu.vector(&norms[1]).unwrap(),
            ],
            norms,
            sink_vector: gpu.vector(&sinks).unwrap(),
            sinks,
            seen: Vec::new(),
        }
    }

    /// A head of queries or keys, normed and rotated.
    fn turned(&self, head: &[f32], which: usize, position: usize) -> Vec<f64> {
        let mut head: Vec<f64> = head.iter().map(|v| f64::from(*v)).collect();
        if self.case.has_norms {
            head = norm(&head, &self.norms[which], 1e-6);
        }
        let Some((pairs, interleaved)) = self.case.rotation else {
            return head;
        };
        for i in 0..pairs {
            let (a, b) = if interleaved {
                (2 * i, 2 * i + 1)
            } else {
                (i, i + pairs)
            };
            let [cosine, sine] = self.turns[position * pairs + i].map(f64::from);
            let (x, y) = (head[a], head[b]);
            (head[a], head[b]) = (x * cosine - y * sine, y * cosine + x * sine);
        }
        head
    }

    /// Runs spans with random queries, keys and values, and compares the result. One span at the
    /// end stays in the cache.
    fn run(&mut self, spans: &[TokenSpan], seed: u32) {
        let what = format!("{:?} {spans:?} {}", self.case, self.gpu.features());
        let Case {
            heads,
            kv_heads,
            head_dim,
            window,
            ..
        } = self.case;
        let shape = GpuHeads {
            heads,
            kv_heads,
            head_dim,
            scale: 0.4,
            window,
            soft_cap: self.case.has_extras.then_some(CAP),
            temperature: self.case.has_extras.then_some(TEMPERATURE),
        };
        let count: usize = spans.iter().map(|span| span.len).sum();
        let width = (heads + 2 * kv_heads) * head_dim;
        let wide = random(count * width, seed);
        let len = self.cache.len();
        let tokens = vec![0; count];
        let Fixture {
            gpu,
            embedding,
            cache,
            rows,
            ..
        } = self;
        let mut pass = gpu
            .begin(&tokens, spans, &*embedding, cache, rows, &never)
            .unwrap();
        pass.recorder.submit().unwrap();
        let buffer = &pass.rows.of_tokens().unwrap().wide;
        gpu.shared
            .queue
            .write_buffer(&buffer.raw, 0, bytemuck::cast_slice(&wide));
        (pass.wide, pass.wide_rows) = (width, count);
        let norms = self.case.has_norms.then_some(HeadNorms {
            query: &self.norm_vectors[0],
            key: &self.norm_vectors[1],
            eps: 1e-6,
        });
        let weights = HeadWeights {
            norms,
            rotation: self.rotation.as_ref(),
            sinks: self.case.has_extras.then_some(&self.sink_vector),
        };
        pass.attend(0, &shape, weights).unwrap();
        let inner = &pass.rows.of_tokens().unwrap().inner.values;
        let got: Vec<f32> = read(&mut pass.recorder, inner, count * heads * head_dim);
        pass.finish().unwrap();

        let mut want = Vec::new();
        let mut rows = wide.chunks_exact(width);
        for span in spans {
            let mut seen = self.seen[..span.start].to_vec();
            for position in span.start..span.start + span.len {
                let (queries, rest) = rows.next().unwrap().split_at(heads * head_dim);
                let (keys, values) = rest.split_at(kv_heads * head_dim);
                let f16 = |v: f64| f16::from_f64(v).to_f64();
                let keys = keys.chunks_exact(head_dim);
                let keys = keys
                    .flat_map(|key| self.turned(key, 1, position))
                    .map(f16)
                    .collect();
                let values = values.iter().map(|v| f16(f64::from(*v))).collect();
                seen.push((keys, values));
                for (h, query) in queries.chunks_exact(head_dim).enumerate() {
                    let mut query = self.turned(query, 0, position);
                    if self.case.has_extras {
                        let periods = (position / TEMPERATURE.length) as f64;
                        let factor = 1.0 + f64::from(TEMPERATURE.scale) * periods.ln_1p();
                        query.iter_mut().for_each(|value| *value *= factor);
                    }
                    want.extend(self.attended(&query, h, &seen));
                }
            }
            if spans.len() == 1 {
                self.seen = seen;
            }
        }
        // Devices may round keys and values to f16 either way.
        assert_close(&got, &want, 5e-4, &what);
        if spans.len() == 1 && spans[0].start == len {
            self.cache.advance(count);
        }
    }

    /// What a query attends to, of all it may see.
    fn attended(&self, query: &[f64], number: usize, seen: &[(Vec<f64>, Vec<f64>)]) -> Vec<f64> {
        let kv_head = number / (self.case.heads / self.case.kv_heads);
        let head = kv_head * query.len()..(kv_head + 1) * query.len();
        let first = self
            .case
            .window
            .map_or(0, |window| seen.len().saturating_sub(window));
        let score = |key: &[f64]| {
            let pairs = query.iter().zip(&key[head.clone()]);
            let score = 0.4 * pairs.map(|(q, k)| q * k).sum::<f64>();
            match self.case.has_extras {
                true => f64::from(CAP) * (score / f64::from(CAP)).tanh(),
                false => score,
            }
        };
        let weights: Vec<f64> = seen[first..]
            .iter()
            .map(|(key, _)| score(key).exp())
            .collect();
        let sink = match self.case.has_extras {
            true => f64::from(self.sinks[number]).exp(),
            false => 0.0,
        };
        let total: f64 = sink + weights.iter().sum::<f64>();
        let value = |c: usize| {
            let values = seen[first..]
                .iter()
                .map(|(_, values)| values[head.start + c]);
            values.zip(&weights).map(|(v, w)| v * w).sum::<f64>() / total
        };
        (0..query.len()).map(value).collect()
    }
}

fn cases() -> Vec<Case> {
    let usual = Case {
        heads: 4,
        kv_heads: 2,
        head_dim: 64,
        rotation: Some((32, false)),
        has_norms: false,
        window: None,
        has_extras: false,
    };
    vec![
        usual,
        Case {
            heads: 7,
            kv_heads: 1,
            rotation: Some((32, true)),
            ..usual
        },
        Case {
            head_dim: 128,
            rotation: Some((64, false)),
            has_norms: true,
            ..usual
        },
        Case {
            kv_heads: 4,
            head_dim: 80,
            rotation: Some((20, false)),
            ..usual
        },
        Case {
            heads: 2,
            kv_heads: 1,
            head_dim: 256,
            rotation: None,
            ..usual
        },
        Case {
            window: Some(40),
            ..usual
        },
        Case {
            window: Some(1),
            has_norms: true,
            ..usual
        },
        Case {
            has_extras: true,
            ..usual
        },
        Case {
            heads: 6,
            window: Some(40),
            has_extras: true,
            ..usual
        },
    ]
}

fn span(start: usize, len: usize) -> TokenSpan {
    TokenSpan { start, len }
}

#[test]
fn tokens_attend_to_what_they_may_see() {
    for (i, gpu) in variants().iter().enumerate() {
        for case in cases() {
            if i > 0 && case.window.is_some() {
                continue;
            }
            let mut fixture = Fixture::new(gpu, case);
            fixture.run(&[span(0, 5)], 1);
            fixture.run(&[span(5, 65)], 2);
            fixture.run(&[span(70, 1)], 3);
            fixture.run(&[span(71, 9)], 4);
            // The cache grows beyond 256 slots, and few tokens have several spans of it.
            fixture.run(&[span(80, 190)], 5);
            for len in 1..9 {
                let start = fixture.cache.len();
                fixture.run(&[span(start, len)], 6 + len as u32);
            }
        }
    }
}

#[test]
fn continuations_see_their_prefix_and_themselves() {
    let Some(gpu) = super::gpu() else { return };
    for case in [cases()[0], cases()[5], cases()[8]] {
        let mut fixture = Fixture::new(gpu, case);
        fixture.run(&[span(0, 70)], 1);
        fixture.run(&[span(70, 3), span(70, 1), span(68, 2)], 2);
        fixture.run(&[span(70, 20), span(70, 7), span(33, 12), span(0, 3)], 3);
        // They leave nothing.
        fixture.run(&[span(70, 2)], 4);
    }
}

#[test]
fn a_cache_that_was_cut_is_written_again() {
    let Some(gpu) = super::gpu() else { return };
    let mut fixture = Fixture::new(gpu, cases()[0]);
    fixture.run(&[span(0, 40)], 1);
    fixture.cache.truncate(11);
    fixture.seen.truncate(11);
    fixture.run(&[span(11, 4)], 2);
    fixture.run(&[span(15, 30)], 3);
    assert_eq!(fixture.cache.len(), 45);
}
