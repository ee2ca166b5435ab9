//! [`Regions`]: the layout for a terminal size. Pure, so that `update` can scroll by what `view`
//! shows.
//!
//! ```text
//! header   0[|||   25.0%]        1[||||    48.1%]     cores, memory and swap, then one line of words
//! tabs     1 Containers  2 Logs  3 Presets
//! body     STATE  NAME  PID …                         the table, the log or the presets
//! detail   ─ web ──────────────────────────────       graphs and figures of the selected one (Containers tab only)
//! bar      ? Help  r Run  s Stop …
//! ```

use ratatui::layout::{Rect, Size};

use super::{Pane, Tab};

/// The smallest terminal that everything fits into.
pub const MIN_SIZE: Size = Size::new(60, 15);

/// The narrowest useful bar of a core.
const MIN_CORE_WIDTH: usize = 18;
/// The width of a core's bar when there is room.
const WIDE_CORE_WIDTH: usize = 38;

/// The narrowest tile: its border and a gauge with its figures.
const MIN_TILE_WIDTH: u16 = 28;
/// A tile with everything in it: a border, the state, two gauges and a graph.
const TILE_HEIGHT: u16 = 6;

/// The layout of the core bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreGrid {
    /// Bars per row; 0 when there are too many cores for bars, and each is one character.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
}

impl CoreGrid {
    fn of(cores: usize, width: usize, max_rows: usize) -> Self {
        if cores == 0 {
            return Self {
                columns: 1,
                rows: 1,
            };
        }
        for columns in [
            (width / WIDE_CORE_WIDTH).max(1),
            (width / MIN_CORE_WIDTH).max(1),
        ] {
            let rows = cores.div_ceil(columns);
            if rows <= max_rows {
                // the fewest columns for this number of rows give the widest bars
                let columns = cores.div_ceil(rows);
                return Self { columns, rows };
            }
        }
        Self {
            columns: 0,
            rows: cores.div_ceil(width.saturating_sub(6).max(1)).min(max_rows),
        }
    }
}

/// The layout of the tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileGrid {
    /// Tiles per row.
    pub columns: usize,
    /// Rows of tiles that fit completely.
    pub rows: usize,
    /// Columns of a tile, including its border.
    pub width: u16,
    /// Rows of a tile, including its border.
    pub height: u16,
}

impl TileGrid {
    fn of(area: Rect) -> Self {
        let columns = (area.width / MIN_TILE_WIDTH).max(1);
        // on a low screen the graphs are left out to fit a second row of tiles
        let two_lower = area.height < 2 * TILE_HEIGHT && area.height >= 2 * (TILE_HEIGHT - 1);
        let height = if two_lower {
            TILE_HEIGHT - 1
        } else {
            TILE_HEIGHT.min(area.height)
        };
        Self {
            columns: columns.into(),
            rows: usize::from((area.height / height.max(1)).max(1)),
            width: area.width / columns,
            height,
        }
    }
}

/// The regions of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regions {
    /// The host.
    pub header: Rect,
    /// How its cores are laid out.
    pub cores: CoreGrid,
    /// The names of the tabs.
    pub tabs: Rect,
    /// The content of the tab.
    pub body: Rect,
    /// The selected container; empty on other tabs.
    pub detail: Rect,
    /// The keys.
    pub bar: Rect,
}

impl Regions {
    /// The regions for a terminal of `size` on a host with `cores`; `None` when it is too small.
    #[must_use]
    pub fn of(size: Size, cores: usize, tab: Tab) -> Option<Self> {
        let Size { width, height } = size;
        if width < MIN_SIZE.width || height < MIN_SIZE.height {
            return None;
        }
        let max_core_rows = match height {
            0..20 => 1,
            20..30 => 2,
            30..50 => 4,
            _ => 8,
        };
        let cores = CoreGrid::of(cores, usize::from(width), max_core_rows);
        let header = cores.rows as u16 + 2;
        let detail = match (tab, height) {
            (Tab::Containers, 0..20) => 4,
            (Tab::Containers, _) => (height / 3).clamp(8, 18),
            _ => 0,
        };
        let body = height - header - detail - 2;
        let row = |y: u16, rows: u16| Rect::new(0, y, width, rows);
        Some(Self {
            header: row(0, header),
            cores,
            tabs: row(header, 1),
            body: row(header + 1, body),
            detail: row(header + 1 + body, detail),
            bar: row(height - 1, 1),
        })
    }

