// inner = activate(wide); one thread a block.

struct Args { blocks: u32 }
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> inner: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= args.blocks { return; }
    let block = id.y * args.blocks + id.x;
    var values: array<vec4<f32>, 8>;
    for (var i = 0u; i < 8u; i++) {
        values[i] = activate(wide[8u * block + i]);
        inner[8u * block + i] = values[i];
    }
    round_block(block, values);
}
