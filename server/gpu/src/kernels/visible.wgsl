// What a token attends to. Token t of a pass is written to slot `own` = first slot + t. It sees the
// slots before its prefix's end, and those of its own continuation up to itself; in a window, only the
// last so many positions. x: position, y: end of the prefix, z: first slot of the continuation.

fn is_visible(slot: u32, token: vec4<u32>, own: u32) -> bool {
    let in_prefix = slot < token.y && token.x - slot < args.window;
    let in_own = slot >= token.z && slot <= own && own - slot < args.window;
    return in_prefix || in_own;
}

// Eight f16 as f32.
fn eight_f16(bits: vec4<u32>) -> array<vec4<f32>, 2> {
    return array<vec4<f32>, 2>(
        vec4<f32>(unpack2x16float(bits.x), unpack2x16float(bits.y)),
        vec4<f32>(unpack2x16float(bits.z), unpack2x16float(bits.w)),
    );
}
