// Limits logits softly (arXiv 2408.00118, section 2).

struct Args { width: u32, cap: f32 }
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= args.width { return; }
    let at = id.y * args.width + id.x;
    logits[at] = capped(logits[at], args.cap);
}
