// Which experts compute a token, and with which weights (arXiv 1701.06538); one workgroup a token.
// Of equal ones, the first is chosen.

struct Args {
    count: u32,         // experts
    used: u32,          // experts of a token, 64 at most
    kind: u32,          // 0: softmax over all, 1: over the chosen ones, 2: the logistic function of each
    has_bias: u32,
    is_normalized: u32, // weights are divided by their sum
    factor: f32,        // of the weights
}
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> scores: array<f32>; // [token][expert]
@group(0) @binding(1) var<storage, read> bias: array<f32>;   // added to weights when experts are chosen
@group(0) @binding(2) var<storage, read_write> chosen: array<u32>; // [token][place]
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

// The least sum by which weights are divided.
const LEAST = 6.1035156e-5;

var<workgroup> values: array<f32, EXPERTS>;
var<workgroup> ranks: array<f32, EXPERTS>; // by which experts are chosen
var<workgroup> best: array<f32, THREADS>;
var<workgroup> best_ids: array<u32, THREADS>;
var<workgroup> taken: array<f32, 64>;

// The expert of the largest rank, for all threads.
fn first_ranked(lane: u32) -> u32 {
    var id = args.count;
    var most = LOWEST;
    for (var i = lane; i < args.count; i += THREADS) {
        if ranks[i] > most || id == args.count {
            most = ranks[i];
            id = i;
        }
    }
    best[lane] = most;
    best_ids[lane] = id;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if lane < half && best_ids[lane + half] < args.count {
            let other = lane + half;
            let is_less = best[lane] < best[other];
            let is_later = best[lane] == best[other] && best_ids[other] < best_ids[lane];
            if best_ids[lane] >= args.count || is_less || is_later {
                best[lane] = best[other];
                best_ids[lane] = best_ids[other];
            }
        }
        workgroupBarrier();
    }
    return min(best_ids[0], args.count - 1u);
}

// The sum over the workgroup, for all threads.
fn sum_of(own: f32, lane: u32) -> f32 {
    best[lane] = own;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if lane < half { best[lane] += best[lane + half]; }
        workgroupBarrier();
    }
    return best[0];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let source = group.x * args.count;
    for (var i = lane; i < args.count; i += THREADS) {
        var value = scores[source + i];
        if args.kind == 2u { value = 1.0 / (1.0 + exp(-value)); }
        values[i] = value;
        ranks[i] = value;
    }
    workgroupBarrier();
    if args.kind == 0u {
        let most = values[first_ranked(lane)];
        workgroupBarrier();
        var own = 0.0;
        for (var i = lane; i < args.count; i += THREADS) {
            values[i] = exp(values[i] - most);
            own += values[i];
        }
        let sum = sum_of(own, lane);
        for (var i = lane; i < args.count; i += THREADS) {
            values[i] /= sum;
            ranks[i] = values[i];
        }
        workgroupBarrier();
    }
    if args.has_bias != 0u {
        for (var i = lane; i < args.count; i += THREADS) { ranks[i] += bias[i]; }
        workgroupBarrier();
    }
    for (var place = 0u; place < args.used; place++) {
        let expert = first_ranked(lane);
        workgroupBarrier();
        if lane == 0u {
            chosen[group.x * args.used + place] = expert;
            taken[place] = values[expert];
            ranks[expert] = LOWEST;
        }
        workgroupBarrier();
    }
    if lane != 0u { return; }
    if args.kind == 1u {
        let most = taken[0];
        var sum = 0.0;
        for (var i = 0u; i < args.used; i++) {
            taken[i] = exp(taken[i] - most);
            sum += taken[i];
        }
        for (var i = 0u; i < args.used; i++) { taken[i] /= sum; }
    }
    var sum = 1.0;
    if args.is_normalized != 0u {
        sum = 0.0;
        for (var i = 0u; i < args.used; i++) { sum += taken[i]; }
        sum = max(sum, LEAST);
    }
    for (var i = 0u; i < args.used; i++) {
        weights[group.x * args.used + i] = taken[i] / sum * args.factor;
    }
}
