// `lists` has the expert of each pair, and a workgroup one pair.

fn run_of(number: u32) -> Run { return Run(lists[number], number, number + 1u); }

fn pair_at(number: u32) -> u32 { return number; }
