// Products of chosen experts: out[pair][row] = sum over k of x[input][k] * w[expert][row][k], plus a bias.
// A pair is a token and one of its experts. A team of threads computes ROWS rows for up to TOKENS pairs
// of an expert at a time.

struct Args {
    rows: u32,      // of an expert's matrix
    blocks: u32,    // of 32 columns in a row
    first: u32,     // the number of the part's first row, among the rows of all experts
    part_rows: u32, // rows of this part of the matrix
    out_first: u32, // where the rows begin in a row of `out`
    out_width: u32, // values of a row of `out`
    sharing: u32,   // consecutive pairs that have the same input
    has_bias: u32,
    experts: u32,
}
var<immediate> args: Args;

@group(0) @binding(6) var<storage, read_write> out: array<f32>;
@group(0) @binding(7) var<storage, read> bias: array<f32>; // [expert][row]
@group(0) @binding(8) var<storage, read> lists: array<u32>;

const SUMS = ROWS * TOKENS;

// The pairs of an expert: `begin` to `end` of its list.
struct Run { expert: u32, begin: u32, end: u32 }

// The row of the part that has row `row` of an expert, or one beyond if another part has it.
fn part_row(expert: u32, row: u32) -> u32 {
    return expert * args.rows + row - args.first;
}

fn share(run: Run, begin: u32, first: u32, lane: u32, lanes: u32) -> array<f32, SUMS> {
    var sums: array<f32, SUMS>;
    var inputs: array<u32, TOKENS>;
    for (var t = 0u; t < TOKENS; t++) { inputs[t] = pair_at(min(begin + t, run.end - 1u)) / args.sharing; }
    for (var block = lane; block < args.blocks; block += lanes) {
        var w: array<WeightBlock, ROWS>;
        for (var r = 0u; r < ROWS; r++) {
            let row = part_row(run.expert, min(first + r, args.rows - 1u));
            w[r] = weight_block(select(0u, row, row < args.part_rows) * args.blocks + block);
        }
        for (var t = 0u; t < TOKENS; t++) {
            let v = input_block(inputs[t] * args.blocks + block);
            for (var r = 0u; r < ROWS; r++) { sums[t * ROWS + r] += block_dot(w[r], v); }
        }
    }
    return sums;
}

fn put(run: Run, number: u32, row: u32, sum: f32) {
    if number >= run.end || row >= args.rows || part_row(run.expert, row) >= args.part_rows { return; }
    var value = sum;
    if args.has_bias != 0u { value += bias[run.expert * args.rows + row]; }
    out[pair_at(number) * args.out_width + args.out_first + row] = value;
}
