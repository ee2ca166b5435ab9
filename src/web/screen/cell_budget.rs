//! [`CellBudget`]: bounds the cells of all pages together, since every cell takes memory.

use std::sync::atomic::{AtomicUsize, Ordering};

use ratatui::layout::Size;

/// Maximum number of cells of all pages together; beyond it, a page gets at most [`SMALL`]. A cell
/// takes about a hundred bytes.
const MAX_CELLS: usize = 1 << 20;
/// The size that every page gets.
const SMALL: Size = Size::new(120, 40);

/// The cells of one page, returned when dropped.
pub(super) struct CellBudget<'a> {
    all: &'a AtomicUsize,
    own: usize,
}

impl<'a> CellBudget<'a> {
    /// A page without cells yet, counted in `all`.
    pub(super) fn new(all: &'a AtomicUsize) -> Self {
        Self { all, own: 0 }
    }

    /// The size, at most `size`, that the page gets.
    pub(super) fn take(&mut self, size: Size) -> Size {
        // one thread serves all pages: no other access happens in between
        let others = self.all.fetch_sub(self.own, Ordering::Relaxed) - self.own;
        let cells = |size: Size| usize::from(size.width) * usize::from(size.height);
        let given = if others + cells(size) <= MAX_CELLS {
            size
        } else {
            Size::new(size.width.min(SMALL.width), size.height.min(SMALL.height))
        };
        self.own = cells(given);
        self.all.fetch_add(self.own, Ordering::Relaxed);
        given
    }
}

impl Drop for CellBudget<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(self.own, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pages_are_for_some_and_small_ones_for_all() {
        const LARGE: Size = Size::new(400, 150);
        let all = AtomicUsize::new(0);
        let mut pages: Vec<_> = (0..100).map(|_| CellBudget::new(&all)).collect();
        let sizes: Vec<_> = pages.iter_mut().map(|page| page.take(LARGE)).collect();
        assert!(
            sizes[..17].iter().all(|size| *size == LARGE)
                && sizes[17..].iter().all(|size| *size == SMALL)
        );
        assert_eq!(pages[0].take(Size::new(60, 15)), Size::new(60, 15));
        assert_eq!(pages[99].take(LARGE), SMALL, "a small page stays available");
        drop(pages);
        assert_eq!(all.into_inner(), 0);
    }
}
