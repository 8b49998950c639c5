// inner = gated(gate, value), where a row of `wide` is gates, then values; one thread a block.

struct Args { blocks: u32 }
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> inner: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = id.z * groups.y + id.y;
    if id.x >= args.blocks { return; }
    var values: array<vec4<f32>, 8>;
    for (var i = 0u; i < 8u; i++) {
        let at = 8u * (2u * row * args.blocks + id.x) + i;
        values[i] = gated(wide[at], wide[at + 8u * args.blocks]);
        inner[8u * (row * args.blocks + id.x) + i] = values[i];
    }
    round_block(row * args.blocks + id.x, values);
}
