// The score that a query head has for attending to nothing.
@group(0) @binding(5) var<storage, read> sinks: array<f32>;

fn sink(head: u32) -> f32 { return sinks[head]; }
