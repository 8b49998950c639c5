// What all products share: out[t][row] = factor * sum over k of x[t][k] * w[row][k], with what is added.

struct Args {
    rows: u32,       // of this part of the matrix
    blocks: u32,     // of 32 columns in a row
    tokens: u32,
    first: u32,      // where the part's rows begin in a row of `out`
    out_width: u32,  // values of a row of `out`
    has_bias: u32,
    adds: u32,       // whether the product is added to what `out` holds
    first_tile: u32, // of rows, where a product for many tokens is cut
    factor: f32,     // of the product and its bias
}
var<immediate> args: Args;

@group(0) @binding(6) var<storage, read_write> out: array<f32>;
@group(0) @binding(7) var<storage, read> bias: array<f32>;

fn put(token: u32, row: u32, sum: f32) {
    if token >= args.tokens || row >= args.rows { return; }
    let at = token * args.out_width + args.first + row;
    var value = sum;
    if args.has_bias != 0u { value += bias[args.first + row]; }
    value *= args.factor;
    if args.adds != 0u { value += out[at]; }
    out[at] = value;
}
