// Where a thread is, and sums over its workgroup, on devices with subgroups of any size.

struct Lane {
    @builtin(local_invocation_index) index: u32,
    @builtin(subgroup_invocation_id) in_subgroup: u32,
    @builtin(subgroup_size) subgroup_size: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) subgroups: u32,
}

var<workgroup> partial_sums: array<f32, THREADS>;

// The sum over the workgroup, for all of its threads; called once by a kernel.
fn group_sum(value: f32, lane: Lane) -> f32 {
    let sum = subgroupAdd(value);
    if lane.in_subgroup == 0u { partial_sums[lane.subgroup] = sum; }
    workgroupBarrier();
    var total = 0.0;
    for (var i = 0u; i < lane.subgroups; i++) { total += partial_sums[i]; }
    return total;
}
