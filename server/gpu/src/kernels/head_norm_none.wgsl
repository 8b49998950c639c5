// Where queries and keys are not normed.

fn norm_head(is_query: bool, is_value: bool, lane: Lane) {}
