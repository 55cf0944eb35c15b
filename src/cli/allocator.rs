//! What the allocator of the system is told, once, before anything large is allocated.

/// Blocks from this size on are given back to the system as soon as they are freed, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 128 << 10;

/// Lets large blocks go when they are freed, and small ones be used again by any thread.
///
/// glibc begins so, but each large block that is freed teaches it to keep the next ones up to that
/// size; and what a thread frees it keeps for itself. So the ranking of a large backlog, which is
/// read, matched and stored on one thread after the other, would hold twice what it needs, for good.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no other way to tell glibc")]
pub(super) fn keep_little() {
    // SAFETY: it sets three numbers, under the allocator's own lock. That it may refuse does no harm.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE);
    }
}

/// Other allocators do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn keep_little() {}
