// The product of a block of weights of any format with a block of activations in f32.

@group(0) @binding(4) var<storage, read> x: array<vec4<f32>>;

alias WeightBlock = array<vec4<f32>, 8>;
alias InputBlock = array<vec4<f32>, 8>;

fn weight_block(block: u32) -> WeightBlock { return weights(block); }

fn input_block(block: u32) -> InputBlock {
    var all: InputBlock;
    for (var i = 0u; i < 8u; i++) { all[i] = x[8u * block + i]; }
    return all;
}

fn block_dot(weights_of: WeightBlock, input: InputBlock) -> f32 {
    var w = weights_of;
    var v = input;
    var sum = 0.0;
    for (var i = 0u; i < 8u; i++) { sum += dot(w[i], v[i]); }
    return sum;
}
