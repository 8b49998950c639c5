//! The likeliest tokens of rows of logits, put together from what a kernel found in each chunk.

/// Tokens of a row that are picked.
pub const TOP: usize = 64;
/// Logits that a workgroup looks at.
pub(crate) const CHUNK: usize = 2048;
/// Words that it leaves: logits, tokens, a sum, and the wanted token's logit.
pub(crate) const CHUNK_WORDS: usize = 2 * TOP + 2;

/// What sampling and scoring need of a row of logits.
#[derive(Clone, Debug, PartialEq)]
pub struct PickedLogits {
    /// The [`TOP`] likeliest tokens with their logits, the likeliest first; of tokens of the same
    /// logit, the lower one first. Fewer in a smaller vocabulary.
    pub top: Vec<(u32, f32)>,
    /// ln of the sum of e^logit over the whole row; subtracted from a logit, it gives the
    /// log-probability.
    pub log_sum_exp: f32,
    /// The logit of the token that was asked for.
    pub wanted: Option<f32>,
}

impl PickedLogits {
    /// All its numbers.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut f32> {
        let top = self.top.iter_mut().map(|(_, logit)| logit);
        top.chain([&mut self.log_sum_exp]).chain(&mut self.wanted)
    }
}

/// Puts the chunks of a row together; `words` has [`CHUNK_WORDS`] for each.
pub(crate) fn merge(words: &[u32], vocabulary: usize, wanted: Option<u32>) -> PickedLogits {
    let mut top = Vec::new();
    let mut sums = Vec::new();
    for chunk in words.chunks_exact(CHUNK_WORDS) {
        let (logits, rest) = chunk.split_at(TOP);
        let entries = rest[..TOP].iter().zip(logits);
        let entries = entries.map(|(token, logit)| (*token, f32::from_bits(*logit)));
        top.extend(entries.filter(|(token, _)| (*token as usize) < vocabulary));
        sums.push((f32::from_bits(logits[0]), f32::from_bits(rest[TOP])));
    }
    top.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    top.truncate(TOP);
    let largest = sums
        .iter()
        .fold(f32::NEG_INFINITY, |most, sum| most.max(sum.0));
    let scaled = |(most, sum): &(f32, f32)| f64::from(*sum) * f64::from(most - largest).exp();
    let total: f64 = sums.iter().map(scaled).sum();
    let logit = |token: u32| {
        let at = token as usize / CHUNK * CHUNK_WORDS + CHUNK_WORDS - 1;
        words.get(at).map(|bits| f32::from_bits(*bits))
    };
    PickedLogits {
        top,
        log_sum_exp: largest + total.ln() as f32,
        wanted: wanted.and_then(logit),
    }
}
