//! Trains nigh's model on packed rows, on a CPU.
//!
//! Called by `training/run.sh`; knows nothing of the server. Products run in int8 with scales per
//! block, weights and moments are f32; each thread takes batches of its own and meets the others
//! once a step.

// Loops over the lanes of a vector are clearer, and as fast, with an index.
#![allow(clippy::needless_range_loop)]

mod adam;
mod amx;
mod attention;
mod half;
mod layers;
mod network;
mod product;
mod quantized;
mod rows;
mod run;
mod speed;
mod tile;
mod weights;

use run::{Options, Run};
use std::path::PathBuf;

const USAGE: &str = "\
usage: nigh-trainer train --base DIR --rows DIR --out DIR [options]
       nigh-trainer validate --base DIR --rows DIR --out DIR [options]

train goes on from the checkpoint in --out where there is one, else from the weights in --base.
validate prints the losses on the files val-*.rows.

  --seconds N           how long from now (default: no end); a file `stop` in --out ends it too
  --steps N             at most so many steps
  --decay SHARE         the last share of the seconds, in which the learning rate falls to zero (0)
  --rate X              learning rate (5e-4)
  --warmup N            steps until it is reached (20)
  --batch N             rows a step (8)
  --micro N             rows at once in a thread (4)
  --middle-weight X     of the targets in a missing middle; others weigh 1 (4)
  --threads N           (2)
  --checkpoint-every N  seconds (600)
  --validate-every N    seconds (3600)
  --validation-rows N   of each file (12)";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(message) = start(&arguments) {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

fn start(arguments: &[String]) -> Result<(), String> {
    let (command, rest) = arguments.split_first().ok_or(USAGE)?;
    if command == "speed" {
        speed::print(2048);
        return Ok(());
    }
    let options = read(rest)?;
    match command.as_str() {
        "train" => Run::open(options)?.train(),
        "validate" => Run::open(options)?.validate(),
        _ => Err(USAGE.to_owned()),
    }
}

fn read(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        base: PathBuf::new(),
        rows: PathBuf::new(),
        out: PathBuf::new(),
        threads: 2,
        batch: 8,
        micro: 4,
        rate: 5e-4,
        warmup_steps: 20,
        middle_weight: 4.0,
        seconds: f64::INFINITY,
        decay: 0.0,
        checkpoint_seconds: 600.0,
        validate_seconds: 3600.0,
        validation_rows: 12,
        steps: u64::MAX,
    };
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            return Err(format!("{} needs a value\n\n{USAGE}", pair[0]));
        };
        let wrong = || format!("{name} {value}: not understood\n\n{USAGE}");
        let count = || value.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(wrong);
        let number = || value.parse::<f64>().ok().filter(|n| *n >= 0.0).ok_or_else(wrong);
        match name.as_str() {
            "--base" => options.base = value.into(),
            "--rows" => options.rows = value.into(),
            "--out" => options.out = value.into(),
            "--threads" => options.threads = count()?,
            "--batch" => options.batch = count()?,
            "--micro" => options.micro = count()?,
            "--rate" => options.rate = number()? as f32,
            "--warmup" => options.warmup_steps = count()? as u32,
            "--middle-weight" => options.middle_weight = number()? as f32,
            "--seconds" => options.seconds = number()?,
            "--decay" => options.decay = number()?,
            "--checkpoint-every" => options.checkpoint_seconds = number()?,
            "--validate-every" => options.validate_seconds = number()?,
            "--validation-rows" => options.validation_rows = count()?,
            "--steps" => options.steps = count()? as u64,
            _ => return Err(wrong()),
        }
    }
    if [&options.base, &options.rows, &options.out].iter().any(|path| path.as_os_str().is_empty()) {
        return Err(USAGE.to_owned());
    }
    Ok(options)
}
