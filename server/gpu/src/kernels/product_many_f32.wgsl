// Tiles of 64 tokens by 64 rows, 4 by 4 of them a thread; a block of columns a step.

const TILE = 64u;

var<workgroup> w_tile: array<f32, 2048>; // [32 columns][64 rows]
var<workgroup> x_tile: array<f32, 2048>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first_row = (args.first_tile + group.x) * TILE;
    let first_token = group.y * TILE;
    let row = lane % 16u * 4u;
    let token = lane / 16u * 4u;
    let slot = lane % TILE;
    var sums: array<vec4<f32>, 4>;
    for (var block = 0u; block < args.blocks; block++) {
        if lane < TILE {
            var w = weight_block(min(first_row + slot, args.rows - 1u) * args.blocks + block);
            for (var c = 0u; c < 32u; c++) { w_tile[c * TILE + slot] = w[c / 4u][c % 4u]; }
        } else if lane < 2u * TILE {
            var v = input_block(min(first_token + slot, args.tokens - 1u) * args.blocks + block);
            for (var c = 0u; c < 32u; c++) { x_tile[c * TILE + slot] = v[c / 4u][c % 4u]; }
        }
        workgroupBarrier();
        for (var c = 0u; c < 32u; c++) {
            let at = c * TILE + row;
            let w = vec4<f32>(w_tile[at], w_tile[at + 1u], w_tile[at + 2u], w_tile[at + 3u]);
            for (var t = 0u; t < 4u; t++) { sums[t] += w * x_tile[c * TILE + token + t]; }
        }
        workgroupBarrier();
    }
    for (var t = 0u; t < 4u; t++) {
        for (var r = 0u; r < 4u; r++) { put(first_token + token + t, first_row + row + r, sums[t][r]); }
    }
}
