// Puts the spans of `attend_few.wgsl` together, and rounds; one workgroup a head and token.

struct Args { heads: u32, spans: u32 }
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> spans: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>; // [token][head][component]

var<workgroup> head: array<f32, HEAD_DIM>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let number = group.y * args.heads + group.x;
    let width = HEAD_DIM + 2u;
    let first = number * args.spans * width;
    let nothing = sink(group.x);
    var largest = nothing;
    for (var i = 0u; i < args.spans; i++) { largest = max(largest, spans[first + i * width + HEAD_DIM]); }
    for (var c = lane; c < HEAD_DIM; c += THREADS) {
        var sum = 0.0;
        var total = select(0.0, exp(nothing - largest), nothing > LOWEST);
        for (var i = 0u; i < args.spans; i++) {
            let at = first + i * width;
            let weight = exp(spans[at + HEAD_DIM] - largest);
            sum += weight * spans[at + c];
            total += weight * spans[at + HEAD_DIM + 1u];
        }
        head[c] = sum / total;
        out[number * HEAD_DIM + c] = head[c];
    }
    workgroupBarrier();
    for (var block = lane; block < HEAD_DIM / 32u; block += THREADS) {
        var values: array<vec4<f32>, 8>;
        for (var i = 0u; i < 8u; i++) {
            let c = 32u * block + 4u * i;
            values[i] = vec4<f32>(head[c], head[c + 1u], head[c + 2u], head[c + 3u]);
        }
        round_block(number * (HEAD_DIM / 32u) + block, values);
    }
}
