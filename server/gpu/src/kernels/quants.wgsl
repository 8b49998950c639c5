// A block of 32 weights as whole numbers: each weight is number * scale + minimum.
// A format's text defines `quants(block)`, TWO_SCALES and HAS_MINIMUM.

struct Quants {
    low: vec4<u32>,   // weights 0 to 15, four signed bytes a word
    high: vec4<u32>,  // weights 16 to 31
    scale: vec2<f32>, // of the first 16 weights and of the last 16
    minimum: f32,
}

// 16 bytes of two weights each, 16 apart.
fn nibbles(bytes: vec4<u32>) -> array<vec4<u32>, 2> {
    return array<vec4<u32>, 2>(bytes & vec4<u32>(0x0f0f0f0fu), (bytes >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu));
}

// The fifth bits of 16 weights, given by the low 16 bits.
fn fifth_bits(bits: u32) -> vec4<u32> {
    let fours = (vec4<u32>(bits) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u);
    return ((fours * vec4<u32>(0x00204081u)) & vec4<u32>(0x01010101u)) << vec4<u32>(4u);
}

// The fifth and sixth bits of 16 weights.
fn sixth_bits(bits: u32) -> vec4<u32> {
    let eights = (vec4<u32>(bits) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u);
    let spread = (eights & vec4<u32>(3u)) | ((eights & vec4<u32>(12u)) << vec4<u32>(6u))
        | ((eights & vec4<u32>(48u)) << vec4<u32>(12u)) | ((eights & vec4<u32>(192u)) << vec4<u32>(18u));
    return spread << vec4<u32>(4u);
}

// Scale and minimum of one of the 8 blocks of a K-quant: `head` is two f16 and 12 bytes of 6 bits each.
fn k_scale(head: vec4<u32>, block: u32) -> vec2<f32> {
    let shift = 8u * (block & 3u);
    let bytes = (head.yzw >> vec3<u32>(shift)) & vec3<u32>(255u);
    var numbers = bytes.xy & vec2<u32>(63u);
    if block >= 4u {
        numbers = vec2<u32>(bytes.z & 15u, bytes.z >> 4u) | ((bytes.xy >> vec2<u32>(6u)) << vec2<u32>(4u));
    }
    return unpack2x16float(head.x) * vec2<f32>(numbers) * vec2<f32>(1.0, -1.0);
}

fn scaled(word: u32, scale: f32, minimum: f32) -> vec4<f32> {
    return vec4<f32>(unpack4xI8(word)) * scale + minimum;
}

fn weights(block: u32) -> array<vec4<f32>, 8> {
    let w = quants(block);
    return array<vec4<f32>, 8>(
        scaled(w.low.x, w.scale.x, w.minimum), scaled(w.low.y, w.scale.x, w.minimum),
        scaled(w.low.z, w.scale.x, w.minimum), scaled(w.low.w, w.scale.x, w.minimum),
        scaled(w.high.x, w.scale.y, w.minimum), scaled(w.high.y, w.scale.y, w.minimum),
        scaled(w.high.z, w.scale.y, w.minimum), scaled(w.high.w, w.scale.y, w.minimum),
    );
}
