//! Runs untrusted programs so that they can do no harm: each in a folder of its own.
//!
//! `checks/` and the evaluations request a [`Workdir`], write files into it and run one program
//! after the other. A program has a cleaned environment, no network, no Unix sockets, and no way to
//! write outside its folder. Its seconds, memory, processes, files and output are limited, and all
//! its descendants end with it. [`Sandbox::missing_protections`] lists what the kernel does not
//! offer; the other limits hold without it. `confine.rs` is what happens between fork and exec,
//! `seccomp.rs` the system calls that are refused, `tools.rs` finds programs. Linux only: elsewhere
//! [`Sandbox::new`] is an error. Nothing here knows languages or tests.

// Without a sandbox there is no room, and nothing reads what would be run in one.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, unused_imports))]

#[cfg(target_os = "linux")]
mod confine;
#[cfg(target_os = "linux")]
mod family;
#[cfg(target_os = "linux")]
mod seccomp;
#[cfg(all(test, target_os = "linux"))]
mod tests;
mod tools;

use anyhow::Context;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
pub use tools::Tools;

/// Bytes of output that are looked at.
const OUTPUT: u64 = 4 << 20;

/// How a program's memory is limited.
#[derive(Clone, Copy, Debug)]
pub enum Memory {
    /// All that it maps; for programs that map what they use.
    Mapped(u64),
    /// What it can write to; for runtimes that reserve more than they use.
    Written(u64),
}

/// A program to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The program: absolute, or in the folder.
    pub program: PathBuf,
    /// The folder it runs in, inside the room; the room itself if empty.
    pub folder: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Further variables of its environment.
    pub environment: Vec<(String, String)>,
    /// Wall-clock time; a process gets one second more of the processor's time.
    pub time: Duration,
    /// Memory of each process.
    pub memory: Memory,
    /// Bytes of each file that it writes, its output included.
    pub file_bytes: u64,
    /// Processes and threads at one time.
    pub processes: u64,
    /// Whether it makes way for all others.
    pub nice: bool,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exit(i32),
    /// By a signal: a crash or a limit.
    Signal(i32),
    /// Its time was over.
    TimeOut,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// How it ended.
    pub end: End,
    /// Standard output, cut to the first few megabytes.
    pub stdout: String,
    /// Standard error, cut likewise.
    pub stderr: String,
}

/// What this system offers to confine a program with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Isolation {
    /// Namespaces of its own, without a network.
    pub namespaces: bool,
    /// The kernel's Landlock: no writing outside the folder.
    pub landlock: bool,
    /// The kernel's filter of system calls: no Unix sockets.
    pub calls: bool,
    /// We are root, and programs run as an unprivileged user.
    pub root: bool,
}

/// Hands out rooms.
pub struct Sandbox {
    /// What it confines with.
    pub means: Isolation,
}

/// A folder and what runs in it.
pub struct Workdir {
    folder: Folder,
    means: Isolation,
}

/// Where a room is.
enum Folder {
    /// Removed with the room.
    Temporary(TempDir),
    /// Stays.
    Kept(PathBuf),
}

impl Sandbox {
    /// Looks what the system offers.
    #[cfg(target_os = "linux")]
    pub fn new() -> anyhow::Result<Self> {
        let means = confine::means();
        Ok(Self { means })
    }

    /// Programs are run on Linux only.
    #[cfg(not(target_os = "linux"))]
    pub fn new() -> anyhow::Result<Self> {
        anyhow::bail!(
            "programs written by a model run only on Linux, where they can be confined; run without --run-tests"
        )
    }

