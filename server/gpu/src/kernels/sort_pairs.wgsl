// Sorts pairs of token and expert by expert; one workgroup. Within an expert, their order may be any:
// each pair is computed by itself.

struct Args { pairs: u32, count: u32 }
var<immediate> args: Args;

@group(0) @binding(0) var<storage, read> chosen: array<u32>; // the expert of each pair
// Where the pairs of each expert begin, and where the last ones end; then the pairs.
@group(0) @binding(1) var<storage, read_write> lists: array<u32>;

var<workgroup> places: array<atomic<u32>, EXPERTS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    for (var i = lane; i < args.count; i += THREADS) { atomicStore(&places[i], 0u); }
    workgroupBarrier();
    for (var i = lane; i < args.pairs; i += THREADS) { atomicAdd(&places[chosen[i]], 1u); }
    workgroupBarrier();
    if lane == 0u {
        var begin = 0u;
        for (var i = 0u; i < args.count; i++) {
            let own = atomicLoad(&places[i]);
            atomicStore(&places[i], begin);
            lists[i] = begin;
            begin += own;
        }
        lists[args.count] = begin;
    }
    workgroupBarrier();
    for (var i = lane; i < args.pairs; i += THREADS) {
        let place = atomicAdd(&places[chosen[i]], 1u);
        lists[args.count + 1u + place] = i;
    }
}
