// Norm of rows, as f32 and rounded; one workgroup a row.

struct Args { blocks: u32, first_row: u32, eps: f32 }
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> normed: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, lane: Lane) {
    let count = 8u * args.blocks;
    let source = (args.first_row + group.x) * count;
    let row = statistics(source, count, lane);
    for (var block = lane.index; block < args.blocks; block += THREADS) {
        var values: array<vec4<f32>, 8>;
        for (var i = 0u; i < 8u; i++) {
            let at = 8u * block + i;
            values[i] = (x[source + at] - row.x) * row.y * weight[at] + shift(at);
            normed[group.x * count + at] = values[i];
        }
        round_block(group.x * args.blocks + block, values);
    }
}
