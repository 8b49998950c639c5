// A score within a soft limit (arXiv 2408.00118); the argument is clamped because some devices compute
// tanh from e^x.
fn capped(score: f32, cap: f32) -> f32 {
    return cap * tanh(clamp(score / cap, -10.0, 10.0));
}
