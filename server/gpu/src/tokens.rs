//! Where the tokens of a pass are in a sequence, as kernels read it.

use crate::GpuError;
use crate::error::require;

/// Tokens that one pass may have.
pub const MAX_TOKENS: usize = 8192;

/// Consecutive tokens of a pass that continue the sequence after its first `start` positions. They
/// see these and each other, as far as they come before; they do not see other spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenSpan {
    /// The position of the first token; at most the length of the cache.
    pub start: usize,
    /// How many tokens.
    pub len: usize,
}

/// The tokens of a pass. Token `t` is written to slot `first_slot + t` of the cache.
pub(crate) struct PassTokens {
    pub count: usize,
    pub first_slot: usize,
    /// By how much a token's slot is beyond its position, at most.
    lag: usize,
    /// The position after the largest one.
    pub end_position: usize,
    /// For each token: position, end of the prefix, first slot of its span, the token itself.
    pub records: Vec<[u32; 4]>,
}

impl PassTokens {
    /// `tokens` are those of all spans; the cache holds `cached` positions.
    pub fn new(tokens: &[u32], spans: &[TokenSpan], cached: usize) -> Result<PassTokens, GpuError> {
        require(!tokens.is_empty() && tokens.len() <= MAX_TOKENS, || {
            format!("{} tokens in a pass", tokens.len())
        })?;
        let total = spans.iter().map(|span| span.len).sum::<usize>();
        require(
            total == tokens.len() && spans.iter().all(|span| span.start <= cached),
            || {
                format!(
                    "{} tokens after {cached} in the spans {spans:?}",
                    tokens.len()
                )
            },
        )?;
        let mut all = PassTokens {
            count: tokens.len(),
            first_slot: cached,
            lag: 0,
            end_position: 0,
            records: Vec::with_capacity(tokens.len()),
        };
        for span in spans {
            let own = cached + all.records.len();
            for position in span.start..span.start + span.len {
                let token = tokens[all.records.len()];
                let record = [position as u32, span.start as u32, own as u32, token];
                all.records.push(record);
            }
            all.lag = all.lag.max(own - span.start);
            all.end_position = all.end_position.max(span.start + span.len);
        }
        Ok(all)
    }

    /// The slot after the last token's.
    pub fn end_slot(&self) -> usize {
        self.first_slot + self.count
    }

    /// How many slots a token sees at most, counted back from the one after its own.
    pub fn reach(&self, window: Option<usize>) -> usize {
        window.map_or(usize::MAX, |window| window.saturating_add(self.lag))
    }
}

/// A length as kernels take it, the largest for all beyond.
pub(crate) fn saturated(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_slots_of_their_own_after_the_cache() {
        let spans = [
            TokenSpan { start: 5, len: 2 },
            TokenSpan { start: 3, len: 1 },
        ];
        let tokens = PassTokens::new(&[7, 8, 9], &spans, 5).unwrap();
        assert_eq!(tokens.records, [[5, 5, 5, 7], [6, 5, 5, 8], [3, 3, 7, 9]]);
        assert_eq!((tokens.end_slot(), tokens.end_position), (8, 7));
        assert_eq!((tokens.reach(Some(2)), tokens.reach(None)), (6, usize::MAX));
    }

    #[test]
    fn spans_must_fit_the_tokens_and_the_cache() {
        let span = |start, len| [TokenSpan { start, len }];
        assert!(PassTokens::new(&[], &span(0, 0), 5).is_err());
        assert!(PassTokens::new(&[1], &span(0, 2), 5).is_err());
        assert!(PassTokens::new(&[1], &span(6, 1), 5).is_err());
        assert!(PassTokens::new(&vec![1; MAX_TOKENS + 1], &span(0, MAX_TOKENS + 1), 5).is_err());
    }
}
