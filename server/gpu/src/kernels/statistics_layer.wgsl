// Layer norm. arXiv 1607.06450.

@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;

// Of a row of `count` vectors from `first` on: what is subtracted and what the rest is multiplied with.
fn statistics(first: u32, count: u32, lane: Lane) -> vec2<f32> {
    var sum = vec4<f32>();
    for (var i = lane.index; i < count; i += THREADS) { sum += x[first + i]; }
    let mean = group_sum(dot(sum, vec4<f32>(1.0)), lane) / f32(4u * count);
    workgroupBarrier();
    var squares = 0.0;
    for (var i = lane.index; i < count; i += THREADS) {
        let rest = x[first + i] - mean;
        squares += dot(rest, rest);
    }
    let variance = group_sum(squares, lane) / f32(4u * count);
    return vec2<f32>(mean, 1.0 / sqrt(variance + args.eps));
}

fn shift(at: u32) -> vec4<f32> { return bias[at]; }
