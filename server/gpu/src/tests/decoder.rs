//! A whole small decoder with random weights, against the same in f64.

use half::f16;

use super::products::random_rows;
use super::reference::{decode, norm, product, rounded};
use super::{assert_close, never, random, variants};
use crate::{
    GateKind, Gpu, GpuCache, GpuCacheShape, GpuError, GpuHeads, GpuMatrix, GpuPass, GpuRotation,
    GpuRows, GpuVector, HeadNorms, HeadWeights, MatrixSource, OutputHead, PickedLogits,
    ProductInput, ProductOutput, RowNorm, RowWidths, TokenSpan, WeightFormat,
};

const VOCABULARY: usize = 90;
const WIDTH: usize = 96;
const INNER: usize = 160;
pub const LAYERS: usize = 2;
const EPS: f32 = 1e-6;
const HEADS: GpuHeads = GpuHeads {
    heads: 4,
    kv_heads: 2,
    head_dim: 32,
    scale: 0.2,
    window: None,
    soft_cap: None,
    temperature: None,
};
const QKV: usize = 8 * 32;
const MAX_SLOTS: usize = 400;

/// A matrix on the GPU and in f64.
struct Weights {
    gpu: GpuMatrix,
    values: Vec<f64>,
    is_int8: bool,
    cols: usize,
}

impl Weights {
    fn load(
        gpu: &Gpu,
        format: WeightFormat,
        rows: usize,
        cols: usize,
    ) -> Result<Weights, GpuError> {
        let bytes = random_rows(format, rows, cols);
        let row_bytes = format.row_bytes(cols).unwrap();
        let source = MatrixSource {
            format,
            rows,
            bytes: &bytes,
        };
        Ok(Weights {
            gpu: gpu.matrix(&[source], cols)?,
            values: bytes
                .chunks_exact(row_bytes)
                .flat_map(|row| decode(format, row))
                .collect(),
            is_int8: gpu.kernel_features().multiplies_int8(format),
            cols,
        })
    }

    fn product(&self, x: &[f64]) -> Vec<f64> {
        if !self.is_int8 {
            return product(x, &self.values, self.cols);
        }
        let x: Vec<f32> = x.iter().map(|x| *x as f32).collect();
        product(&rounded(&x).2, &self.values, self.cols)
    }
}

/// A vector on the GPU and here.
struct Values(GpuVector, Vec<f32>);

impl Values {
    fn load(gpu: &Gpu, len: usize, seed: u32) -> Result<Values, GpuError> {
        let values = random(len, seed);
        Ok(Values(gpu.vector(&values)?, values))
    }
}

pub struct SmallDecoder {
    gpu: Gpu,
    embedding: Weights,
    qkv: Weights,
    bias: Values,
    output: Weights,
    gate_up: Weights,
    down: Weights,
    norms: [Values; 3],
    head_norms: [Values; 2],
    rotation: GpuRotation,
    turns: Vec<[f64; 2]>,
}

impl SmallDecoder {
    fn new(gpu: &Gpu, format: WeightFormat) -> SmallDecoder {
        SmallDecoder::load(gpu, format).unwrap()
    }

    pub fn load(gpu: &Gpu, format: WeightFormat) -> Result<SmallDecoder, GpuError> {
        let weights = |rows, cols| Weights::load(gpu, format, rows, cols);
        let norm = |len, seed| Values::load(gpu, len, seed);
        let angles: Vec<f32> = (0..MAX_SLOTS * 16)
            .map(|i| (i / 16) as f32 / (1 + i % 16) as f32)
            .collect();
        let cosines: Vec<f32> = angles.iter().map(|angle| angle.cos()).collect();
        let sines: Vec<f32> = angles.iter().map(|angle| angle.sin()).collect();
        let turns = cosines.iter().zip(&sines);
        Ok(SmallDecoder {
            gpu: gpu.clone(),
            embedding: weights(VOCABULARY, WIDTH)?,
            qkv: weights(QKV, WIDTH)?,
            bias: norm(QKV, 31)?,
            output: weights(WIDTH, 128)?,
            gate_up: weights(2 * INNER, WIDTH)?,
            down: weights(WIDTH, INNER)?,
            norms: [norm(WIDTH, 32)?, norm(WIDTH, 33)?, norm(WIDTH, 34)?],
            head_norms: [norm(32, 35)?, norm(32, 36)?],
            rotation: gpu.rotation(&cosines, &sines, 16, false)?,
            turns: turns.map(|(c, s)| [f64::from(*c), f64::from(*s)]).collect(),
        })
    }

