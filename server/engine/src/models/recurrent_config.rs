//! The sizes of recurrent layers, of each kind, and what follows from them.

use crate::recurrent_state::StateShape;

/// The kinds of recurrent layer.
#[derive(Clone, Copy, Debug)]
pub enum RecurrentConfig {
    DeltaNet(DeltaNetConfig),
    Mamba2(Mamba2Config),
    ShortConvolution(ConvolutionConfig),
}

impl RecurrentConfig {
    /// What so many layers remember.
    pub fn state_shape(self, layers: usize) -> StateShape {
        let (convolution, heads) = match self {
            RecurrentConfig::DeltaNet(own) => (own.convolution(), own.values() * own.key_dim),
            RecurrentConfig::Mamba2(own) => (own.convolution(), own.values() * own.key_dim),
            RecurrentConfig::ShortConvolution(own) => (own, 0),
        };
        StateShape {
            layers,
            convolution: (convolution.taps - 1) * convolution.channels,
            heads,
        }
    }
}

/// A causal convolution.
#[derive(Clone, Copy, Debug)]
pub struct ConvolutionConfig {
    pub channels: usize,
    /// Tokens that a result depends on, its own included.
    pub taps: usize,
    /// The weights have an axis of 1 between channels and taps, as folders have it.
    pub has_axis: bool,
}

impl ConvolutionConfig {
    /// The shape of the weights.
    pub fn shape(self) -> Vec<usize> {
        match self.has_axis {
            true => vec![self.channels, 1, self.taps],
            false => vec![self.channels, self.taps],
        }
    }
}

/// A gated DeltaNet.
#[derive(Clone, Copy, Debug)]
pub struct DeltaNetConfig {
    /// Heads of queries and keys.
    pub key_heads: usize,
    /// Heads of values; as many for each key head.
    pub value_heads: usize,
    pub key_dim: usize,
    pub value_dim: usize,
    pub taps: usize,
    /// Whether value heads are in rounds over the key heads, as some GGUFs have them, and not in
    /// a group for each.
    pub are_heads_in_rounds: bool,
    /// Whether the tensors are a folder's: decays are logarithms, and convolutions have an axis
    /// more.
    pub is_folder: bool,
}

impl DeltaNetConfig {
    /// Values of a token's keys, and of its queries.
    pub fn keys(self) -> usize {
        self.key_heads * self.key_dim
    }

    /// Values of a token.
    pub fn values(self) -> usize {
        self.value_heads * self.value_dim
    }

    /// Queries, keys and values of a token.
    pub fn channels(self) -> usize {
        2 * self.keys() + self.values()
    }

    /// The convolution over them.
    pub fn convolution(self) -> ConvolutionConfig {
        ConvolutionConfig {
            channels: self.channels(),
            taps: self.taps,
            has_axis: self.is_folder,
        }
    }

    /// The key head of a value head.
    pub fn key_head(self, value_head: usize) -> usize {
        match self.are_heads_in_rounds {
            true => value_head % self.key_heads,
            false => value_head / (self.value_heads / self.key_heads),
        }
    }
}

/// A Mamba 2 layer.
#[derive(Clone, Copy, Debug)]
pub struct Mamba2Config {
    pub heads: usize,
    pub value_dim: usize,
    /// Values of a key and of a query.
    pub key_dim: usize,
    /// Groups of heads, each of which has one key and one query.
    pub groups: usize,
    pub taps: usize,
}

impl Mamba2Config {
    /// Values of a token.
    pub fn values(self) -> usize {
        self.heads * self.value_dim
    }

    /// The convolution over values, keys and queries.
    pub fn convolution(self) -> ConvolutionConfig {
        ConvolutionConfig {
            channels: self.values() + 2 * self.groups * self.key_dim,
            taps: self.taps,
            has_axis: false,
        }
    }

    /// Rows of the projection: gates, what is convolved, and the heads' step lengths.
    pub fn rows(self) -> usize {
        self.values() + self.convolution().channels + self.heads
    }
}
