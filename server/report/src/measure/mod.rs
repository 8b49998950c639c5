//! How good reports are: made data sets with planted facts, their shuffled twins, and a score.
//!
//! Each data set has one planted fact, strong or medium. Its twin has none, and its columns are
//! shuffled, so every finding about it is false. All numbers of both reports are recomputed. The
//! command that measures uses it, and an example; the same seed gives the same score.

mod generate;
mod score;
#[cfg(test)]
mod tests;

use crate::options::ReportOptions;
use crate::problem::ReportProblem;
use data::files::{DataFile, ReadOptions};
pub use generate::{FactStrength, PlantedFact};
pub use score::{FactScore, MeasuredSet, ReportScore};
use std::path::Path;

/// Writes a made data set; only this function of the crate writes.
#[allow(
    clippy::disallowed_methods,
    reason = "data sets are files, as those of users are"
)]
fn write(path: &Path, text: &str) -> Result<(), ReportProblem> {
    std::fs::write(path, text)
        .map_err(|error| ReportProblem::new(format!("cannot write {}: {error}", path.display())))
}

fn report(path: &Path, text: &str) -> Result<(crate::Report, crate::VerifyOutcome), ReportProblem> {
    write(path, text)?;
    let file = DataFile::read(path, &ReadOptions::default())?;
    let options = ReportOptions {
        table: "data".to_owned(),
        ..ReportOptions::default()
    };
    let report = crate::make(&file, &options)?;
    let outcome = crate::verify(&report, &file)?;
    Ok((report, outcome))
}

/// Measures reports on `count` made data sets and as many shuffled twins, which are written into a
/// folder that exists.
///
/// # Errors
/// If a data set cannot be written or read.
pub fn run(folder: &Path, count: usize, seed: u64) -> Result<ReportScore, ReportProblem> {
    let mut all = ReportScore::default();
    for index in 0..count {
        let made = generate::data_set(index, seed);
        let path = folder.join(format!("{index:03}-{}.csv", made.fact.key()));
        let (planted, planted_check) = report(&path, &made.text)?;
        let path = folder.join(format!("{index:03}-twin.csv"));
        let (twin, twin_check) = report(&path, &made.twin)?;
        all.add(&made, (&planted, &planted_check), (&twin, &twin_check));
    }
    Ok(all)
}
