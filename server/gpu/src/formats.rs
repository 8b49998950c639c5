//! The formats of weights, and how the blocks of a file become planes that a GPU can read.
//!
//! ggml's blocks have 18 to 210 bytes, so most begin in the middle of a word. A matrix on the GPU
//! has one buffer for each part of a block, a plane: the low bits of all blocks, their higher bits,
//! their scales. Every format counts in blocks of 32 weights. Weights of 4, 5 and 6 bits have their
//! low four bits as in Q4_0: a byte has a weight and the one 16 further on. No bit is lost. Layouts
//! of the files: ggml's `ggml-common.h`; of the planes: the texts in `kernels/formats/`.

/// Weights of a block on the GPU.
pub(crate) const BLOCK: usize = 32;
/// Weights of a K-quant's block in a file.
const K_BLOCK: usize = 256;

/// How weights are stored in a file; the names are ggml's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, non_camel_case_types, reason = "ggml's names")]
pub enum WeightFormat {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K,
    Q5_K,
    Q6_K,
    F16,
    BF16,
    F32,
    /// Codes of four bits, the numbers of values in a table. In a file, such formats differ; here,
    /// a block of 32 weights has 16 bytes as in a Q4_0, then its scales as f32: one, or one for
    /// its first 16 weights and one for its last.
    Codes(CodeTable),
}

/// The values that codes stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodeTable {
    /// The value of each code, before it is scaled.
    pub values: [i8; 16],
    /// Whether every 16 weights have a scale of their own.
    pub has_two_scales: bool,
}

impl WeightFormat {
    /// All formats but those with codes.
    pub const ALL: [WeightFormat; 11] = [
        WeightFormat::Q4_0,
        WeightFormat::Q4_1,
        WeightFormat::Q5_0,
        WeightFormat::Q5_1,
        WeightFormat::Q8_0,
        WeightFormat::Q4_K,
        WeightFormat::Q5_K,
        WeightFormat::Q6_K,
        WeightFormat::F16,
        WeightFormat::BF16,
        WeightFormat::F32,
    ];

    /// Bytes of a block in a file, and its weights.
    pub(crate) fn file_block(self) -> (usize, usize) {
        match self {
            WeightFormat::Q4_0 => (18, BLOCK),
            WeightFormat::Q4_1 => (20, BLOCK),
            WeightFormat::Q5_0 => (22, BLOCK),
            WeightFormat::Q5_1 => (24, BLOCK),
            WeightFormat::Q8_0 => (34, BLOCK),
            WeightFormat::Q4_K => (144, K_BLOCK),
            WeightFormat::Q5_K => (176, K_BLOCK),
            WeightFormat::Q6_K => (210, K_BLOCK),
            WeightFormat::F16 | WeightFormat::BF16 => (2 * BLOCK, BLOCK),
            WeightFormat::F32 => (4 * BLOCK, BLOCK),
            WeightFormat::Codes(table) if table.has_two_scales => (24, BLOCK),
            WeightFormat::Codes(_) => (20, BLOCK),
        }
    }

    /// Bytes of a row of `cols` weights in a file; `None` where rows may not have that width, which
    /// is a multiple of 32, or of 256 for K-quants.
    pub fn row_bytes(self, cols: usize) -> Option<usize> {
        let (bytes, weights) = self.file_block();
        (cols > 0 && cols.is_multiple_of(weights)).then(|| cols / weights * bytes)
    }

    /// Bytes of a matrix on the GPU, so far as it is known before an upload.
    pub fn gpu_bytes(self, rows: usize, cols: usize) -> u64 {
        let planes = self.plane_bytes().iter().sum::<usize>();
        rows as u64 * cols as u64 * planes as u64 / K_BLOCK as u64
    }

    /// Bytes of 256 weights in each plane.
    pub(crate) fn plane_bytes(self) -> &'static [usize] {
        match self {
            WeightFormat::Q4_0 | WeightFormat::Q4_K => &[128, 16],
            WeightFormat::Q4_1 => &[128, 32],
            WeightFormat::Q5_0 | WeightFormat::Q5_K => &[128, 32, 16],
            WeightFormat::Q5_1 => &[128, 32, 32],
            WeightFormat::Q8_0 => &[256, 16],
            WeightFormat::Q6_K => &[128, 64, 32],
            WeightFormat::F16 | WeightFormat::BF16 => &[512],
            WeightFormat::F32 => &[1024],
            WeightFormat::Codes(table) if table.has_two_scales => &[128, 64],
            WeightFormat::Codes(_) => &[128, 32],
        }
    }

    /// Whether weights are whole numbers with a scale.
    pub(crate) fn is_quantized(self) -> bool {
        let floats = [WeightFormat::F16, WeightFormat::BF16, WeightFormat::F32];
        !floats.contains(&self)
    }

    /// Appends a row of the file to the planes.
    pub(crate) fn split_row(self, row: &[u8], planes: &mut [&mut Vec<u8>]) {
        let blocks = row.chunks_exact(self.file_block().0);
        match (self, planes) {
            (WeightFormat::Q8_0, [bytes, scales]) => blocks.for_each(|b| {
                bytes.extend_from_slice(&b[2..]);
                scales.extend_from_slice(&b[..2]);
            }),
            (WeightFormat::Q4_0, [bytes, scales]) => blocks.for_each(|b| {
                bytes.extend_from_slice(&b[2..]);
                scales.extend_from_slice(&b[..2]);
            }),
            (WeightFormat::Codes(_), [bytes, scales]) => blocks.for_each(|b| {
                bytes.extend_from_slice(&b[..16]);
                scales.extend_from_slice(&b[16..]);
            }),
            (WeightFormat::Q4_1, [bytes, scales]) => blocks.for_each(|b| {
                bytes.extend_from_slice(&b[4..]);
                scales.extend_from_slice(&b[..4]);
            }),
            (WeightFormat::Q5_0, [bytes, fifths, scales]) => blocks.for_each(|b| {
                bytes.extend_from_slice(&b[6..]);
                fifths.extend_from_slice(&b[2..6]);
                scales.extend_from_slice(&b[..2]);
            }),
            (WeightFormat::Q5_1, [bytes, fifths, scales]) => blocks.for_each(|b| {
                bytes.extend_from_slice(&b[8..]);
                fifths.extend_from_slice(&b[4..8]);
                scales.extend_from_slice(&b[..4]);
            }),
            (WeightFormat::Q4_K, [bytes, heads]) => blocks.for_each(|b| {
                heads.extend_from_slice(&b[..16]);
                k_quants(&b[16..]).for_each(|low| bytes.extend(pairs(&low)));
            }),
            (WeightFormat::Q5_K, [bytes, fifths, heads]) => blocks.for_each(|b| {
                heads.extend_from_slice(&b[..16]);
                k_quants(&b[48..]).for_each(|low| bytes.extend(pairs(&low)));
                (0..8).for_each(|j| fifths.extend(fifth_bits(&b[16..48], j).to_le_bytes()));
            }),
            (WeightFormat::Q6_K, [bytes, sixths, scales]) => blocks.for_each(|b| {
                for j in 0..8 {
                    let (low, high) = q6_k_bits(b, j);
                    bytes.extend(pairs(&low));
                    sixths.extend(high);
                    scales.extend_from_slice(&b[192 + 2 * j..194 + 2 * j]);
                    scales.extend_from_slice(&b[208..]);
                }
            }),
            (_, planes) => {
                if let Some(plane) = planes.first_mut() {
                    plane.extend_from_slice(row);
                }
            }
        }
    }
}

