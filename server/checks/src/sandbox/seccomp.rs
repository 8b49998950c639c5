//! System calls that a confined program may not make: those that reach a service of this machine
//! through a Unix socket.
//!
//! A network namespace does not confine such sockets, as they have a path in the file system:
//! Docker, D-Bus and databases listen there, and can do more than the program may. `confine.rs`
//! makes the filter before the fork and installs it last before exec. Socket pairs, with which
//! runtimes talk to their children, are allowed. io_uring creates sockets past any filter and is
//! refused altogether; runtimes do without it.

use seccompiler::SeccompCmpArgLen::Dword;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use std::collections::BTreeMap;

/// The same calls under the numbers of x86-64's 32-bit face.
#[cfg(target_arch = "x86_64")]
const ABIS: [libc::c_long; 2] = [0, 0x4000_0000];
#[cfg(not(target_arch = "x86_64"))]
const ABIS: [libc::c_long; 1] = [0];

/// The filter for this processor; `None` where it or the kernel has none.
pub fn filter() -> Option<BpfProgram> {
    // SAFETY: takes integers; returns the mode of this process, or -1 if the kernel knows no
    // filters.
    let known = unsafe { libc::prctl(libc::PR_GET_SECCOMP, 0, 0, 0, 0) } >= 0;
    known.then(|| made().ok()).flatten()
}

fn made() -> Result<BpfProgram, seccompiler::BackendError> {
    let family = SeccompCondition::new(0, Dword, SeccompCmpOp::Eq, libc::AF_UNIX as u64)?;
    let unix = SeccompRule::new(vec![family])?;
    let rules = ABIS.iter().flat_map(|face| {
        [
            (libc::SYS_socket | face, vec![unix.clone()]),
            (libc::SYS_io_uring_setup | face, Vec::new()),
        ]
    });
    let rules: BTreeMap<i64, Vec<SeccompRule>> = rules.collect();
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        refused,
        std::env::consts::ARCH.try_into()?,
    )?
    .try_into()
}
