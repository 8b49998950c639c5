// out[t] = factor * the row of the token t of an embedding matrix, or of a part of its rows; one thread
// a block.

struct Args { blocks: u32, tokens: u32, first: u32, rows: u32, factor: f32 }
var<immediate> args: Args;

@group(0) @binding(4) var<storage, read> tokens: array<vec4<u32>>; // see visible.wgsl; w: the token
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let token = id.y;
    // Rows before the part wrap around to large numbers.
    let row = tokens[token].w - args.first;
    if id.x >= args.blocks || row >= args.rows { return; }
    var values = weights(row * args.blocks + id.x);
    for (var i = 0u; i < 8u; i++) { out[8u * (token * args.blocks + id.x) + i] = values[i] * args.factor; }
}
