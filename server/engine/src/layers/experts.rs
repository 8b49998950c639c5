//! A mixture of experts (arXiv 1701.06538): a gate chooses a few feed-forward layers for each
//! token, whose results are added with the gate's weights. Only chosen experts are computed.

use super::mlp::MlpBuffers;
use super::{Device, Linear, Matrix, Mlp, Scratch};
use crate::error::check_cancelled;
use crate::files::Tensors;
use crate::models::{Bias, Config, ExpertGate, ExpertsConfig};
use crate::{LoadError, RunError, Weights};
use kernels::elementwise;

/// Keeps the sum of a token's weights from being zero when they are divided by it, as llama.cpp
/// does.
const LEAST_WEIGHT_SUM: f32 = 6.103_515_6e-5;

/// Experts that are read ahead: all that one token uses, and no more of a long prompt than fit into
/// memory.
const AHEAD: usize = 16;

/// The gate, the experts, and perhaps one that computes every token.
pub struct Experts {
    config: ExpertsConfig,
    /// Scores of all experts; exact, because a rounded score may choose another expert.
    gate: Linear,
    /// Added to weights when experts are chosen; empty for none.
    selection_bias: Vec<f32>,
    experts: Vec<Mlp>,
    shared: Option<Mlp>,
    /// The gate of the shared expert's result; empty where there is none.
    shared_gate: Vec<f32>,
    hidden: usize,
    /// Whether chosen experts are read ahead: not all fit into memory.
    reads_ahead: bool,
}

/// A token that an expert computes.
struct Assignment {
    expert: usize,
    token: usize,
    weight: f32,
}

impl Experts {
    /// Reads `ffn_gate_inp`, `ffn_gate_exps`, `ffn_up_exps`, `ffn_down_exps` and perhaps the parts
    /// that end in `_shexp` under `name`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        config: &Config,
        experts: ExpertsConfig,
        weights: Weights,
    ) -> Result<Experts, LoadError> {
        let hidden = config.hidden_size;
        let gate = format!("{name}.ffn_gate_inp");
        let selection_bias = match experts.has_selection_bias {
            true => tensors.vector(&format!("{name}.exp_probs_b.bias"), experts.count)?,
            false => Vec::new(),
        };
        let shared = match experts.shared_width {
            0 => None,
            width => Some(Mlp::load(tensors, name, "_shexp", config, width, weights)?),
        };
        let shared_gate = match experts.is_shared_gated {
            true => tensors
                .get(
                    &format!("{name}.ffn_gate_inp_shexp.weight"),
                    &experts.shared_gate_shape(hidden),
                )?
                .to_f32()?,
            false => Vec::new(),
        };
        let all = load_all(tensors, name, config, experts, weights)?;
        let reads_ahead = tensors.packing.is_partial();
        if reads_ahead {
            let matrices = all.iter().flat_map(Mlp::matrices);
            matrices.for_each(Matrix::set_random_access);
        }
        Ok(Experts {
            config: experts,
            gate: Linear::load(tensors, &[(&gate, experts.count)], hidden, Weights::Exact)?,
            selection_bias,
            experts: all,
            shared,
            shared_gate,
            hidden,
            reads_ahead,
        })
    }

    /// All of its packed matrices.
    pub fn matrices(&self) -> Vec<&Matrix> {
        let all = self.experts.iter().chain(&self.shared);
        all.flat_map(Mlp::matrices).collect()
    }

    /// Reads `scratch.normed`, leaves the result in `scratch.out`.
    pub fn forward(&self, device: &Device, scratch: &mut Scratch) -> Result<(), RunError> {
        let assignments = self.assign(device, scratch)?;
        match &self.shared {
            Some(shared) => {
                shared.forward(device, scratch)?;
                self.gate_shared(device, scratch);
            }
            None => {
                scratch.out.clear();
                scratch.out.resize(scratch.normed.len(), 0.0);
            }
        }
        let mut chosen: Vec<usize> = assignments.iter().map(|a| a.expert).collect();
        chosen.dedup();
        self.read_ahead(chosen.iter().take(AHEAD));
        let runs = assignments.chunk_by(|a, b| a.expert == b.expert);
        for (number, tokens) in runs.enumerate() {
            check_cancelled(device.cancel)?;
            self.read_ahead(chosen.get(number + AHEAD));
            self.add_expert(device, tokens, scratch)?;
        }
        Ok(())
    }

    /// Multiplies the result of the shared expert with its gate.
    fn gate_shared(&self, device: &Device, scratch: &mut Scratch) {
        if self.shared_gate.is_empty() {
            return;
        }
        let Scratch { normed, out, .. } = scratch;
        let rows = normed.chunks_exact(self.hidden);
        for (row, out) in rows.zip(out.chunks_exact_mut(self.hidden)) {
            let score: f32 = row.iter().zip(&self.shared_gate).map(|(x, w)| x * w).sum();
            elementwise::scale(device.isa, out, 1.0 / (1.0 + (-score).exp()));
        }
    }

    /// Has these experts read from the disk, all at once, where they may not be in memory: a page
    /// fault would wait for each page by itself.
    fn read_ahead<'a>(&self, experts: impl IntoIterator<Item = &'a usize>) {
        if self.reads_ahead {
            let experts = experts.into_iter().filter_map(|&at| self.experts.get(at));
            experts.flat_map(Mlp::matrices).for_each(Matrix::read_ahead);
        }
    }

    /// Which experts compute which tokens, by expert.
    fn assign(&self, device: &Device, scratch: &mut Scratch) -> Result<Vec<Assignment>, RunError> {
        let Scratch {
            activations,
            normed,
            wide: scores,
            ..
        } = scratch;
        self.gate.forward(device, normed, scores, activations)?;
        let mut all = Vec::with_capacity(normed.len() / self.hidden * self.config.used);
        for (token, scores) in scores.chunks_exact(self.config.count).enumerate() {
            all.extend(
                self.choose(scores)
                    .into_iter()
                    .map(|(expert, weight)| Assignment {
                        expert,
                        token,
                        weight,
                    }),
            );
        }
        all.sort_by_key(|assignment| assignment.expert);
        Ok(all)
    }

    /// The experts of one token and their weights.
    fn choose(&self, scores: &[f32]) -> Vec<(usize, f32)> {
        let weights = match self.config.gate {
            ExpertGate::Softmax => softmax(scores),
            ExpertGate::SoftmaxOfChosen => scores.to_vec(),
            ExpertGate::Sigmoid => scores.iter().map(|s| 1.0 / (1.0 + (-s).exp())).collect(),
        };
        let bias = |expert: usize| self.selection_bias.get(expert).copied().unwrap_or(0.0);
        let mut order: Vec<usize> = (0..weights.len()).collect();
        // A stable sort: of equal ones, the first is chosen.
        order.sort_by(|&a, &b| (weights[b] + bias(b)).total_cmp(&(weights[a] + bias(a))));
        order.truncate(self.config.used);
        let mut chosen: Vec<f32> = order.iter().map(|&expert| weights[expert]).collect();
        if self.config.gate == ExpertGate::SoftmaxOfChosen {
            chosen = softmax(&chosen);
        }
        let sum = match self.config.is_normalized {
            true => chosen.iter().sum::<f32>().max(LEAST_WEIGHT_SUM),
            false => 1.0,
        };
        let scaled = chosen.into_iter().map(|w| w / sum * self.config.scale);
        order.into_iter().zip(scaled).collect()
    }

    /// Adds what one expert computes for its tokens to `scratch.out`.
    fn add_expert(
        &self,
        device: &Device,
        tokens: &[Assignment],
        scratch: &mut Scratch,
    ) -> Result<(), RunError> {
        let Some(expert) = tokens.first().and_then(|t| self.experts.get(t.expert)) else {
            return Ok(());
        };
        let Scratch {
            activations,
            normed,
            wide,
            inner,
            out,
            head: gathered,
            product,
            ..
        } = scratch;
        gathered.clear();
        for Assignment { token, .. } in tokens {
            gathered.extend_from_slice(&normed[token * self.hidden..][..self.hidden]);
        }
        let buffers = MlpBuffers {
            activations,
            wide,
            inner,
        };
        expert.forward_rows(device, gathered, product, buffers)?;
        for (result, Assignment { token, weight, .. }) in
            product.chunks_exact(self.hidden).zip(tokens)
        {
            let out = &mut out[token * self.hidden..][..self.hidden];
            elementwise::add_scaled(device.isa, out, result, *weight);
        }
        Ok(())
    }
}

