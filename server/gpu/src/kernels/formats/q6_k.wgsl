// 32 weights of six bits, 32 more than they mean; a word has the signed bytes that scale the first and
// the last 16 of them, and the f16 that scales both.

@group(0) @binding(0) var<storage, read> bytes: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> sixths: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;

const TWO_SCALES = true;
const HAS_MINIMUM = false;

// 32 less in each byte, none of which is above 63.
fn less_32(bytes: vec4<u32>) -> vec4<u32> {
    let tops = vec4<u32>(0x80808080u);
    return ((bytes | tops) - vec4<u32>(0x20202020u)) ^ tops;
}

fn quants(block: u32) -> Quants {
    let numbers = nibbles(bytes[block]);
    let sixth = sixths[block];
    let own = vec2<f32>(unpack4xI8(scales[block]).xy);
    return Quants(
        less_32(numbers[0] | sixth_bits(sixth.x)), less_32(numbers[1] | sixth_bits(sixth.y)),
        own * unpack2x16float(scales[block]).y, 0.0,
    );
}
