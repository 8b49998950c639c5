// A team is a subgroup: no workgroup memory and no barrier.

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    lane: Lane,
) {
    let run = run_of(group.y);
    let step = groups.x * lane.subgroups * ROWS;
    for (var first = (group.x * lane.subgroups + lane.subgroup) * ROWS; first < args.rows; first += step) {
        for (var begin = run.begin; begin < run.end; begin += TOKENS) {
            var sums = share(run, begin, first, lane.in_subgroup, lane.subgroup_size);
            for (var i = 0u; i < SUMS; i++) {
                let sum = subgroupAdd(sums[i]);
                if lane.in_subgroup == 0u { put(run, begin + i / ROWS, first + i % ROWS, sum); }
            }
        }
    }
}
