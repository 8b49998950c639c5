// Root-mean-square norm of a head in workgroup memory, with other weights for queries than for keys.

@group(0) @binding(6) var<storage, read> query_norm: array<f32>;
@group(0) @binding(7) var<storage, read> key_norm: array<f32>;

fn norm_head(is_query: bool, is_value: bool, lane: Lane) {
    var squares = 0.0;
    for (var c = lane.index; c < HEAD_DIM; c += THREADS) { squares += head[c] * head[c]; }
    let factor = 1.0 / sqrt(group_sum(squares, lane) / f32(HEAD_DIM) + args.eps);
    if !is_value {
        for (var c = lane.index; c < HEAD_DIM; c += THREADS) {
            head[c] = head[c] * factor * select(key_norm[c], query_norm[c], is_query);
        }
    }
    workgroupBarrier();
}
