// The TOP largest of each CHUNK logits of a row, ordered, and the sum of e^(logit - largest) of the
// chunk; the CPU puts the chunks together. A workgroup has a chunk of a row, which it sorts (Batcher's
// bitonic sort).

struct Args { vocabulary: u32 }
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> logits: array<f32>;  // [row][vocabulary]
@group(0) @binding(1) var<storage, read> wanted: array<u32>;  // a token of each row
// [row][chunk]: TOP logits, TOP tokens, the sum, and the wanted token's logit if it is in the chunk
@group(0) @binding(2) var<storage, read_write> picked: array<u32>;

var<workgroup> values: array<f32, CHUNK>;
var<workgroup> ids: array<u32, CHUNK>;

// Whether the entry at `i` is to be before the one at `j`: larger logits first, then lower tokens.
fn is_before(i: u32, j: u32) -> bool {
    return values[i] > values[j] || (values[i] == values[j] && ids[i] < ids[j]);
}

fn swap(i: u32, j: u32) {
    let value = values[i];
    let id = ids[i];
    values[i] = values[j];
    ids[i] = ids[j];
    values[j] = value;
    ids[j] = id;
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    lane: Lane,
) {
    let row = group.y;
    let first = group.x * CHUNK;
    for (var i = lane.index; i < CHUNK; i += THREADS) {
        let token = first + i;
        values[i] = LOWEST;
        ids[i] = token;
        if token < args.vocabulary { values[i] = logits[row * args.vocabulary + token]; }
    }
    workgroupBarrier();
    for (var size = 2u; size <= CHUNK; size *= 2u) {
        for (var step = size / 2u; step > 0u; step /= 2u) {
            for (var pair = lane.index; pair < CHUNK / 2u; pair += THREADS) {
                let i = 2u * step * (pair / step) + pair % step;
                let j = i + step;
                if is_before(j, i) == ((i & size) == 0u) { swap(i, j); }
            }
            workgroupBarrier();
        }
    }
    var own = 0.0;
    for (var i = lane.index; i < CHUNK; i += THREADS) { own += exp(values[i] - values[0]); }
    let sum = group_sum(own, lane);
    let start = (row * groups.x + group.x) * (2u * TOP + 2u);
    for (var i = lane.index; i < TOP; i += THREADS) {
        picked[start + i] = bitcast<u32>(values[i]);
        picked[start + TOP + i] = ids[i];
    }
    if lane.index == 0u {
        let token = wanted[row];
        picked[start + 2u * TOP] = bitcast<u32>(sum);
        if token - first < CHUNK && token < args.vocabulary {
            picked[start + 2u * TOP + 1u] = bitcast<u32>(logits[row * args.vocabulary + token]);
        }
    }
}
