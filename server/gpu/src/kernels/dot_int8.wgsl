// The product of a block of quantised weights with a block of rounded activations.

@group(0) @binding(4) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read> x_scales: array<vec2<f32>>;

alias WeightBlock = Quants;

struct InputBlock {
    low: vec4<u32>,
    high: vec4<u32>,
    scale: vec2<f32>, // and the block's sum
}

fn weight_block(block: u32) -> WeightBlock { return quants(block); }

fn input_block(block: u32) -> InputBlock {
    return InputBlock(x[2u * block], x[2u * block + 1u], x_scales[block]);
}

fn dot_16(w: vec4<u32>, v: vec4<u32>) -> i32 {
    return dot4I8Packed(w.x, v.x) + dot4I8Packed(w.y, v.y) + dot4I8Packed(w.z, v.z) + dot4I8Packed(w.w, v.w);
}

fn block_dot(w: WeightBlock, v: InputBlock) -> f32 {
    let first = dot_16(w.low, v.low);
    let last = dot_16(w.high, v.high);
    var sum: f32;
    if TWO_SCALES {
        sum = f32(first) * w.scale.x + f32(last) * w.scale.y;
    } else {
        sum = f32(first + last) * w.scale.x;
    }
    sum *= v.scale.x;
    if HAS_MINIMUM { sum += w.minimum * v.scale.y; }
    return sum;
}
