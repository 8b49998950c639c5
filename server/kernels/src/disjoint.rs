//! A mutable slice that the pieces of a parallel loop write disjoint parts of.

/// A mutable slice shared by threads that write disjoint parts.
#[derive(Clone, Copy)]
pub struct DisjointMut<T> {
    start: *mut T,
    len: usize,
}

// SAFETY: `DisjointMut::part` makes the caller promise that parts handed to different threads do
// not overlap.
unsafe impl<T: Send> Sync for DisjointMut<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for DisjointMut<T> {}

impl<T> DisjointMut<T> {
    /// Shares `slice`, which must stay borrowed while parts are in use.
    pub fn new(slice: &mut [T]) -> DisjointMut<T> {
        DisjointMut {
            start: slice.as_mut_ptr(),
            len: slice.len(),
        }
    }

    /// The part of `len` elements from `from` on.
    ///
    /// # Safety
    /// The slice given to `new` is still borrowed, and no two live parts overlap.
    #[inline]
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, from: usize, len: usize) -> &mut [T] {
        assert!(from <= self.len && len <= self.len - from);
        // SAFETY: in bounds by the assertion, exclusive by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), len) }
    }
}
