// Where a thread is, and sums over its workgroup, on devices without subgroups.

struct Lane {
    @builtin(local_invocation_index) index: u32,
}

var<workgroup> partial_sums: array<f32, THREADS>;

// The sum over the workgroup, for all of its threads; called once by a kernel.
fn group_sum(value: f32, lane: Lane) -> f32 {
    partial_sums[lane.index] = value;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if lane.index < half { partial_sums[lane.index] += partial_sums[lane.index + half]; }
        workgroupBarrier();
    }
    return partial_sums[0];
}
