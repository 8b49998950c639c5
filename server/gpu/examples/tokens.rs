//! How fast a GPU runs decoders of several sizes: `cargo run --release -p gpu --example tokens --
//! [GPU] [MEGABYTES] [TOKENS] [FOLDER]`.
//!
//! Weights are zeros in Q8_0 and Q4_K; the time is that of real ones. For each size that fits into
//! the megabytes (1000 unless given), it prints the time of a prompt of so many tokens (256), of one
//! more token, and of eight at once, the least of five passes, and what the first one took longer: it
//! compiles kernels, or finds them in `FOLDER`. `GPU` is a number in the list that is printed
//! first; drivers in software are in the list.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use gpu::{
    GateKind, Gpu, GpuCacheShape, GpuError, GpuHeads, GpuMatrix, GpuOptions, GpuVector,
    HeadWeights, MatrixSource, OutputHead, ProductInput, ProductOutput, RowNorm, RowWidths,
    TokenSpan, WeightFormat, adapters,
};

/// The widths of a model.
#[derive(Clone, Copy)]
struct Size {
    name: &'static str,
    layers: usize,
    width: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    inner: usize,
    vocabulary: usize,
}

const SIZES: [Size; 5] = [
    size("60M", 8, [768, 12, 4, 64], 2048, 16_384),
    size("0.1B", 12, [768, 12, 4, 64], 2048, 32_768),
    size("0.5B", 24, [1024, 16, 2, 64], 4864, 151_936),
    size("1.5B", 28, [1536, 12, 2, 128], 8960, 151_936),
    size("7B", 28, [3584, 28, 4, 128], 18_944, 152_064),
];

const fn size(
    name: &'static str,
    layers: usize,
    [width, heads, kv_heads, head_dim]: [usize; 4],
    inner: usize,
    vocabulary: usize,
) -> Size {
    Size {
        name,
        layers,
        width,
        heads,
        kv_heads,
        head_dim,
        inner,
        vocabulary,
    }
}

impl Size {
    fn qkv(self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.head_dim
    }

    /// Rows and columns of a layer's matrices: queries to values, output, gates and values, down.
    fn matrices(self) -> [(usize, usize); 4] {
        [
            (self.qkv(), self.width),
            (self.width, self.heads * self.head_dim),
            (2 * self.inner, self.width),
            (self.width, self.inner),
        ]
    }

    fn bytes(self, format: WeightFormat) -> u64 {
        let matrices = self.matrices().into_iter();
        let layer = matrices.map(|(rows, cols)| format.gpu_bytes(rows, cols));
        self.layers as u64 * layer.sum::<u64>() + format.gpu_bytes(self.vocabulary, self.width)
    }
}

fn main() -> Result<(), GpuError> {
    let argument = |number: usize, usual: usize| {
        let given = std::env::args()
            .nth(number)
            .and_then(|text| text.parse().ok());
        given.unwrap_or(usual)
    };
    let all = adapters(true);
    for (number, found) in all.iter().enumerate() {
        println!(
            "{number}: {} ({:?}, {}, {})",
            found.name, found.kind, found.interface, found.driver
        );
    }
    let Some(adapter) = all.get(argument(1, 0)) else {
        return Err(GpuError::Unsupported("there is none".into()));
    };
    let begin = Instant::now();
    let options = GpuOptions {
        pipeline_cache: std::env::args().nth(4).map(Into::into),
        ..GpuOptions::default()
    };
    let gpu = Gpu::open(adapter, &options)?;
    println!("opened in {:?}: {}", begin.elapsed(), gpu.features());
    let limit = argument(2, 1000) as u64 * 1_000_000;
    for size in SIZES {
        for format in [WeightFormat::Q8_0, WeightFormat::Q4_K] {
            if size.bytes(format) <= limit {
                measure(&gpu, size, format, argument(3, 256))?;
            }
        }
    }
    Ok(())
}

/// A model of zeros.
struct Zeros {
    size: Size,
    embedding: GpuMatrix,
    layers: Vec<Vec<GpuMatrix>>,
    norm: GpuVector,
}

