//! How far a command is, on standard error if that is a terminal. Knows nothing of what is counted.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts up to `count` and says how long the rest will take.
pub fn bar(count: usize) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(count as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")?);
    Ok(bar)
}
