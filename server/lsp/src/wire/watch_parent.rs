//! Ends the server when the editor that started it dies without closing the session (`processId`
//! of `initialize`).

/// Starts a thread that ends this process once the process `id` has ended. A process that cannot be
/// seen, for instance outside a container, is not watched: standard input closes in any case.
pub fn exit_with_process(id: u32) {
    let Some(wait) = watch(id) else {
        tracing::info!(id, "the editor's process cannot be watched");
        return;
    };
    let watcher = std::thread::Builder::new()
        .name("parent".into())
        .spawn(move || {
            wait();
            tracing::warn!(id, "the editor's process has ended");
            assistant::leave(1);
        });
    if let Err(error) = watcher {
        tracing::warn!(%error, "the editor's process is not watched");
    }
}

/// A function that returns when the process has ended, or `None` if it cannot be observed.
#[cfg(target_os = "linux")]
fn watch(id: u32) -> Option<impl FnOnce() + Send> {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    let id = libc::pid_t::try_from(id).ok().filter(|id| *id > 0)?;
    // SAFETY: pidfd_open takes two integers and returns a new descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, id, 0) };
    let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0)?;
    // SAFETY: the descriptor is new and owned by nothing else.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    Some(move || {
        let mut poll = libc::pollfd {
            fd: fd.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        loop {
            // SAFETY: one valid pollfd, for the length of the call.
            let ready = unsafe { libc::poll(&raw mut poll, 1, -1) };
            let interrupted =
                std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted;
            if ready > 0 || !interrupted {
                return;
            }
        }
    })
}

/// A function that returns when the process has ended, or `None` if it cannot be observed.
#[cfg(all(unix, not(target_os = "linux")))]
fn watch(id: u32) -> Option<impl FnOnce() + Send> {
    let id = libc::pid_t::try_from(id).ok().filter(|id| *id > 0)?;
    // SAFETY: signal 0 only asks whether the process is there.
    let alive = move || unsafe { libc::kill(id, 0) } == 0;
    alive().then_some(move || {
        while alive() {
            std::thread::sleep(std::time::Duration::from_secs(3));
        }
    })
}

/// Not observed on this system; the closing of standard input ends the server.
#[cfg(not(unix))]
fn watch(_id: u32) -> Option<fn()> {
    None
}
