//! `nigh quantize`: a model file to a smaller one. The work is `engine::quantize`; here are
//! arguments and words.

use super::print;
use anyhow::{Context, bail};
use engine::{QUANT_TYPES, QuantType, QuantizeOptions, QuantizeProgress, QuantizeReport, quantize};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `nigh quantize`.
#[derive(clap::Args)]
pub struct Quantize {
    /// A folder with config.json, tokenizer.json and safetensors, or a .gguf file
    source: PathBuf,
    /// The .gguf file to write
    #[arg(value_name = "OUT.gguf")]
    out: PathBuf,
    /// Bits per weight: Q8_0 8.5, Q6_K 6.6, Q5_1 6, Q5_K and Q5_0 5.5, Q4_1 5, Q4_K and Q4_0 4.5;
    /// Q4_K_M is Q4_K with more bits where they matter most. Types with K need rows of a multiple
    /// of 256 weights; other rows are kept as Q5_0, Q5_1 or Q8_0
    #[arg(long = "type", value_name = "TYPE", default_value = "Q4_K_M", value_parser = quant_type)]
    quant_type: QuantType,
    /// Text files for calibration, ideally some hundred kilobytes of your code: nigh runs the model
    /// over them to learn which weights matter most
    #[arg(long, value_name = "TEXTFILE", num_args = 1..)]
    calibrate: Vec<PathBuf>,
    /// Overwrite OUT if it exists
    #[arg(long)]
    force: bool,
    /// Number of threads; 0 chooses automatically
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

fn quant_type(name: &str) -> Result<QuantType, String> {
    let names: Vec<&str> = QUANT_TYPES.iter().map(|one| one.name).collect();
    QuantType::of_name(name).ok_or_else(|| format!("the types are {}", names.join(", ")))
}

impl Quantize {
    /// Writes the file and prints what it holds; notes and progress go to standard error.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let options = QuantizeOptions {
            quant_type: self.quant_type,
            calibration: self.texts()?,
            force: self.force,
            threads: self.threads,
        };
        let bar = ProgressBar::new(0);
        bar.set_style(ProgressStyle::with_template(
            "{msg:11} {bar:40} {pos}/{len}",
        )?);
        let quantized = quantize(
            &self.source,
            &self.out,
            &options,
            &mut |progress| match progress {
                QuantizeProgress::Note(note) => bar.suspend(|| eprintln!("nigh: {note}")),
                QuantizeProgress::Step(what, done, total) => {
                    bar.set_length(total as u64);
                    bar.set_position(done as u64);
                    bar.set_message(what);
                }
            },
        );
        bar.finish_and_clear();
        print(&self.account(&quantized?))?;
        Ok(ExitCode::SUCCESS)
    }

    fn texts(&self) -> anyhow::Result<Vec<String>> {
        let read = |path: &PathBuf| {
            let bytes =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            match String::from_utf8(bytes) {
                Ok(text) => Ok(text),
                Err(_) => bail!("{} is not UTF-8 text", path.display()),
            }
        };
        self.calibrate.iter().map(read).collect()
    }

    fn account(&self, quantized: &QuantizeReport) -> String {
        let mut text = String::new();
        for (name, totals) in &quantized.types {
            let (tensors, megabytes) = (totals.tensors, totals.bytes as f64 / 1e6);
            let error = 100.0 * totals.relative_error();
            text.push_str(&format!(
                "{name:<5} {tensors:>4} tensors {megabytes:>10.2} MB, changed by {error:.3} %\n"
            ));
        }
        let megabytes = quantized.bytes as f64 / 1e6;
        text.push_str(&format!(
            "{}: {megabytes:.2} MB ({} bytes)\n",
            self.out.display(),
            quantized.bytes
        ));
        text
    }
}
