//! How far a command is, on standard error if that is a terminal. Knows nothing of what is counted.

use engine::{Cancel, LoadWatch};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A model that is loaded sooner than this shows no bar.
const SOON: Duration = Duration::from_millis(500);

/// A bar that counts up to `count` and says how long the rest will take.
pub fn bar(count: usize) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(count as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")?);
    Ok(bar)
}

/// Shows a line that is of interest only while the command runs.
pub fn line(text: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("{text}");
    }
}

/// Shows a bar while `load` loads a model, if that takes long. It goes away afterwards.
pub fn while_loading<T>(load: impl FnOnce(LoadWatch) -> T) -> anyhow::Result<T> {
    let bar = ProgressBar::new(100);
    bar.set_style(ProgressStyle::with_template(
        "loading the model {bar:40} {pos} % {eta}",
    )?);
    let (shown, start) = (bar.clone(), Instant::now());
    let report = move |percent| {
        if start.elapsed() > SOON {
            shown.set_position(u64::from(percent));
        }
    };
    let loaded = load(LoadWatch {
        cancel: Cancel::new(),
        report: Arc::new(report),
        is_background: false,
    });
    bar.finish_and_clear();
    Ok(loaded)
}
