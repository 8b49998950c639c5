// 32 weights as f32.

@group(0) @binding(0) var<storage, read> numbers: array<vec4<f32>>;

fn weights(block: u32) -> array<vec4<f32>, 8> {
    var all: array<vec4<f32>, 8>;
    for (var i = 0u; i < 8u; i++) { all[i] = numbers[8u * block + i]; }
    return all;
}
