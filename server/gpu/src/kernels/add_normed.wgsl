// stream += factor * the norm of rows; one workgroup a row.

struct Args { blocks: u32, eps: f32, factor: f32 }
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> stream: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, lane: Lane) {
    let count = 8u * args.blocks;
    let first = group.x * count;
    let row = statistics(first, count, lane);
    for (var i = lane.index; i < count; i += THREADS) {
        let normed = (x[first + i] - row.x) * row.y * weight[i] + shift(i);
        stream[first + i] += args.factor * normed;
    }
}
