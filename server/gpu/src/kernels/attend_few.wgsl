// Attention of few tokens: a workgroup has a token, a key/value head with the GROUP query heads that
// share it, and SPAN slots of the cache. `merge.wgsl` puts the spans together. arXiv 2205.14135.

struct Args {
    kv_heads: u32,
    first_slot: u32, // the slot of the first token
    begin: u32,      // the first slot that any token sees
    end: u32,        // the slot after the last one
    capacity: u32,   // slots of a head
    window: u32,
    scale: f32,
    cap: f32,
}
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> queries: array<vec4<f32>>; // [token][head][component]
@group(0) @binding(1) var<storage, read> keys: array<vec4<u32>>;    // [kv head][slot][component], f16
@group(0) @binding(2) var<storage, read> values: array<u32>;
@group(0) @binding(3) var<storage, read> tokens: array<vec4<u32>>;  // see visible.wgsl
// [token][head][span]: the weighted sum of the values, then the largest score and the sum of weights
@group(0) @binding(4) var<storage, read_write> spans: array<f32>;

var<workgroup> query: array<vec4<f32>, GROUP * HEAD_DIM / 4u>;
var<workgroup> scores: array<f32, GROUP * SPAN>;
var<workgroup> largest: array<atomic<i32>, GROUP>;

// A whole number that is ordered as the f32 is, and back.
fn ordered(x: f32) -> i32 {
    let bits = bitcast<i32>(x);
    return select(bits, bits ^ 0x7fffffff, bits < 0);
}

fn unordered(number: i32) -> f32 {
    return bitcast<f32>(select(number, number ^ 0x7fffffff, number < 0));
}

fn score_slot(kv_head: u32, slot: u32) -> array<f32, GROUP> {
    var sums: array<f32, GROUP>;
    for (var d = 0u; d < HEAD_DIM / 8u; d++) {
        let key = eight_f16(keys[(kv_head * args.capacity + slot) * (HEAD_DIM / 8u) + d]);
        for (var g = 0u; g < GROUP; g++) {
            let at = g * (HEAD_DIM / 4u) + 2u * d;
            sums[g] += dot(query[at], key[0]) + dot(query[at + 1u], key[1]);
        }
    }
    return sums;
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let kv_head = group.x;
    let span = group.y;
    let token = group.z;
    let first_head = token * args.kv_heads * GROUP + kv_head * GROUP;
    for (var i = lane; i < GROUP * HEAD_DIM / 4u; i += THREADS) {
        query[i] = queries[first_head * (HEAD_DIM / 4u) + i] * args.scale;
    }
    for (var g = lane; g < GROUP; g += THREADS) { atomicStore(&largest[g], ordered(LOWEST)); }
    workgroupBarrier();

    let first_slot = args.begin + span * SPAN;
    let count = min(SPAN, args.end - first_slot);
    for (var i = lane; i < count; i += THREADS) {
        var own: array<f32, GROUP>;
        let sees = is_visible(first_slot + i, tokens[token], args.first_slot + token);
        if sees { own = score_slot(kv_head, first_slot + i); }
        for (var g = 0u; g < GROUP; g++) {
            let score = select(LOWEST, capped(own[g], args.cap), sees);
            scores[g * SPAN + i] = score;
            atomicMax(&largest[g], ordered(score));
        }
    }
    workgroupBarrier();

    for (var g = 0u; g < GROUP; g++) {
        let most = unordered(atomicLoad(&largest[g]));
        for (var i = lane; i < count; i += THREADS) {
            let score = scores[g * SPAN + i];
            scores[g * SPAN + i] = select(0.0, exp(score - most), score > LOWEST);
        }
    }
    workgroupBarrier();

    for (var d = lane; d < HEAD_DIM / 2u; d += THREADS) {
        var sums: array<vec2<f32>, GROUP>;
        var totals: array<f32, GROUP>;
        for (var i = 0u; i < count; i++) {
            let at = (kv_head * args.capacity + first_slot + i) * (HEAD_DIM / 2u) + d;
            let value = unpack2x16float(values[at]);
            for (var g = 0u; g < GROUP; g++) {
                let weight = scores[g * SPAN + i];
                sums[g] += weight * value;
                totals[g] += weight;
            }
        }
        for (var g = 0u; g < GROUP; g++) {
            let at = ((first_head + g) * groups.y + span) * (HEAD_DIM + 2u);
            spans[at + 2u * d] = sums[g].x;
            spans[at + 2u * d + 1u] = sums[g].y;
            if d == 0u {
                spans[at + HEAD_DIM] = unordered(atomicLoad(&largest[g]));
                spans[at + HEAD_DIM + 1u] = totals[g];
            }
        }
    }
}
