// Where products take activations as f32.

fn round_block(block: u32, values: array<vec4<f32>, 8>) {}
