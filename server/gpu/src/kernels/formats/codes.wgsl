// 32 weights of four bits, each the number of a value in a table, and a scale as f32 for all of them, or
// one for the first 16 and one for the last. CODES has the table, four signed bytes a word.

@group(0) @binding(0) var<storage, read> bytes: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> scales: array<ScaleOfBlock>;

const HAS_MINIMUM = false;

// The table's value for each of four bytes.
fn looked_up(codes: u32) -> u32 {
    var word = 0u;
    for (var i = 0u; i < 32u; i += 8u) {
        let code = (codes >> i) & 15u;
        word |= ((CODES[code / 4u] >> (8u * (code & 3u))) & 255u) << i;
    }
    return word;
}

fn all_looked_up(codes: vec4<u32>) -> vec4<u32> {
    return vec4<u32>(looked_up(codes.x), looked_up(codes.y), looked_up(codes.z), looked_up(codes.w));
}

fn quants(block: u32) -> Quants {
    let codes = nibbles(bytes[block]);
    return Quants(all_looked_up(codes[0]), all_looked_up(codes[1]), vec2<f32>(scales[block]), 0.0);
}
