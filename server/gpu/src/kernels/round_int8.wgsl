// Rounds blocks of 32 activations to int8, as the CPU does: halves to even, one scale a block.
// With the scale goes the sum of the rounded block, by which the minimums of weights are multiplied.

@group(0) @binding(8) var<storage, read_write> rounded: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> rounded_scales: array<vec2<f32>>;

fn round_block(block: u32, values: array<vec4<f32>, 8>) {
    var x = values;
    var most = vec4<f32>();
    for (var i = 0u; i < 8u; i++) { most = max(most, abs(x[i])); }
    let largest = max(max(most.x, most.y), max(most.z, most.w));
    var inverse = 0.0;
    if largest > 0.0 { inverse = 127.0 / largest; }
    var words: array<u32, 8>;
    var sum = vec4<i32>();
    for (var i = 0u; i < 8u; i++) {
        let numbers = vec4<i32>(round(x[i] * inverse));
        sum += numbers;
        words[i] = pack4xI8(numbers);
    }
    rounded[2u * block] = vec4<u32>(words[0], words[1], words[2], words[3]);
    rounded[2u * block + 1u] = vec4<u32>(words[4], words[5], words[6], words[7]);
    let scale = largest / 127.0;
    rounded_scales[block] = vec2<f32>(scale, f32(sum.x + sum.y + sum.z + sum.w) * scale);
}
