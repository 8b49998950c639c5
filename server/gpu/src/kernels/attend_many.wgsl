// Attention of many tokens: a workgroup has a key/value head and 16 rows, each a token's query of one
// of the GROUP heads that share it. It goes along the slots, KEYS at a time, and corrects its sums
// whenever a larger score comes (online softmax, arXiv 1805.02867). A thread has 2 rows.

struct Args {
    kv_heads: u32,
    tokens: u32,
    first_slot: u32, // the slot of the first token
    capacity: u32,   // slots of a head
    window: u32,
    reach: u32,      // how far back any token sees, from the slot after its own
    scale: f32,
    cap: f32,
}
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> queries: array<vec4<f32>>; // [token][head][component]
@group(0) @binding(1) var<storage, read> keys: array<vec4<u32>>;    // [kv head][slot][component], f16
@group(0) @binding(2) var<storage, read> values: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> tokens: array<vec4<u32>>;  // see visible.wgsl
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>; // [token][head][component]

const ROWS = 16u;
const EIGHTS = HEAD_DIM / 8u;               // vectors of a key
const STRIDE = EIGHTS + 1u;                 // keeps threads off each other's memory banks
const QUERY_STRIDE = 2u * EIGHTS + 1u;
const OWN_KEYS = KEYS / 8u;                 // keys of a thread
const OWN_EIGHTS = (EIGHTS + 7u) / 8u;      // vectors of the result of a thread's row

var<workgroup> query: array<vec4<f32>, ROWS * QUERY_STRIDE>;
var<workgroup> tile: array<vec4<u32>, KEYS * STRIDE>; // keys, then values
var<workgroup> scores: array<f32, ROWS * KEYS>;
var<workgroup> weights: array<f32, ROWS * KEYS>;

// The first vector of a row's query or result.
fn row_start(row: u32, kv_head: u32) -> u32 {
    let head = row / GROUP * args.kv_heads * GROUP + kv_head * GROUP + row % GROUP;
    return head * (HEAD_DIM / 4u);
}

