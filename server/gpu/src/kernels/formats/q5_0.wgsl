// 32 weights of five bits, 16 more than they mean, and an f16 scale; two scales a word.

@group(0) @binding(0) var<storage, read> bytes: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> fifths: array<u32>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;

const TWO_SCALES = false;
const HAS_MINIMUM = true;

fn quants(block: u32) -> Quants {
    let numbers = nibbles(bytes[block]);
    let fifth = fifths[block];
    let scale = unpack2x16float(scales[block / 2u])[block & 1u];
    return Quants(
        numbers[0] | fifth_bits(fifth), numbers[1] | fifth_bits(fifth >> 16u),
        vec2<f32>(scale), -16.0 * scale,
    );
}
