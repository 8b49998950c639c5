//! The tokens of a pass, and how recurrent layers continue their states with them.

use super::PositionRange;
use crate::kv_cache::KvCache;
use crate::recurrent_state::LayerState;

/// The tokens of a pass.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// Their positions.
    pub ranges: &'a [PositionRange],
    /// Whether they stay in the sequence; else each range is a branch that is only tried.
    pub is_kept: bool,
}

impl Pass<'_> {
    /// Continues the state of a recurrent layer: the cache's own, or a copy for a branch.
    pub fn with_state(&self, cache: &mut KvCache, layer: usize, run: impl FnOnce(&mut LayerState)) {
        match self.is_kept {
            true => run(cache.states().layer(layer)),
            false => run(&mut cache.states().copy_of(layer)),
        }
    }
}

/// ln(1 + e^x).
pub fn softplus(x: f32) -> f32 {
    if x > 20.0 { x } else { x.exp().ln_1p() }
}