    pub fn state(&self) -> (GpuCache, GpuRows) {
        let shape = GpuCacheShape {
            layers: LAYERS,
            kv_heads: HEADS.kv_heads,
            head_dim: HEADS.head_dim,
            max_slots: MAX_SLOTS,
        };
        let widths = RowWidths {
            stream: WIDTH,
            wide: 2 * INNER,
            inner: INNER,
            queries: 128,
        };
        (
            self.gpu.cache(shape).unwrap(),
            self.gpu.rows(widths).unwrap(),
        )
    }

    /// The logits after the last of `tokens`, which follow those in the cache.
    fn forward(&self, tokens: &[u32], state: &mut (GpuCache, GpuRows)) -> Vec<f32> {
        self.try_forward(tokens, state).unwrap()
    }

    pub fn try_forward(
        &self,
        tokens: &[u32],
        state: &mut (GpuCache, GpuRows),
    ) -> Result<Vec<f32>, GpuError> {
        self.try_logits(tokens, 1, &never, state)
    }

    pub fn try_logits(
        &self,
        tokens: &[u32],
        wanted: usize,
        is_cancelled: &dyn Fn() -> bool,
        state: &mut (GpuCache, GpuRows),
    ) -> Result<Vec<f32>, GpuError> {
        let pass = self.pass(tokens, is_cancelled, state)?;
        let logits = pass.logits(wanted, self.head())?;
        state.0.advance(tokens.len());
        Ok(logits)
    }

    pub fn try_picks(
        &self,
        tokens: &[u32],
        state: &mut (GpuCache, GpuRows),
    ) -> Result<Vec<PickedLogits>, GpuError> {
        let pass = self.pass(tokens, &never, state)?;
        let picks = pass.picks(&[Some(7)], self.head())?;
        state.0.advance(tokens.len());
        Ok(picks)
    }

    fn head(&self) -> OutputHead<'_> {
        OutputHead {
            norm: RowNorm::root_mean_square(&self.norms[2].0, EPS),
            matrix: &self.embedding.gpu,
            factor: 1.0,
            cap: None,
        }
    }

    /// A pass up to its last layer.
    fn pass<'a>(
        &self,
        tokens: &[u32],
        is_cancelled: &'a dyn Fn() -> bool,
        state: &'a mut (GpuCache, GpuRows),
    ) -> Result<GpuPass<'a>, GpuError> {
        let span = TokenSpan {
            start: state.0.len(),
            len: tokens.len(),
        };
        let (cache, rows) = (&mut state.0, &mut state.1);
        let embedding = &self.embedding.gpu;
        let begun = self
            .gpu
            .begin(tokens, &[span], embedding, cache, rows, is_cancelled);
        let mut pass = begun?;
        let norms = HeadNorms {
            query: &self.head_norms[0].0,
            key: &self.head_norms[1].0,
            eps: EPS,
        };
        let weights = HeadWeights {
            norms: Some(norms),
            rotation: Some(&self.rotation),
            sinks: None,
        };
        let (normed, inner) = (ProductInput::Normed, ProductInput::Inner);
        let (wide, stream) = (ProductOutput::Wide, ProductOutput::Stream);
        for layer in 0..LAYERS {
            pass.norm(RowNorm::root_mean_square(&self.norms[0].0, EPS))?;
            pass.product(&self.qkv.gpu, Some(&self.bias.0), normed, wide)?;
            pass.attend(layer, &HEADS, weights)?;
            pass.product(&self.output.gpu, None, inner, stream)?;
            pass.norm(RowNorm::root_mean_square(&self.norms[1].0, EPS))?;
            pass.gated_product(&self.gate_up.gpu, None, GateKind::Silu)?;
            pass.product(&self.down.gpu, None, inner, stream)?;
        }
        Ok(pass)
    }

    /// The logits after every token, in f64.
    fn reference(&self, tokens: &[u32]) -> Vec<f64> {
        let row = |token: &u32| &self.embedding.values[*token as usize * WIDTH..][..WIDTH];
        let mut stream: Vec<f64> = tokens.iter().flat_map(row).copied().collect();
        for _ in 0..LAYERS {
            let mut wide = self.qkv.product(&norm(&stream, &self.norms[0].1, EPS));
            for (i, v) in wide.iter_mut().enumerate() {
                *v += f64::from(self.bias.1[i % QKV]);
            }
            add(&mut stream, &self.output.product(&self.attended(&mut wide)));
            let wide = self.gate_up.product(&norm(&stream, &self.norms[1].1, EPS));
            let mut inner = Vec::new();
            for row in wide.chunks_exact(2 * INNER) {
                let (gate, up) = row.split_at(INNER);
                inner.extend(gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u));
            }
            add(&mut stream, &self.down.product(&inner));
        }
        self.embedding
            .product(&norm(&stream, &self.norms[2].1, EPS))
    }

    fn attended(&self, wide: &mut [f64]) -> Vec<f64> {
        for (position, row) in wide.chunks_exact_mut(QKV).enumerate() {
            for (number, head) in row.chunks_exact_mut(32).enumerate() {
                if number < 6 {
                    let weight = &self.head_norms[usize::from(number >= 4)].1;
                    head.copy_from_slice(&norm(head, weight, EPS));
                    for i in 0..16 {
                        let [cosine, sine] = self.turns[position * 16 + i];
                        let (x, y) = (head[i], head[i + 16]);
                        (head[i], head[i + 16]) = (x * cosine - y * sine, y * cosine + x * sine);
                    }
                }
                if number >= 4 {
                    head.iter_mut()
                        .for_each(|v| *v = f16::from_f64(*v).to_f64());
                }
            }
        }
        let mut out = Vec::new();
        for (position, row) in wide.chunks_exact(QKV).enumerate() {
            for (h, query) in row[..128].chunks_exact(32).enumerate() {
                let seen = || wide[..(position + 1) * QKV].chunks_exact(QKV);
                let (key, value) = ((4 + h / 2) * 32, (6 + h / 2) * 32);
                let weights = seen().map(|row| {
                    let pairs = query.iter().zip(&row[key..key + 32]);
                    (0.2 * pairs.map(|(q, k)| q * k).sum::<f64>()).exp()
                });
                let weights: Vec<f64> = weights.collect();
                let total: f64 = weights.iter().sum();
                for c in value..value + 32 {
                    let pairs = seen().zip(&weights);
                    out.push(pairs.map(|(row, w)| row[c] * w).sum::<f64>() / total);
                }
            }
        }
        out
    }
}

