//! Where log lines go: standard error, or a file that is put aside when it has grown large.
//!
//! Lines hold no source text and no prompts. `NIGH_LOG` sets what is logged, in the usual
//! `target=level` form; the target `nigh` means all crates of the program.

use anyhow::Context;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// A log file that reaches this size, in bytes, is renamed to `<name>.old`: twice this much is kept
/// at most.
const MAX_BYTES: u64 = 4 << 20;

/// The crates of the program that log.
const CRATES: &[&str] = &[
    "assistant",
    "checks",
    "http_api",
    "lsp",
    "mcp",
    "nigh",
    "workspace",
];

/// The directives of `NIGH_LOG` with `nigh` replaced by the crates of the program.
fn expanded(directives: &str) -> String {
    let of_crates = |level: &str| {
        let directives = CRATES.iter().map(|name| format!("{name}={level}"));
        directives.collect::<Vec<_>>().join(",")
    };
    let expand = |directive: &str| match directive.trim().strip_prefix("nigh=") {
        Some(level) => of_crates(level),
        None => directive.to_owned(),
    };
    directives
        .split(',')
        .map(expand)
        .collect::<Vec<_>>()
        .join(",")
}

/// Starts logging. The library of the protocol logs every odd message; that is left out.
pub fn start(file: Option<&Path>) -> anyhow::Result<()> {
    let wanted = std::env::var("NIGH_LOG").map(|wanted| expanded(&wanted));
    let filter = wanted
        .ok()
        .and_then(|wanted| EnvFilter::try_new(wanted).ok())
        .unwrap_or_else(|| EnvFilter::new("warn,tower_lsp_server=off"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false);
    match file {
        Some(path) => {
            let log = Rotated::open(path)
                .with_context(|| format!("cannot write the log file {}", path.display()))?;
            logs.with_writer(Mutex::new(log)).init();
        }
        None => logs.with_writer(io::stderr).init(),
    }
    std::panic::set_hook(Box::new(tell_panic));
    Ok(())
}

/// Logs where a panic happened. A formatted message may hold source text and is left out; a literal
/// one in our code does not.
fn tell_panic(panic: &std::panic::PanicHookInfo) {
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    let message = panic
        .payload()
        .downcast_ref::<&str>()
        .copied()
        .unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or_default().to_owned();
    tracing::error!(place, thread, message, "panicked, a fault of nigh's");
}

/// A log file; once it is large, it is renamed and a new one is started.
struct Rotated {
    path: PathBuf,
    file: File,
    written: u64,
}

impl Rotated {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let written = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            written,
        })
    }
}

impl Write for Rotated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written >= MAX_BYTES {
            let mut old = self.path.clone().into_os_string();
            old.push(".old");
            std::fs::rename(&self.path, old)?;
            *self = Self::open(&self.path)?;
        }
        let length = self.file.write(bytes)?;
        self.written += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_log_is_put_aside() {
        let path = std::env::temp_dir().join(format!("nigh-log-{}", std::process::id()));
        let old = path.with_file_name(format!("nigh-log-{}.old", std::process::id()));
        let mut log = Rotated::open(&path).unwrap();
        log.write_all(&vec![b'x'; MAX_BYTES as usize]).unwrap();
        log.write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(old.metadata().unwrap().len(), MAX_BYTES);
        std::fs::remove_file(path).unwrap();
        std::fs::remove_file(old).unwrap();
    }
}