/// The low four bits of two weights a byte, 16 apart.
fn pairs(low: &[u8; BLOCK]) -> [u8; BLOCK / 2] {
    std::array::from_fn(|i| low[i] | low[i + BLOCK / 2] << 4)
}

/// The low four bits of the 8 blocks of a Q4_K or Q5_K: two blocks in 32 bytes.
fn k_quants(bytes: &[u8]) -> impl Iterator<Item = [u8; BLOCK]> {
    (0..8).map(|j| std::array::from_fn(|i| bytes[j / 2 * BLOCK + i] >> (j % 2 * 4) & 15))
}

/// The fifth bits of block `j` of a Q5_K: bit `i` is that of weight `i`.
fn fifth_bits(bytes: &[u8], j: usize) -> u32 {
    let bits = bytes.iter().enumerate();
    bits.fold(0, |all, (i, byte)| all | u32::from(byte >> j & 1) << i)
}

/// The low four bits of each weight of block `j` of a Q6_K, and the other two, four weights a byte.
fn q6_k_bits(block: &[u8], j: usize) -> ([u8; BLOCK], [u8; BLOCK / 4]) {
    let (half, quarter) = (j / 4, j % 4);
    let (low, high) = (
        &block[half * 64 + quarter % 2 * BLOCK..],
        &block[128 + half * BLOCK..],
    );
    let low = std::array::from_fn(|i| low[i] >> (quarter / 2 * 4) & 15);
    let two_bits = |i: usize| high[i] >> (quarter * 2) & 3;
    let high = std::array::from_fn(|i| {
        (0..4).fold(0, |byte, part| byte | two_bits(4 * i + part) << (2 * part))
    });
    (low, high)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn planes_have_the_bytes_that_are_announced() {
        for format in WeightFormat::ALL {
            let row = vec![0x5a; format.row_bytes(512).unwrap()];
            let mut planes = vec![Vec::new(); format.plane_bytes().len()];
            format.split_row(&row, &mut planes.iter_mut().collect::<Vec<_>>());
            for (plane, bytes) in planes.iter().zip(format.plane_bytes()) {
                assert_eq!(plane.len(), 2 * bytes, "{format:?}");
            }
            let total: usize = planes.iter().map(Vec::len).sum();
            assert_eq!(total as u64, format.gpu_bytes(1, 512));
        }
    }

    #[test]
    fn rows_have_whole_blocks() {
        assert_eq!(WeightFormat::Q4_K.row_bytes(256), Some(144));
        assert_eq!(WeightFormat::Q4_K.row_bytes(288), None);
        assert_eq!(WeightFormat::F16.row_bytes(48), None);
        assert_eq!(WeightFormat::Q8_0.row_bytes(0), None);
    }

    #[test]
    fn high_bits_follow_their_weights() {
        // By hand: weight 5 of block 3 of a Q5_K, and weight 6 of block 5 of a Q6_K, have all bits.
        let mut q5_k = [0; 176];
        q5_k[16 + 5] = 1 << 3;
        q5_k[48 + 32 + 5] = 0xf0;
        let mut planes = vec![Vec::new(); 3];
        WeightFormat::Q5_K.split_row(&q5_k, &mut planes.iter_mut().collect::<Vec<_>>());
        assert_eq!(planes[0][3 * 16 + 5], 15);
        assert_eq!(planes[1][4 * 3..4 * 4], 32u32.to_le_bytes());
        let mut q6_k = [0; 210];
        q6_k[64 + 32 + 6] = 0x0f;
        q6_k[128 + 32 + 6] = 3 << 2;
        let mut planes = vec![Vec::new(); 3];
        WeightFormat::Q6_K.split_row(&q6_k, &mut planes.iter_mut().collect::<Vec<_>>());
        assert_eq!(planes[0][5 * 16 + 6], 15);
        assert_eq!(planes[1][5 * 8 + 1], 3 << 4);
    }
}
