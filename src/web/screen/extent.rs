//! [`Extent`]: how large a page may be, given how large all the others are: every cell of every
//! page takes memory.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The most cells of all pages together, beyond which a page is given no more than [`SMALL`]. A
/// cell takes about a hundred bytes.
const MAX_CELLS: usize = 1 << 20;
/// Columns and rows that every page is given.
const SMALL: (u16, u16) = (120, 40);

/// The cells of one page; given back when it is dropped.
pub(super) struct Extent<'a> {
    all: &'a AtomicUsize,
    own: usize,
}

impl<'a> Extent<'a> {
    /// A page without cells yet, counted in `all`.
    pub(super) fn new(all: &'a AtomicUsize) -> Self {
        Self { all, own: 0 }
    }

    /// Takes as much of `size` as there is.
    pub(super) fn take(&mut self, size: (u16, u16)) -> (u16, u16) {
        // pages are served by one thread: nobody looks in between
        let others = self.all.fetch_sub(self.own, Ordering::Relaxed) - self.own;
        let cells = |(width, height): (u16, u16)| usize::from(width) * usize::from(height);
        let given = if others + cells(size) <= MAX_CELLS {
            size
        } else {
            (size.0.min(SMALL.0), size.1.min(SMALL.1))
        };
        self.own = cells(given);
        self.all.fetch_add(self.own, Ordering::Relaxed);
        given
    }
}

impl Drop for Extent<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(self.own, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pages_are_for_some_and_small_ones_for_all() {
        let all = AtomicUsize::new(0);
        let mut pages: Vec<_> = (0..100).map(|_| Extent::new(&all)).collect();
        let sizes: Vec<_> = pages.iter_mut().map(|page| page.take((400, 150))).collect();
        assert!(
            sizes[..17].iter().all(|size| *size == (400, 150))
                && sizes[17..].iter().all(|size| *size == SMALL)
        );
        assert_eq!(pages[0].take((60, 15)), (60, 15));
        assert_eq!(
            pages[99].take((400, 150)),
            SMALL,
            "what was given is not taken away"
        );
        drop(pages);
        assert_eq!(all.into_inner(), 0);
    }
}
