//! Gives memory that is not needed back to the system: what threads have freed, which the allocator
//! of glibc keeps, and parts of the program's file.

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

/// Frees the memory of a part of the program's file: the weights were copied out of it, and what is
/// read again comes from there.
#[cfg(target_os = "linux")]
pub fn give_back_part(part: &'static [u8]) {
    // SAFETY: it only asks for a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) })
        .unwrap_or(0)
        .max(1);
    let bytes = part.as_ptr_range();
    let (start, end) = (
        bytes.start.addr().next_multiple_of(page),
        bytes.end.addr() / page * page,
    );
    let length = end.saturating_sub(start);
    // SAFETY: whole pages that no one can write to, so they are as in the file, where they are
    // found again.
    unsafe {
        libc::madvise(
            bytes.start.with_addr(start).cast_mut().cast(),
            length,
            libc::MADV_DONTNEED,
        )
    };
}

/// Does nothing: only Linux needs it.
#[cfg(not(target_os = "linux"))]
pub fn give_back_part(_part: &'static [u8]) {}