/// The feed-forward layers of all experts.
fn load_all(
    tensors: &Tensors,
    name: &str,
    config: &Config,
    experts: ExpertsConfig,
    weights: Weights,
) -> Result<Vec<Mlp>, LoadError> {
    let hidden = config.hidden_size;
    let biases = ExpertBiases::load(tensors, name, experts, hidden)?;
    let expert = |expert: usize| {
        let part = |part: &str, shape: [usize; 2]| {
            let name = format!("{name}.ffn_{part}_exps");
            tensors.expert(&name, [expert, experts.count], shape)
        };
        let gate = part("gate", [experts.width, hidden])?;
        let up = part("up", [experts.width, hidden])?;
        let down = part("down", [hidden, experts.width])?;
        let label = |part: &str| format!("{name}.ffn_{part}_exps.{expert}");
        let wide = Matrix::of_tensors(tensors, label("gate_up"), &[gate, up], weights)?;
        let down = Matrix::of_tensors(tensors, label("down"), &[down], weights)?;
        let (of_wide, of_down) = biases.of(expert);
        let wide = Linear::of_parts(wide, of_wide);
        let down = Linear::of_parts(down, of_down);
        Ok(Mlp::of_parts(wide, down, experts.width, config))
    };
    (0..experts.count).map(expert).collect()
}

/// The biases of all experts, `[expert][width]` each; empty where there are none.
struct ExpertBiases {
    gate: Vec<f32>,
    up: Vec<f32>,
    down: Vec<f32>,
    width: usize,
    hidden: usize,
}

impl ExpertBiases {
    fn load(
        tensors: &Tensors,
        name: &str,
        experts: ExpertsConfig,
        hidden: usize,
    ) -> Result<ExpertBiases, LoadError> {
        let part = |part: &str, len: usize| {
            let name = format!("{name}.ffn_{part}_exps.bias");
            if experts.bias == Bias::Never {
                return Ok(Vec::new());
            }
            tensors.get(&name, &[experts.count, len])?.to_f32()
        };
        Ok(ExpertBiases {
            gate: part("gate", experts.width)?,
            up: part("up", experts.width)?,
            down: part("down", hidden)?,
            width: experts.width,
            hidden,
        })
    }

    /// The biases of an expert's two matrices.
    fn of(&self, expert: usize) -> (Option<Vec<f32>>, Option<Vec<f32>>) {
        let part =
            |all: &[f32], len: usize| Some(all.get(expert * len..(expert + 1) * len)?.to_vec());
        let gate = part(&self.gate, self.width);
        let up = part(&self.up, self.width);
        let wide = gate.zip(up).map(|(gate, up)| [gate, up].concat());
        (wide, part(&self.down, self.hidden))
    }
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}
