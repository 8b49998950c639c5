//! One confined process: what the parent prepares, what the child does to itself before exec, and
//! how it is ended.
//!
//! Only `sandbox/mod.rs` calls this. Between fork and exec nothing may allocate or lock, as other
//! threads of this process may have held a lock when it forked: everything is prepared before, and
//! the child only makes system calls.

use super::family::spawn_in_pid_namespace;
use super::seccomp::filter;
use super::{End, Isolation, Job, Memory, open_to_all};
use landlock::{
    ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, Scope,
};
use seccompiler::BpfProgram;
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

/// The user and group that own nothing.
const NOBODY: u32 = 65534;
/// How far a nice program steps back; 19 is the most.
const NICE: libc::c_int = 10;
/// What is asked of Landlock; an older kernel gives what it has.
const LANDLOCK: ABI = ABI::V6;

/// A limit of the kernel: which, and how much.
type Limit = (Resource, u64);
/// C libraries differ in how they number limits.
#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

/// Looks what this system offers.
pub fn means() -> Isolation {
    // SAFETY: asks only for the version, without a structure; gives a number or -1.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0,
            1,
        )
    };
    // SAFETY: has no arguments and cannot fail.
    let root = unsafe { libc::geteuid() } == 0;
    let mut command = Command::new("/bin/true");
    // SAFETY: the child only makes system calls.
    unsafe {
        command.pre_exec(move || {
            if root {
                become_nobody()?;
            }
            enter_namespaces()
        });
    }
    let namespaces = command.status().is_ok();
    Isolation {
        namespaces,
        landlock: version >= 1,
        calls: filter().is_some(),
        root,
    }
}

/// Makes a folder the program's own; it stays ours by its group.
pub fn give(folder: &Path, means: Isolation) -> io::Result<()> {
    if !means.root {
        return Ok(());
    }
    std::os::unix::fs::chown(folder, Some(NOBODY), None)?;
    std::fs::set_permissions(folder, Permissions::from_mode(0o770))
}

/// Runs a program in `folder` with these handles as input, output and error output, and ends all
/// that is left of it.
pub fn run(folder: &Path, job: &Job, means: Isolation, handles: [File; 3]) -> anyhow::Result<End> {
    // A relative name means a program in the folder, an absolute one stays as it is.
    let program = folder.join(&job.program);
    let nobody = means.root && is_open_to_nobody(folder, &program);
    let mut command = command(folder, job, &program, handles);
    let mut confinement = Confinement::prepare(folder, job, means, nobody)?;
    // SAFETY: the child only makes system calls; everything it needs is made already.
    unsafe {
        command.pre_exec(move || confinement.apply());
    }
    finish(command.spawn()?, job.time).map_err(Into::into)
}

/// Whether the user that owns nothing may run `program` and enter `folder`.
fn is_open_to_nobody(folder: &Path, program: &Path) -> bool {
    let is_open = |path: &Path| path.canonicalize().is_ok_and(|real| open_to_all(&real));
    (program.starts_with(folder) || is_open(program)) && folder.parent().is_some_and(is_open)
}

/// The program with its arguments, folder, environment and handles, not confined yet.
fn command(folder: &Path, job: &Job, program: &Path, handles: [File; 3]) -> Command {
    let mut command = Command::new(program);
    command
        .args(&job.arguments)
        .current_dir(folder.join(&job.folder))
        .process_group(0);
    command.env_clear().env(
        "PATH",
        std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()),
    );
    command
        .envs([("HOME", folder), ("TMPDIR", folder)])
        .env("LANG", "C.UTF-8");
    command.envs(job.environment.iter().map(|(name, value)| (name, value)));
    let [stdin, stdout, stderr] = handles;
    command.stdin(stdin).stdout(stdout).stderr(stderr);
    command
}

/// What a child does to itself before exec: all of it is made before the fork.
struct Confinement {
    nobody: bool,
    namespaces: bool,
    nice: bool,
    limits: [Option<Limit>; 6],
    rules: Option<RulesetCreated>,
    calls: Option<BpfProgram>,
}

impl Confinement {
    /// Makes what the child needs.
    fn prepare(folder: &Path, job: &Job, means: Isolation, nobody: bool) -> anyhow::Result<Self> {
        Ok(Self {
            nobody,
            namespaces: means.namespaces,
            nice: job.nice,
            limits: limits(job, means.namespaces || nobody),
            rules: if means.landlock {
                Some(rules(folder)?)
            } else {
                None
            },
            calls: filter(),
        })
    }