// The largest score of a row, and what was the largest before.
fn larger(row: u32, before: f32) -> f32 {
    var most = before;
    for (var key = 0u; key < KEYS; key++) { most = max(most, scores[row * KEYS + key]); }
    return most;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let kv_head = group.y;
    let first_row = group.x * ROWS;
    let all_rows = args.tokens * GROUP;
    for (var i = lane; i < ROWS * 2u * EIGHTS; i += 64u) {
        let row = i / (2u * EIGHTS);
        let at = i % (2u * EIGHTS);
        let source = row_start(min(first_row + row, all_rows - 1u), kv_head) + at;
        query[row * QUERY_STRIDE + at] = queries[source] * args.scale;
    }
    let column = lane % 8u;
    let own = lane / 8u * 2u; // the first of this thread's rows
    let own_tokens = vec2<u32>(
        min(first_row + own, all_rows - 1u) / GROUP, min(first_row + own + 1u, all_rows - 1u) / GROUP,
    );
    let seen = array<vec4<u32>, 2>(tokens[own_tokens.x], tokens[own_tokens.y]);
    let slots = vec2<u32>(args.first_slot) + own_tokens;
    let heads = kv_head * GROUP + vec2<u32>(first_row + own, first_row + own + 1u) % GROUP;
    var largest = vec2<f32>(sink(heads.x), sink(heads.y));
    var totals = select(vec2<f32>(), vec2<f32>(1.0), largest > vec2<f32>(LOWEST));
    var sums: array<array<vec4<f32>, 2>, 2 * OWN_EIGHTS>; // [row][vector]

    let end = args.first_slot + min(first_row + ROWS - 1u, all_rows - 1u) / GROUP + 1u;
    let next = args.first_slot + first_row / GROUP + 1u;
    let begin = select(0u, next - args.reach, next > args.reach);
    for (var first = begin; first < end; first += KEYS) {
        workgroupBarrier();
        for (var i = lane; i < KEYS * EIGHTS; i += 64u) {
            let slot = min(first + i / EIGHTS, end - 1u);
            let at = i % EIGHTS;
            tile[i / EIGHTS * STRIDE + at] = keys[(kv_head * args.capacity + slot) * EIGHTS + at];
        }
        workgroupBarrier();
        var own_scores: array<vec2<f32>, OWN_KEYS>;
        for (var d = 0u; d < EIGHTS; d++) {
            let at = own * QUERY_STRIDE + 2u * d;
            let one = array<vec4<f32>, 2>(query[at], query[at + 1u]);
            let two = array<vec4<f32>, 2>(query[at + QUERY_STRIDE], query[at + QUERY_STRIDE + 1u]);
            for (var k = 0u; k < OWN_KEYS; k++) {
                let key = eight_f16(tile[(column + 8u * k) * STRIDE + d]);
                own_scores[k] += vec2<f32>(
                    dot(one[0], key[0]) + dot(one[1], key[1]), dot(two[0], key[0]) + dot(two[1], key[1]),
                );
            }
        }
        for (var k = 0u; k < OWN_KEYS; k++) {
            let slot = first + column + 8u * k;
            let sees = vec2<bool>(
                slot < end && is_visible(slot, seen[0], slots.x), slot < end && is_visible(slot, seen[1], slots.y),
            );
            let score = vec2<f32>(capped(own_scores[k].x, args.cap), capped(own_scores[k].y, args.cap));
            own_scores[k] = select(vec2<f32>(LOWEST), score, sees);
            scores[own * KEYS + column + 8u * k] = own_scores[k].x;
            scores[(own + 1u) * KEYS + column + 8u * k] = own_scores[k].y;
        }
        workgroupBarrier();
        let most = vec2<f32>(larger(own, largest.x), larger(own + 1u, largest.y));
        let shrink = exp(largest - most);
        largest = most;
        totals *= shrink;
        for (var i = 0u; i < OWN_EIGHTS; i++) {
            sums[i][0] *= shrink.x;
            sums[i][1] *= shrink.x;
            sums[OWN_EIGHTS + i][0] *= shrink.y;
            sums[OWN_EIGHTS + i][1] *= shrink.y;
        }
        for (var k = 0u; k < OWN_KEYS; k++) {
            let score = own_scores[k];
            let weight = select(vec2<f32>(), exp(score - most), score > vec2<f32>(LOWEST));
            weights[own * KEYS + column + 8u * k] = weight.x;
            weights[(own + 1u) * KEYS + column + 8u * k] = weight.y;
        }
        for (var i = lane; i < KEYS * EIGHTS; i += 64u) {
            let slot = min(first + i / EIGHTS, end - 1u);
            let at = i % EIGHTS;
            tile[i / EIGHTS * STRIDE + at] = values[(kv_head * args.capacity + slot) * EIGHTS + at];
        }
        workgroupBarrier();
        for (var key = 0u; key < KEYS; key++) {
            let weight = vec2<f32>(weights[own * KEYS + key], weights[(own + 1u) * KEYS + key]);
            totals += weight;
            for (var i = 0u; i < OWN_EIGHTS; i++) {
                let value = eight_f16(tile[key * STRIDE + min(column + 8u * i, EIGHTS - 1u)]);
                sums[i][0] += weight.x * value[0];
                sums[i][1] += weight.x * value[1];
                sums[OWN_EIGHTS + i][0] += weight.y * value[0];
                sums[OWN_EIGHTS + i][1] += weight.y * value[1];
            }
        }
    }
    for (var r = 0u; r < 2u; r++) {
        if first_row + own + r >= all_rows { continue; }
        let start = row_start(first_row + own + r, kv_head);
        for (var i = 0u; i < OWN_EIGHTS; i++) {
            let at = column + 8u * i;
            if at >= EIGHTS { continue; }
            out[start + 2u * at] = sums[r * OWN_EIGHTS + i][0] / totals[r];
            out[start + 2u * at + 1u] = sums[r * OWN_EIGHTS + i][1] / totals[r];
        }
    }
}
