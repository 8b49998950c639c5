// Tiles of 64 tokens by 64 rows, 4 by 4 of them a thread; two blocks of columns a step, exact in int32
// within a block.

const TILE = 64u;
const WORDS = 8u; // of a block

var<workgroup> w_tile: array<u32, 1024>; // [2 blocks][8 words][64 rows]
var<workgroup> x_tile: array<u32, 1024>;
var<workgroup> w_scales: array<vec2<f32>, 128>; // [2 blocks][64 rows]
var<workgroup> x_scales_tile: array<vec2<f32>, 128>;
var<workgroup> w_minimums: array<f32, 128>;

fn load_weights(slot: u32, row: u32, block: u32) {
    var w = Quants();
    if block < args.blocks { w = quants(min(row, args.rows - 1u) * args.blocks + block); }
    let at = slot / TILE * WORDS * TILE + slot % TILE;
    for (var i = 0u; i < 4u; i++) {
        w_tile[at + i * TILE] = w.low[i];
        w_tile[at + (i + 4u) * TILE] = w.high[i];
    }
    w_scales[slot] = w.scale;
    if HAS_MINIMUM { w_minimums[slot] = w.minimum; }
}

fn load_inputs(slot: u32, token: u32, block: u32) {
    var v = InputBlock();
    if block < args.blocks { v = input_block(min(token, args.tokens - 1u) * args.blocks + block); }
    let at = slot / TILE * WORDS * TILE + slot % TILE;
    for (var i = 0u; i < 4u; i++) {
        x_tile[at + i * TILE] = v.low[i];
        x_tile[at + (i + 4u) * TILE] = v.high[i];
    }
    x_scales_tile[slot] = v.scale;
}

// Products of 4 rows and 4 tokens over `count` words.
fn dots_of(first: u32, count: u32, row: u32, token: u32) -> array<vec4<i32>, 4> {
    var dots: array<vec4<i32>, 4>;
    for (var i = first; i < first + count; i++) {
        let at = i * TILE + row;
        let w = vec4<u32>(w_tile[at], w_tile[at + 1u], w_tile[at + 2u], w_tile[at + 3u]);
        for (var t = 0u; t < 4u; t++) {
            let v = x_tile[i * TILE + token + t];
            dots[t] += vec4<i32>(
                dot4I8Packed(w.x, v), dot4I8Packed(w.y, v), dot4I8Packed(w.z, v), dot4I8Packed(w.w, v),
            );
        }
    }
    return dots;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first_row = (args.first_tile + group.x) * TILE;
    let first_token = group.y * TILE;
    let row = lane % 16u * 4u;
    let token = lane / 16u * 4u;
    let slot = lane % 128u;
    var sums: array<vec4<f32>, 4>;
    for (var step = 0u; step < args.blocks; step += 2u) {
        let block = step + slot / TILE;
        if lane < 128u {
            load_weights(slot, first_row + slot % TILE, block);
        } else {
            load_inputs(slot, first_token + slot % TILE, block);
        }
        workgroupBarrier();
        for (var b = 0u; b < 2u; b++) {
            let at = b * TILE + row;
            let scales = array<vec2<f32>, 4>(w_scales[at], w_scales[at + 1u], w_scales[at + 2u], w_scales[at + 3u]);
            let scale = vec4<f32>(scales[0].x, scales[1].x, scales[2].x, scales[3].x);
            if TWO_SCALES {
                let last_scale = vec4<f32>(scales[0].y, scales[1].y, scales[2].y, scales[3].y);
                var dots = dots_of(b * WORDS, 4u, row, token);
                var last_dots = dots_of(b * WORDS + 4u, 4u, row, token);
                for (var t = 0u; t < 4u; t++) {
                    let sum = vec4<f32>(dots[t]) * scale + vec4<f32>(last_dots[t]) * last_scale;
                    sums[t] += sum * x_scales_tile[b * TILE + token + t].x;
                }
            } else {
                var dots = dots_of(b * WORDS, 8u, row, token);
                for (var t = 0u; t < 4u; t++) {
                    sums[t] += vec4<f32>(dots[t]) * scale * x_scales_tile[b * TILE + token + t].x;
                }
            }
            if HAS_MINIMUM {
                let minimum = vec4<f32>(w_minimums[at], w_minimums[at + 1u], w_minimums[at + 2u], w_minimums[at + 3u]);
                for (var t = 0u; t < 4u; t++) { sums[t] += minimum * x_scales_tile[b * TILE + token + t].y; }
            }
        }
        workgroupBarrier();
    }
    for (var t = 0u; t < 4u; t++) {
        for (var r = 0u; r < 4u; r++) { put(first_token + token + t, first_row + row + r, sums[t][r]); }
    }
}
