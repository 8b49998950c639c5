// 32 weights as f16.

@group(0) @binding(0) var<storage, read> halves: array<vec4<u32>>;

fn weights(block: u32) -> array<vec4<f32>, 8> {
    var all: array<vec4<f32>, 8>;
    for (var i = 0u; i < 4u; i++) {
        let eight = halves[4u * block + i];
        all[2u * i] = vec4<f32>(unpack2x16float(eight.x), unpack2x16float(eight.y));
        all[2u * i + 1u] = vec4<f32>(unpack2x16float(eight.z), unpack2x16float(eight.w));
    }
    return all;
}
