//! Gives memory that is free back to the system. The allocator of glibc keeps what threads have
//! freed.

/// Gives back what is free, where the allocator would keep it. Takes some milliseconds; for a quiet
/// moment.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim takes a number, locks the allocator itself and moves nothing that is in
    // use.
    unsafe {
        libc::malloc_trim(0);
    }
}
