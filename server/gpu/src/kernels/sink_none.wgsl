// Where a head always attends to something.
fn sink(head: u32) -> f32 { return LOWEST; }