impl Zeros {
    fn new(gpu: &Gpu, size: Size, format: WeightFormat) -> Result<Zeros, GpuError> {
        let matrix = |(rows, cols): (usize, usize)| {
            let bytes = vec![0; rows * format.row_bytes(cols).unwrap_or_default()];
            let source = MatrixSource {
                format,
                rows,
                bytes: &bytes,
            };
            gpu.matrix(&[source], cols)
        };
        let layers = (0..size.layers).map(|_| size.matrices().into_iter().map(matrix).collect());
        Ok(Zeros {
            size,
            embedding: matrix((size.vocabulary, size.width))?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: gpu.vector(&vec![1.0; size.width])?,
        })
    }

    /// Milliseconds of a pass of so many tokens after `start` others: the least of five, and by how
    /// much the first of all was longer.
    fn time(&self, gpu: &Gpu, start: usize, tokens: usize) -> Result<(f64, f64), GpuError> {
        let Size {
            layers,
            width: stream,
            heads,
            kv_heads,
            head_dim,
            inner,
            ..
        } = self.size;
        let mut cache = gpu.cache(GpuCacheShape {
            layers,
            kv_heads,
            head_dim,
            max_slots: start + tokens,
        })?;
        let mut rows = gpu.rows(RowWidths {
            stream,
            wide: self.size.qkv().max(2 * inner),
            inner: inner.max(heads * head_dim),
            queries: heads * head_dim,
        })?;
        let heads = GpuHeads {
            heads,
            kv_heads,
            head_dim,
            scale: 0.1,
            window: None,
            soft_cap: None,
            temperature: None,
        };
        let head = OutputHead {
            norm: RowNorm::root_mean_square(&self.norm, 1e-6),
            matrix: &self.embedding,
            factor: 1.0,
            cap: None,
        };
        let (normed, attended) = (ProductInput::Normed, ProductInput::Inner);
        let (wide, stream) = (ProductOutput::Wide, ProductOutput::Stream);
        let ids = vec![1; start.max(tokens)];
        let (mut least, mut first) = (f64::INFINITY, None);
        for round in 0..6 {
            let len = if round == 0 { start } else { tokens };
            if len == 0 {
                continue;
            }
            let begin = Instant::now();
            let span = TokenSpan {
                start: cache.len(),
                len,
            };
            let mut pass = gpu.begin(
                &ids[..len],
                &[span],
                &self.embedding,
                &mut cache,
                &mut rows,
                &|| false,
            )?;
            for (number, matrices) in self.layers.iter().enumerate() {
                pass.norm(RowNorm::root_mean_square(&self.norm, 1e-6))?;
                pass.product(&matrices[0], None, normed, wide)?;
                pass.attend(number, &heads, HeadWeights::default())?;
                pass.product(&matrices[1], None, attended, stream)?;
                pass.norm(RowNorm::root_mean_square(&self.norm, 1e-6))?;
                pass.product(&matrices[2], None, normed, wide)?;
                pass.gate(GateKind::Silu)?;
                pass.product(&matrices[3], None, attended, stream)?;
            }
            pass.picks(&[None], head)?;
            if round == 0 {
                cache.advance(start);
            } else {
                let time = begin.elapsed().as_secs_f64() * 1e3;
                least = least.min(time);
                first.get_or_insert(time);
            }
        }
        Ok((least, first.unwrap_or(least) - least))
    }
}

fn measure(gpu: &Gpu, size: Size, format: WeightFormat, prompt: usize) -> Result<(), GpuError> {
    let begin = Instant::now();
    let zeros = Zeros::new(gpu, size, format)?;
    let bytes = size.bytes(format) as f64;
    println!(
        "{} {format:?}: {:.0} MB in {:?}",
        size.name,
        bytes / 1e6,
        begin.elapsed()
    );
    let (prefill, more) = zeros.time(gpu, 0, prompt)?;
    println!(
        "  {prompt} tokens: {prefill:.1} ms, {:.0} a second; at first {more:.1} ms more",
        prompt as f64 / prefill * 1e3
    );
    for tokens in [1, 8] {
        let (time, more) = zeros.time(gpu, prompt, tokens)?;
        println!(
            "  {tokens} after these: {time:.2} ms, {:.0} GB/s of weights; at first {more:.1} ms more",
            bytes / time / 1e6
        );
    }
    Ok(())
}
