// 32 signed bytes and an f16 scale; two scales a word.

@group(0) @binding(0) var<storage, read> bytes: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> scales: array<u32>;

const TWO_SCALES = false;
const HAS_MINIMUM = false;

fn quants(block: u32) -> Quants {
    let scale = unpack2x16float(scales[block / 2u])[block & 1u];
    return Quants(bytes[2u * block], bytes[2u * block + 1u], vec2<f32>(scale), 0.0);
}
