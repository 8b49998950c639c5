// A team of threads computes ROWS rows for all tokens, TOKENS at most: each thread takes its share of
// the blocks, then the team sums. Any number of teams is right: each goes on with later rows.

const SUMS = ROWS * TOKENS;

fn share(first: u32, lane: u32, lanes: u32) -> array<f32, SUMS> {
    var sums: array<f32, SUMS>;
    for (var block = lane; block < args.blocks; block += lanes) {
        var w: array<WeightBlock, ROWS>;
        for (var r = 0u; r < ROWS; r++) {
            w[r] = weight_block(min(first + r, args.rows - 1u) * args.blocks + block);
        }
        for (var t = 0u; t < TOKENS; t++) {
            let v = input_block(min(t, args.tokens - 1u) * args.blocks + block);
            for (var r = 0u; r < ROWS; r++) { sums[t * ROWS + r] += block_dot(w[r], v); }
        }
    }
    return sums;
}
