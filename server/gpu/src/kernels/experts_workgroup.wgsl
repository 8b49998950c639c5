// A team is a workgroup, on devices without subgroups.

var<workgroup> shares: array<array<f32, SUMS>, THREADS>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let run = run_of(group.y);
    for (var first = group.x * ROWS; first < args.rows; first += groups.x * ROWS) {
        for (var begin = run.begin; begin < run.end; begin += TOKENS) {
            shares[lane] = share(run, begin, first, lane, THREADS);
            workgroupBarrier();
            for (var half = THREADS / 2u; half > 0u; half /= 2u) {
                if lane < half {
                    for (var i = 0u; i < SUMS; i++) { shares[lane][i] += shares[lane + half][i]; }
                }
                workgroupBarrier();
            }
            for (var i = lane; i < SUMS; i += THREADS) {
                put(run, begin + i / ROWS, first + i % ROWS, shares[0][i]);
            }
            workgroupBarrier();
        }
    }
}
