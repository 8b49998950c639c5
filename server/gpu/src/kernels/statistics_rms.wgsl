// Root-mean-square norm: no mean is subtracted, and nothing is added. arXiv 1910.07467.

// Of a row of `count` vectors from `first` on: what is subtracted and what the rest is multiplied with.
fn statistics(first: u32, count: u32, lane: Lane) -> vec2<f32> {
    var squares = 0.0;
    for (var i = lane.index; i < count; i += THREADS) { squares += dot(x[first + i], x[first + i]); }
    let mean = group_sum(squares, lane) / f32(4u * count);
    return vec2<f32>(0.0, 1.0 / sqrt(mean + args.eps));
}

fn shift(at: u32) -> vec4<f32> { return vec4<f32>(); }