fn add(stream: &mut [f64], what: &[f64]) {
    stream
        .iter_mut()
        .zip(what)
        .for_each(|(stream, what)| *stream += what);
}

#[test]
fn a_decoder_agrees_with_f64_at_once_and_step_by_step() {
    for gpu in variants() {
        // Roundings to int8 that go the other way change more than the last digits.
        for (format, tolerance) in [(WeightFormat::F32, 1e-3), (WeightFormat::Q8_0, 2e-2)] {
            let model = SmallDecoder::new(&gpu, format);
            let tokens: Vec<u32> = (0..80).map(|i| i * 37 % VOCABULARY as u32).collect();
            let want = model.reference(&tokens);
            let want = |count: usize| &want[(count - 1) * VOCABULARY..count * VOCABULARY];
            let what = format!("{format:?}, {}", gpu.features());
            let mut state = model.state();
            let at_once = model.forward(&tokens[..70], &mut state);
            assert_close(&at_once, want(70), tolerance, &what);
            for count in 71..=80 {
                let got = model.forward(&tokens[count - 1..count], &mut state);
                assert_close(
                    &got,
                    want(count),
                    tolerance,
                    &format!("{what}, step {count}"),
                );
            }
            // Cut back and continued otherwise, it is as if it had never been longer.
            state.0.truncate(30);
            let got = model.forward(&tokens[30..70], &mut state);
            let once: Vec<f64> = at_once.iter().map(|v| f64::from(*v)).collect();
            assert_close(&got, &once, tolerance / 10.0, &format!("{what}, cut"));
            let mut fresh = model.state();
            model.forward(&tokens[..30], &mut fresh);
            let got = model.forward(&tokens[30..35], &mut fresh);
            assert_close(&got, want(35), tolerance, &format!("{what}, fresh"));
        }
    }
}

#[test]
fn the_same_pass_gives_the_same_bits() {
    let Some(gpu) = super::gpu() else { return };
    let model = SmallDecoder::new(gpu, WeightFormat::Q8_0);
    let mut state = model.state();
    let tokens: Vec<u32> = (0..40).collect();
    for count in [40, 5, 1] {
        state.0.truncate(0);
        let first = model.forward(&tokens[..count], &mut state);
        state.0.truncate(0);
        assert_eq!(model.forward(&tokens[..count], &mut state), first);
    }
}

#[test]
fn sequences_of_several_threads_share_a_device() {
    let Some(gpu) = super::gpu() else { return };
    let model = SmallDecoder::new(gpu, WeightFormat::Q8_0);
    let run = || {
        let mut state = model.state();
        let steps = (0..VOCABULARY as u32).map(|token| model.forward(&[token], &mut state));
        steps.collect::<Vec<_>>()
    };
    let expected = run();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}
