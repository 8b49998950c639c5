// Gates and values at once: inner = gated(x * gate^T, x * value^T), rounded too. The first half
// of the rows are gates. A workgroup has a block of 32 columns of `inner`, a subgroup some of these.

struct Args {
    width: u32,  // of inner: half of the rows
    blocks: u32, // of 32 columns in a row
    tokens: u32,
}
var<immediate> args: Args;

@group(0) @binding(6) var<storage, read_write> inner: array<f32>;

const SUMS = 2u * TOKENS;

var<workgroup> results: array<array<f32, 32>, TOKENS>;

// A thread's share of a gate and its value, for all tokens.
fn share(row: u32, lane: u32, lanes: u32) -> array<f32, SUMS> {
    var sums: array<f32, SUMS>;
    for (var block = lane; block < args.blocks; block += lanes) {
        let gate = weight_block(row * args.blocks + block);
        let value = weight_block((args.width + row) * args.blocks + block);
        for (var t = 0u; t < TOKENS; t++) {
            let v = input_block(min(t, args.tokens - 1u) * args.blocks + block);
            sums[2u * t] += block_dot(gate, v);
            sums[2u * t + 1u] += block_dot(value, v);
        }
    }
    return sums;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, lane: Lane) {
    for (var column = lane.subgroup; column < 32u; column += lane.subgroups) {
        var sums = share(32u * group.x + column, lane.in_subgroup, lane.subgroup_size);
        for (var t = 0u; t < TOKENS; t++) {
            let gate = subgroupAdd(sums[2u * t]);
            let value = subgroupAdd(sums[2u * t + 1u]);
            if lane.in_subgroup == 0u {
                results[t][column] = gated(vec4<f32>(gate), vec4<f32>(value)).x;
            }
        }
    }
    workgroupBarrier();
    for (var i = lane.index; i < 32u * args.tokens; i += THREADS) {
        inner[i / 32u * args.width + 32u * group.x + i % 32u] = results[i / 32u][i % 32u];
    }
    if lane.index < args.tokens {
        var values: array<vec4<f32>, 8>;
        for (var i = 0u; i < 8u; i++) {
            let at = 4u * i;
            values[i] = vec4<f32>(
                results[lane.index][at], results[lane.index][at + 1u],
                results[lane.index][at + 2u], results[lane.index][at + 3u],
            );
        }
        round_block(lane.index * (args.width / 32u) + group.x, values);
    }
}
