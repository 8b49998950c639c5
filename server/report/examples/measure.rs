//! Measures reports on made data sets: `cargo run -p report --example measure -- FOLDER [COUNT]`.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example meets the machine"
)]

use report::measure::{self, FactStrength};
use std::error::Error;
use std::path::Path;

const SEED: u64 = 20_260_101;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, rest @ ..] = arguments.as_slice() else {
        return Err("give FOLDER [COUNT [SEED]]".into());
    };
    let count = rest.first().map_or(Ok(200), |count| count.parse())?;
    let seed = rest.get(1).map_or(Ok(SEED), |seed| seed.parse())?;
    std::fs::create_dir_all(folder)?;
    let score = measure::run(Path::new(folder), count, seed)?;
    for (index, set) in score.sets.iter().enumerate() {
        if !set.is_found {
            println!(
                "{index} {:?} {:?} not found; says {:#?}",
                set.strength, set.fact, set.claims
            );
        }
        for text in &set.false_claims {
            println!("{index} false: {text}");
        }
        for text in &set.unequal {
            println!("{index} unequal: {text}");
        }
    }
    for ((strength, fact), of) in score.by_fact() {
        println!("{strength:?} {fact:?}: {} of {}", of.found, of.planted);
    }
    let share = |strength| score.found(strength) * 100.0;
    println!("strong facts found: {:.1} %", share(FactStrength::Strong));
    println!("medium facts found: {:.1} %", share(FactStrength::Medium));
    println!(
        "false findings for a shuffled data set: {:.3}",
        score.false_findings()
    );
    println!("sentences equal: {} of {}", score.equal, score.sentences);
    Ok(())
}