    /// What programs may do because this system has no means against it.
    pub fn missing_protections(&self) -> Vec<&'static str> {
        let Isolation {
            namespaces,
            landlock,
            calls,
            root,
        } = self.means;
        let all = [
            (
                namespaces,
                "programs can use the network and leave processes behind: this system has no namespaces",
            ),
            (
                landlock,
                "programs can write wherever you can: this kernel has no Landlock",
            ),
            (
                calls,
                "programs can reach services of this machine through Unix sockets: this system has no seccomp",
            ),
            (
                namespaces || root,
                "the number of processes is not limited: without a namespace the limit would count all of yours",
            ),
        ];
        all.iter()
            .filter(|(has, _)| !has)
            .map(|(_, consequence)| *consequence)
            .collect()
    }

    /// A folder that is kept; it is made if it is not there.
    pub fn room_at(&self, folder: PathBuf) -> anyhow::Result<Workdir> {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let room = Workdir {
            folder: Folder::Kept(folder),
            means: self.means,
        };
        room.give(room.path())
            .with_context(|| format!("cannot hand {} to a program", room.path().display()))?;
        Ok(room)
    }

    /// A new empty folder, which is removed when the room is dropped.
    pub fn room(&self) -> anyhow::Result<Workdir> {
        let folder = TempDir::with_prefix("nigh-room-")
            .context("cannot make a temporary folder for a program")?;
        let room = Workdir {
            folder: Folder::Temporary(folder),
            means: self.means,
        };
        room.give(room.path())
            .with_context(|| format!("cannot hand {} to a program", room.path().display()))?;
        Ok(room)
    }
}

impl Workdir {
    /// Writes a file; folders in its name are made.
    pub fn write(&self, name: impl AsRef<Path>, text: &str) -> anyhow::Result<()> {
        let path = self.path().join(name);
        let write = || {
            self.make(path.parent().unwrap_or(self.path()))?;
            std::fs::write(&path, text)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Makes a folder in the room, and those around it.
    pub fn make(&self, folder: &Path) -> std::io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        std::fs::create_dir_all(folder)?;
        let made = folder
            .ancestors()
            .take_while(|folder| *folder != self.path());
        made.into_iter().try_for_each(|folder| self.give(folder))
    }

    /// Lets programs write in a folder of ours.
    #[cfg(target_os = "linux")]
    fn give(&self, folder: &Path) -> std::io::Result<()> {
        confine::give(folder, self.means)
    }

    /// There is no room without a sandbox.
    #[cfg(not(target_os = "linux"))]
    fn give(&self, _folder: &Path) -> std::io::Result<()> {
        Ok(())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        match &self.folder {
            Folder::Temporary(folder) => folder.path(),
            Folder::Kept(folder) => folder,
        }
    }

    /// Runs a program to its end. `input` is its standard input, which is empty without one.
    #[cfg(target_os = "linux")]
    pub fn run(&self, job: &Job, input: &str) -> anyhow::Result<Ran> {
        let file =
            || tempfile::tempfile().context("cannot make a temporary file for a program's output");
        let (mut stdin, mut stdout, mut stderr) = (file()?, file()?, file()?);
        stdin
            .write_all(input.as_bytes())
            .and_then(|()| stdin.rewind())
            .context("cannot write a program's input")?;
        let handles = [stdin, stdout.try_clone()?, stderr.try_clone()?];
        let end = confine::run(self.path(), job, self.means, handles)
            .with_context(|| format!("cannot run {}", job.program.display()))?;
        Ok(Ran {
            end,
            stdout: read(&mut stdout)?,
            stderr: read(&mut stderr)?,
        })
    }

    /// Never called: there is no room without a sandbox.
    #[cfg(not(target_os = "linux"))]
    pub fn run(&self, _job: &Job, _input: &str) -> anyhow::Result<Ran> {
        anyhow::bail!("programs run only on Linux")
    }
}

/// The first part of what a program wrote.
fn read(file: &mut std::fs::File) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.take(OUTPUT).read_to_end(&mut bytes))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether any user may run the program: it and the folders above it are open to all.
#[cfg(unix)]
pub fn open_to_all(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let may_enter = |path: &Path| {
        path.metadata()
            .is_ok_and(|data| data.permissions().mode() & 0o001 != 0)
    };
    program.ancestors().all(may_enter)
}

/// Nothing is run here.
#[cfg(not(unix))]
pub fn open_to_all(_program: &Path) -> bool {
    true
}
