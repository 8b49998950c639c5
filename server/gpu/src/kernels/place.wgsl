// Norms and rotates the queries and keys of each token; queries go to a buffer of their own, keys and
// values as f16 into the cache, [kv head][slot][component]. One workgroup a head and token.

struct Args {
    heads: u32,
    kv_heads: u32,
    first_slot: u32, // the slot of the first token
    capacity: u32,   // slots of a head
    half: u32,       // pairs of components that are rotated
    interleaved: u32,
    eps: f32,
    heat: f32,       // queries are multiplied with 1 + heat * ln(1 + position / heat_length)
    heat_length: u32,
}
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> wide: array<f32>; // [token][query, key and value heads]
@group(0) @binding(1) var<storage, read> tokens: array<vec4<u32>>; // see visible.wgsl
@group(0) @binding(2) var<storage, read> rotation: array<vec2<f32>>; // [position][pair], cosine and sine
@group(0) @binding(3) var<storage, read_write> queries: array<f32>;
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;
@group(0) @binding(5) var<storage, read_write> values: array<u32>;

var<workgroup> head: array<f32, HEAD_DIM>;

// Component `c` of the head, rotated to `position`.
fn rotated(c: u32, position: u32) -> f32 {
    if c >= 2u * args.half { return head[c]; }
    var pair = c % args.half;
    var is_second = c >= args.half;
    var other = select(c + args.half, c - args.half, is_second);
    if args.interleaved != 0u {
        pair = c / 2u;
        is_second = (c & 1u) == 1u;
        other = c ^ 1u;
    }
    let turn = rotation[position * args.half + pair];
    return head[c] * turn.x + select(-head[other], head[other], is_second) * turn.y;
}

fn packed_f16(x: f32, y: f32) -> u32 {
    return pack2x16float(clamp(vec2<f32>(x, y), vec2<f32>(-65504.0), vec2<f32>(65504.0)));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, lane: Lane) {
    let number = group.x;
    let token = group.y;
    let source = (token * (args.heads + 2u * args.kv_heads) + number) * HEAD_DIM;
    for (var c = lane.index; c < HEAD_DIM; c += THREADS) { head[c] = wide[source + c]; }
    workgroupBarrier();
    let is_value = number >= args.heads + args.kv_heads;
    norm_head(number < args.heads, is_value, lane);
    let position = tokens[token].x;
    let kv_head = (number - args.heads) % args.kv_heads;
    let target_pair = (kv_head * args.capacity + args.first_slot + token) * (HEAD_DIM / 2u);
    for (var pair = lane.index; pair < HEAD_DIM / 2u; pair += THREADS) {
        let c = 2u * pair;
        if is_value {
            values[target_pair + pair] = packed_f16(head[c], head[c + 1u]);
        } else if number >= args.heads {
            keys[target_pair + pair] = packed_f16(rotated(c, position), rotated(c + 1u, position));
        } else {
            let at = (token * args.heads + number) * HEAD_DIM + c;
            let factor = 1.0 + args.heat * log(1.0 + f32(position / args.heat_length));
            queries[at] = factor * rotated(c, position);
            queries[at + 1u] = factor * rotated(c + 1u, position);
        }
    }
}
