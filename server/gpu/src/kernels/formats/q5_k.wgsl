// 8 blocks of 32 weights of five bits, with a head of scales and minimums.

@group(0) @binding(0) var<storage, read> bytes: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> fifths: array<u32>;
@group(0) @binding(2) var<storage, read> heads: array<vec4<u32>>;

const TWO_SCALES = false;
const HAS_MINIMUM = true;

fn quants(block: u32) -> Quants {
    let numbers = nibbles(bytes[block]);
    let fifth = fifths[block];
    let scale = k_scale(heads[block / 8u], block & 7u);
    return Quants(
        numbers[0] | fifth_bits(fifth), numbers[1] | fifth_bits(fifth >> 16u),
        vec2<f32>(scale.x), scale.y,
    );
}
