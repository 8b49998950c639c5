//! What recurrent layers remember of a sequence: a state per layer that replaces itself with each
//! token, so that a sequence can be cut back only to where the states were saved.
//!
//! The KV cache holds the states besides its keys and values. A session saves them where a prompt
//! may be continued in another way; after a cut it restores the nearest ones before it and runs
//! the tokens between again.

/// States that are saved, besides the current ones.
const MAX_CHECKPOINTS: usize = 4;

/// How much the recurrent layers of a decoder remember.
#[derive(Clone, Copy, Debug, Default)]
pub struct StateShape {
    /// Recurrent layers.
    pub layers: usize,
    /// Values that a convolution keeps of the last tokens, `[tokens][channels]`.
    pub convolution: usize,
    /// Values of the states of all heads, `[heads][value][key]`.
    pub heads: usize,
}

impl StateShape {
    /// Bytes of the current and all saved states.
    pub fn bytes(self) -> usize {
        self.layers * (self.convolution + self.heads) * size_of::<f32>() * (MAX_CHECKPOINTS + 1)
    }
}

/// What one recurrent layer remembers.
#[derive(Clone)]
pub struct LayerState {
    /// The inputs of the convolution for the last tokens, the oldest first.
    pub convolution: Vec<f32>,
    /// The states of all heads.
    pub heads: Vec<f32>,
}

struct Checkpoint {
    /// Tokens that precede it.
    len: usize,
    states: Vec<LayerState>,
}

/// The states of all recurrent layers after a number of tokens.
pub struct RecurrentStates {
    now: Vec<LayerState>,
    /// The tokens that they have seen; `None` after a pass that was not completed.
    len: Option<usize>,
    /// In the order of their lengths.
    checkpoints: Vec<Checkpoint>,
}

impl RecurrentStates {
    /// The states before the first token.
    pub fn new(shape: StateShape) -> RecurrentStates {
        let state = LayerState {
            convolution: vec![0.0; shape.convolution],
            heads: vec![0.0; shape.heads],
        };
        RecurrentStates {
            now: vec![state; shape.layers],
            len: Some(0),
            checkpoints: Vec::new(),
        }
    }

    /// Whether there are no recurrent layers.
    pub fn is_empty(&self) -> bool {
        self.now.is_empty()
    }

    /// The current state of a layer. Changing it makes the states unknown until
    /// [`RecurrentStates::set_len`].
    pub fn layer(&mut self, layer: usize) -> &mut LayerState {
        self.len = None;
        &mut self.now[layer]
    }

    /// A copy of the current state of a layer.
    pub fn copy_of(&self, layer: usize) -> LayerState {
        self.now[layer].clone()
    }

    /// Notes that all layers have seen this many tokens.
    pub fn set_len(&mut self, len: usize) {
        self.len = Some(len);
    }

    /// Forgets the states saved after `len` tokens.
    pub fn truncate(&mut self, len: usize) {
        self.checkpoints.retain(|saved| saved.len <= len);
    }

    /// Saves the current states, unless they are saved already.
    pub fn save(&mut self) {
        let Some(len) = self.len.filter(|len| *len > 0 && !self.is_empty()) else {
            return;
        };
        if self.checkpoints.last().is_some_and(|last| last.len >= len) {
            return;
        }
        let mut states = match self.checkpoints.len() {
            MAX_CHECKPOINTS => self.checkpoints.remove(self.most_crowded()).states,
            _ => Vec::new(),
        };
        states.clone_from(&self.now);
        self.checkpoints.push(Checkpoint { len, states });
    }

    /// The checkpoint with the nearest neighbours.
    fn most_crowded(&self) -> usize {
        let len_at = |at: usize| self.checkpoints.get(at).map_or(0, |saved| saved.len);
        let gap = |at: &usize| match at {
            0 => len_at(1),
            at => len_at(at + 1) - len_at(at - 1),
        };
        (0..self.checkpoints.len().saturating_sub(1))
            .min_by_key(gap)
            .unwrap_or(0)
    }

    /// Makes the states those after `len` tokens or, if these are not known, those after the
    /// greatest number before it that is known; returns that number.
    pub fn restore(&mut self, len: usize) -> usize {
        if self.is_empty() || self.len == Some(len) {
            return len;
        }
        let saved = self.checkpoints.iter().rev().find(|saved| saved.len <= len);
        let start = match saved {
            Some(saved) => {
                self.now.clone_from(&saved.states);
                saved.len
            }
            None => {
                for state in &mut self.now {
                    state.convolution.fill(0.0);
                    state.heads.fill(0.0);
                }
                0
            }
        };
        self.len = Some(start);
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: StateShape = StateShape {
        layers: 2,
        convolution: 3,
        heads: 5,
    };

    /// States after so many tokens: every value is that number.
    fn states(lens: &[usize]) -> RecurrentStates {
        let mut states = RecurrentStates::new(SHAPE);
        for &len in lens {
            run_to(&mut states, len);
            states.save();
        }
        states
    }

    fn run_to(states: &mut RecurrentStates, len: usize) {
        for layer in 0..SHAPE.layers {
            states.layer(layer).convolution.fill(len as f32);
            states.layer(layer).heads.fill(len as f32);
        }
        states.set_len(len);
    }

    fn saved(states: &RecurrentStates) -> Vec<usize> {
        states.checkpoints.iter().map(|saved| saved.len).collect()
    }

    #[test]
    fn the_nearest_saved_states_are_restored() {
        let mut states = states(&[10, 20]);
        run_to(&mut states, 25);
        assert_eq!(states.restore(25), 25);
        for (len, restored) in [(24, 20), (20, 20), (19, 10), (9, 0), (30, 20)] {
            states.layer(0);
            assert_eq!(states.restore(len), restored, "{len}");
            assert!(states.copy_of(1).heads == vec![restored as f32; 5]);
        }
        states.truncate(15);
        states.layer(1);
        assert_eq!((states.restore(30), saved(&states)), (10, vec![10]));
    }

    #[test]
    fn checkpoints_stay_spread_over_the_sequence() {
        let mut lens: Vec<usize> = vec![256, 512];
        lens.extend(600..640);
        let states = states(&lens);
        assert_eq!(saved(&states)[..2], [256, 512]);
        assert_eq!(saved(&states).len(), MAX_CHECKPOINTS);
        assert_eq!(saved(&states)[3], 639);
    }

    #[test]
    fn states_of_an_unfinished_pass_are_not_saved() {
        let mut states = states(&[8]);
        states.layer(0).heads.fill(9.0);
        states.save();
        assert_eq!(saved(&states), [8]);
        assert_eq!(states.restore(9), 8);
    }
}
