// Where scores have no limit.
fn capped(score: f32, cap: f32) -> f32 { return score; }
