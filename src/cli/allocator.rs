//! What the allocator of the system is told, once, before anything large is allocated.

/// Blocks from this size on are given back to the system as soon as they are freed, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 128 << 10;

/// Lets large blocks go when they are freed.
///
/// glibc begins so, but each large block that is freed teaches it to keep the next ones up to that
/// size, on every thread: the ranking of a large backlog, made a few times, would hold twice the
/// memory that it needs, and hold it for good.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no other way to tell glibc")]
pub(super) fn give_back_large_blocks() {
    // SAFETY: it sets two numbers, under the allocator's own lock. That it may refuse does no harm.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE);
    }
}

/// Other allocators do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn give_back_large_blocks() {}
