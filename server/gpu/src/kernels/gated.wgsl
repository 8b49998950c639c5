fn gated(gate: vec4<f32>, value: vec4<f32>) -> vec4<f32> {
    return activate(gate) * value;
}
