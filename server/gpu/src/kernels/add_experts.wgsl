// stream[t] += factor * the sum of what the experts of token t computed, each times its weight.

struct Args { width: u32, used: u32, factor: f32 } // a row's vectors of four
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> results: array<vec4<f32>>; // [token][place][component]
@group(0) @binding(1) var<storage, read> weights: array<f32>;       // [token][place]
@group(0) @binding(2) var<storage, read_write> stream: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= args.width { return; }
    let first = id.y * args.used;
    var sum = vec4<f32>();
    for (var i = first; i < first + args.used; i++) { sum += weights[i] * results[i * args.width + id.x]; }
    stream[id.y * args.width + id.x] += args.factor * sum;
}
