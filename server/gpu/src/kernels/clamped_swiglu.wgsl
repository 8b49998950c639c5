// Gate and value are limited to 7, and 1 is added to the value. arXiv 2508.10925.
fn gated(gate: vec4<f32>, value: vec4<f32>) -> vec4<f32> {
    let limit = vec4<f32>(7.0);
    let g = min(gate, limit);
    return g / (1.0 + exp(-1.702 * g)) * (clamp(value, -limit, limit) + 1.0);
}
