// 32 weights of four bits, and scale and minimum as f16.

@group(0) @binding(0) var<storage, read> bytes: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> scales: array<u32>;

const TWO_SCALES = false;
const HAS_MINIMUM = true;

fn quants(block: u32) -> Quants {
    let numbers = nibbles(bytes[block]);
    let scale = unpack2x16float(scales[block]);
    return Quants(numbers[0], numbers[1], vec2<f32>(scale.x), scale.y);
}