    /// Rows of the table without its heading.
    #[must_use]
    pub fn table_rows(&self) -> usize {
        usize::from(self.body.height.saturating_sub(1))
    }

    /// The tiles of the Containers tab.
    #[must_use]
    pub fn tiles(&self) -> TileGrid {
        TileGrid::of(self.body)
    }

    /// The part of the body that shows log lines, below its title.
    #[must_use]
    pub fn log(&self) -> Rect {
        Rect {
            y: self.body.y + 1,
            height: self.body.height - 1,
            ..self.body
        }
    }

    /// The size of [`Regions::log`] in cells.
    #[must_use]
    pub fn log_pane(&self) -> Pane {
        let area = self.log();
        Pane {
            width: usize::from(area.width),
            height: usize::from(area.height),
        }
    }
}

/// The most rows of actions in the palette.
const MAX_PALETTE_ROWS: usize = 14;
/// The palette's other rows: the input line, the command line, and the box.
pub const PALETTE_FRAME: usize = 4;

/// How many actions the palette shows at once on a screen of `size`.
#[must_use]
pub fn palette_rows(size: Size) -> usize {
    usize::from(size.height)
        .saturating_sub(PALETTE_FRAME + 1)
        .clamp(1, MAX_PALETTE_ROWS)
}

/// How many lines of help a screen of `size` shows at once.
#[must_use]
pub fn help_rows(size: Size) -> usize {
    // the bottom line and the box around it
    usize::from(size.height).saturating_sub(3).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits_at_every_size() {
        for tab in Tab::ALL {
            for cores in [0, 1, 2, 4, 7, 64, 256, 1024] {
                for size in [
                    (60, 15),
                    (80, 24),
                    (120, 40),
                    (200, 60),
                    (300, 100),
                    (61, 19),
                    (1000, 15),
                ] {
                    let regions = Regions::of(size.into(), cores, tab).unwrap();
                    let parts = [
                        regions.header,
                        regions.tabs,
                        regions.body,
                        regions.detail,
                        regions.bar,
                    ];
                    let mut next = 0;
                    for part in parts {
                        assert_eq!(part.y, next, "{tab:?} {cores} {size:?}");
                        next += part.height;
                    }
                    assert_eq!(next, size.1);
                    assert!(
                        regions.table_rows() >= 3,
                        "{tab:?} {cores} {size:?}: {regions:?}"
                    );
                }
            }
        }
        assert_eq!(Regions::of(Size::new(59, 24), 4, Tab::Logs), None);
        assert_eq!(Regions::of(Size::new(80, 14), 4, Tab::Logs), None);
    }

    #[test]
    fn tiles_are_wide_enough_and_at_least_one_is_whole() {
        for size in [
            (60, 15),
            (80, 24),
            (120, 40),
            (200, 60),
            (300, 100),
            (61, 19),
            (1000, 15),
        ] {
            for cores in [0, 1, 64, 1024] {
                let regions = Regions::of(size.into(), cores, Tab::Containers).unwrap();
                let grid = regions.tiles();
                assert!(
                    grid.columns as u16 * grid.width <= size.0
                        && grid.rows as u16 * grid.height <= regions.body.height,
                    "{size:?} {grid:?}"
                );
                assert!(
                    grid.width >= MIN_TILE_WIDTH && grid.height >= 4,
                    "{size:?} {grid:?}"
                );
            }
        }
    }

    #[test]
    fn cores_have_bars_if_they_fit() {
        assert_eq!(
            CoreGrid::of(4, 80, 2),
            CoreGrid {
                columns: 2,
                rows: 2
            }
        );
        assert_eq!(
            CoreGrid::of(4, 200, 8),
            CoreGrid {
                columns: 4,
                rows: 1
            }
        );
        assert_eq!(
            CoreGrid::of(8, 80, 2),
            CoreGrid {
                columns: 4,
                rows: 2
            }
        );
        assert_eq!(
            CoreGrid::of(64, 80, 2),
            CoreGrid {
                columns: 0,
                rows: 1
            }
        );
        assert_eq!(
            CoreGrid::of(256, 80, 2),
            CoreGrid {
                columns: 0,
                rows: 2
            }
        );
    }
}
