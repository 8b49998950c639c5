//! Two processes between us and the program, so that no descendant of the program outlives it.
//!
//! A process that makes a new process namespace stays outside; its first child is the namespace's
//! number 1, and when that one ends the kernel ends everything in it, whatever sessions or groups
//! were made. Number 1 ignores most signals, so the program itself is the child of number 1. Called
//! by `confine.rs` between fork and exec, so it may only make system calls.

use std::io;

/// Returns in the grandchild of this process; this one and the child wait, and end as it ends.
pub fn spawn_in_pid_namespace() -> io::Result<()> {
    for _ in 0..2 {
        // SAFETY: from here on the child only makes system calls, as this process does.
        match unsafe { libc::fork() } {
            -1 => return Err(io::Error::last_os_error()),
            0 => {}
            child => stand_by(child),
        }
    }
    Ok(())
}

/// Waits for the child and ends as it does. A signal becomes an exit status as in shells: 128 plus
/// its number.
fn stand_by(child: libc::pid_t) -> ! {
    let mut status = 0;
    // SAFETY: system calls on integers and one valid place for the status. Only the program needs
    // the descriptors that are closed here; this process does not use them again.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0);
        loop {
            let ended = libc::waitpid(-1, &raw mut status, 0);
            let interrupted =
                ended == -1 && io::Error::last_os_error().raw_os_error() == Some(libc::EINTR);
            if ended == child || (ended == -1 && !interrupted) {
                let signalled = libc::WIFSIGNALED(status);
                libc::_exit(if signalled {
                    128 + libc::WTERMSIG(status)
                } else {
                    libc::WEXITSTATUS(status)
                });
            }
        }
    }
}