    /// Confines this process, between fork and exec, only by system calls.
    fn apply(&mut self) -> io::Result<()> {
        if self.nobody {
            become_nobody()?;
        }
        if self.namespaces {
            enter_namespaces()?;
            spawn_in_pid_namespace()?;
        }
        if self.nice {
            // SAFETY: takes one integer. What cannot be made nicer runs as it is.
            unsafe { libc::nice(NICE) };
        }
        for limit in self.limits.iter().flatten() {
            set(*limit)?;
        }
        // SAFETY: takes integers. Landlock demands it; without Landlock it still keeps set-user-id
        // programs out.
        checked(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
        if let Some(Err(_)) = self.rules.take().map(RulesetCreated::restrict_self) {
            return Err(io::Error::last_os_error());
        }
        match self.calls.as_deref().map(seccompiler::apply_filter) {
            Some(Err(_)) => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

fn limits(job: &Job, counts_own_processes: bool) -> [Option<Limit>; 6] {
    let memory = match job.memory {
        Memory::Mapped(bytes) => (libc::RLIMIT_AS, bytes),
        Memory::Written(bytes) => (libc::RLIMIT_DATA, bytes),
    };
    [
        Some((libc::RLIMIT_CPU, job.time.as_secs() + 1)),
        Some(memory),
        Some((libc::RLIMIT_FSIZE, job.file_bytes)),
        Some((libc::RLIMIT_CORE, 0)),
        Some((libc::RLIMIT_NOFILE, 512)),
        counts_own_processes.then_some((libc::RLIMIT_NPROC, job.processes)),
    ]
}

/// Reading everywhere, writing only in the folder, no connections and no signals to others.
fn rules(folder: &Path) -> anyhow::Result<RulesetCreated> {
    let beneath =
        |path: &Path, access| Ok::<_, anyhow::Error>(PathBeneath::new(PathFd::new(path)?, access));
    let device = AccessFs::from_file(LANDLOCK);
    Ok(Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .add_rule(beneath(Path::new("/"), AccessFs::from_read(LANDLOCK))?)?
        .add_rule(beneath(Path::new("/dev/null"), device)?)?
        .add_rule(beneath(folder, AccessFs::from_all(LANDLOCK))?)?)
}

/// Waits until the program has ended or its time is over, then ends its process group.
fn finish(mut child: Child, time: Duration) -> io::Result<End> {
    let in_time = wait(child.id(), time);
    if let Ok(group) = libc::pid_t::try_from(child.id()) {
        // SAFETY: takes two integers. The child is not reaped yet, so that its group is still its
        // own.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
    let status = child.wait()?;
    Ok(match (in_time?, status.code(), status.signal()) {
        (false, ..) => End::TimeOut,
        (true, Some(code @ 129..=192), _) => End::Signal(code - 128),
        (true, Some(code), _) => End::Exit(code),
        (true, None, signal) => End::Signal(signal.unwrap_or_default()),
    })
}

/// Whether the process ended within `time`; it is not reaped.
fn wait(id: u32, time: Duration) -> io::Result<bool> {
    // SAFETY: takes two integers and gives a new descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, id, 0) };
    let fd = i32::try_from(fd)
        .ok()
        .filter(|fd| *fd >= 0)
        .ok_or_else(io::Error::last_os_error)?;
    // SAFETY: the descriptor is new and has no other owner.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut poll = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let milliseconds = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: one valid pollfd, for the length of the call.
    match unsafe { libc::poll(&raw mut poll, 1, milliseconds) } {
        -1 => Err(io::Error::last_os_error()),
        ready => Ok(ready > 0),
    }
}

fn enter_namespaces() -> io::Result<()> {
    let all = libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWPID;
    // SAFETY: takes one integer; the child has one thread.
    checked(unsafe { libc::unshare(all) })
}

fn become_nobody() -> io::Result<()> {
    // SAFETY: these take integers, and a list that is not read when its length is 0.
    checked(unsafe { libc::setgroups(0, std::ptr::null()) })?;
    checked(unsafe { libc::setgid(NOBODY) })?;
    checked(unsafe { libc::setuid(NOBODY) })
}

fn set((resource, most): Limit) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: a valid structure, for the length of the call.
    checked(unsafe { libc::setrlimit(resource, &raw const limit) })
}

fn checked(result: libc::c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
