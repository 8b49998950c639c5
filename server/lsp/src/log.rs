//! Where log lines go: standard error, or a file that is put aside when it has grown large.
//!
//! Lines hold no source text and no prompts. `NIGH_LOG` sets what is logged, in the usual `target=level` form.

use std::fs::{File, OpenOptions};
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// A log file larger than this, in bytes, is renamed to `<name>.old` at the next start.
const MAX_BYTES: u64 = 4 << 20;

/// Starts logging. The library of the protocol logs every odd message; only its errors are kept.
pub fn start(file: Option<&Path>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("NIGH_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,tower_lsp_server=off"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    match file {
        Some(path) => logs.with_writer(open(path)?).init(),
        None => logs.with_writer(std::io::stderr).init(),
    }
    Ok(())
}

fn open(path: &Path) -> anyhow::Result<File> {
    let large = path.metadata().is_ok_and(|metadata| metadata.len() > MAX_BYTES);
    if large {
        let mut old = path.as_os_str().to_owned();
        old.push(".old");
        std::fs::rename(path, old)?;
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| anyhow::anyhow!("the log file {} cannot be written: {error}", path.display()))
}
