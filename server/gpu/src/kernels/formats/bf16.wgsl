// 32 weights as bf16, the high halves of f32.

@group(0) @binding(0) var<storage, read> halves: array<vec4<u32>>;

fn widened(two: vec2<u32>) -> vec4<f32> {
    let bits = vec4<u32>(two.x << 16u, two.x & 0xffff0000u, two.y << 16u, two.y & 0xffff0000u);
    return bitcast<vec4<f32>>(bits);
}

fn weights(block: u32) -> array<vec4<f32>, 8> {
    var all: array<vec4<f32>, 8>;
    for (var i = 0u; i < 4u; i++) {
        let eight = halves[4u * block + i];
        all[2u * i] = widened(eight.xy);
        all[2u * i + 1u] = widened(eight.zw);
    }
    return all;
}
