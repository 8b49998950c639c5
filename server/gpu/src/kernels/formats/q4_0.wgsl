// 32 weights of four bits, 8 more than they mean, and an f16 scale; two scales a word.

@group(0) @binding(0) var<storage, read> bytes: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> scales: array<u32>;

const TWO_SCALES = false;
const HAS_MINIMUM = true;

fn quants(block: u32) -> Quants {
    let numbers = nibbles(bytes[block]);
    let scale = unpack2x16float(scales[block / 2u])[block & 1u];
    return Quants(numbers[0], numbers[1], vec2<f32>(scale), -8.0 * scale);
}
