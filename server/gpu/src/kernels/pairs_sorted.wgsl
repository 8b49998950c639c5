// `lists` is what `sort_pairs.wgsl` leaves, and a workgroup has an expert.

fn run_of(number: u32) -> Run { return Run(number, lists[number], lists[number + 1u]); }

fn pair_at(number: u32) -> u32 { return lists[args.experts + 1u + number]; }
