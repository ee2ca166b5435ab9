//! [`Regions`]: the layout for a terminal size. Pure, so that `update` can scroll by what `view`
//! shows.
//!
//! ```text
//! header   0[|||   25.0%]        1[||||    48.1%]     cores, memory and swap, then one line of words
//! tabs     1 Containers  2 Images  3 Networks
//! body     STATE  NAME  PID …                         the list, as high as it needs; of another tab everything
//! divider  ─ web ─ Overview  Processes  Logs ───      the panes of the selected one (Containers tab only)
//! pane     …
//! bar      ? Help  r Run  s Stop …
//! ```

use ratatui::layout::{Rect, Size};

use super::{Frame, LogSize, Tab};

/// The smallest terminal that everything fits into.
pub const MIN_SIZE: Size = Size::new(40, 10);

/// The narrowest useful bar of a core.
const MIN_CORE_WIDTH: usize = 18;
/// The width of a core's bar when there is room.
const WIDE_CORE_WIDTH: usize = 38;

/// The narrowest tile: its border and a gauge with its figures.
const MIN_TILE_WIDTH: u16 = 28;
/// A tile with everything in it: a border, the state, two gauges and a graph.
const TILE_HEIGHT: u16 = 6;

/// The fewest rows of a list: its heading and two containers.
const MIN_LIST: u16 = 3;
/// The fewest rows of a pane; where there are fewer it is not shown beside the list.
const MIN_PANE: u16 = 4;
/// From this size on list and pane are shown one above the other; below they take turns.
const BOTH: Size = Size::new(60, MIN_LIST + 1 + MIN_PANE);

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
    /// The content of the tab; on the Containers tab the list, empty while a pane is zoomed.
    pub body: Rect,
    /// The names of the panes; empty without a pane.
    pub divider: Rect,
    /// The pane about the selected container; empty on other tabs and where there is no room.
    pub pane: Rect,
    /// The keys.
    pub bar: Rect,
}

/// What the layout depends on, beside the size of the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// Cores of the host.
    pub cores: usize,
    /// The tab shown.
    pub tab: Tab,
    /// How list and pane are divided.
    pub frame: &'a Frame,
    /// Rows in the list.
    pub rows: usize,
    /// Whether they are shown as tiles.
    pub tiles: bool,
}

impl Regions {
    /// The regions for a terminal of `size`; `None` when it is too small.
    #[must_use]
    pub fn of(size: Size, content: &Content<'_>) -> Option<Self> {
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
        let cores = CoreGrid::of(content.cores, usize::from(width), max_core_rows);
        // a low screen has one line about the host, without bars
        let header = if height < 15 {
            1
        } else {
            cores.rows as u16 + 2
        };
        let rest = height - header - 2;
        let list = match (content.tab, content.frame.zoomed) {
            (Tab::Containers, true) => 0,
            (Tab::Containers, false) if width < BOTH.width || rest < BOTH.height => rest,
            (Tab::Containers, false) => content.list_rows(Rect::new(0, 0, width, rest)),
            _ => rest,
        };
        let divider = u16::from(list < rest);
        let row = |y: u16, rows: u16| Rect::new(0, y, width, rows);
        let top = header + 1;
        Some(Self {
            header: row(0, header),
            cores,
            tabs: row(header, 1),
            body: row(top, list),
            divider: row(top + list, divider),
            pane: row(top + list + divider, rest - list - divider),
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

    /// The part of the pane below its own title: log lines, a shell's terminal.
    #[must_use]
    pub fn below_title(&self) -> Rect {
        Rect {
            y: self.pane.y + u16::from(self.pane.height > 0),
            height: self.pane.height.saturating_sub(1),
            ..self.pane
        }
    }

    /// The size of the shown part of a log.
    #[must_use]
    pub fn log_size(&self) -> LogSize {
        let area = self.below_title();
        LogSize {
            width: usize::from(area.width),
            height: usize::from(area.height),
        }
    }
}

impl Content<'_> {
    /// The rows that the list gets of `area`: what it needs, but no more than its share, and no
    /// fewer than the pane can spare.
    fn list_rows(&self, area: Rect) -> u16 {
        let rest = area.height;
        let most = self.frame.share(rest);
        let (needed, least) = if self.tiles {
            let grid = TileGrid::of(Rect {
                height: most.max(TILE_HEIGHT),
                ..area
            });
            let rows = self.rows.div_ceil(grid.columns).max(1);
            let needed = rows.saturating_mul(usize::from(grid.height));
            (needed, TILE_HEIGHT)
        } else {
            (self.rows.max(1) + 1, MIN_LIST)
        };
        let needed = u16::try_from(needed).unwrap_or(u16::MAX);
        needed
            .min(most)
            .clamp(least, (rest - 1 - MIN_PANE).max(least))
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

    const SIZES: [(u16, u16); 9] = [
        (40, 10),
        (60, 15),
        (80, 24),
        (120, 40),
        (200, 60),
        (300, 100),
        (61, 19),
        (1000, 15),
        (45, 80),
    ];

    fn content(frame: &Frame, cores: usize, tab: Tab, rows: usize, tiles: bool) -> Content<'_> {
        Content {
            cores,
            tab,
            frame,
            rows,
            tiles,
        }
    }

    #[test]
    fn everything_fits_at_every_size() {
        for tab in Tab::ALL.iter().copied() {
            for (cores, size) in [0, 1, 2, 7, 64, 256, 1024]
                .into_iter()
                .flat_map(|cores| SIZES.map(|size| (cores, size)))
            {
                for (rows, divider, zoomed, tiles) in [
                    (0, None, false, false),
                    (7, None, false, false),
                    (1_000, Some(0), false, false),
                    (1_000, Some(100), false, true),
                    (5, Some(50), true, false),
                ] {
                    let frame = Frame {
                        divider,
                        zoomed,
                        ..Frame::default()
                    };
                    let content = content(&frame, cores, tab, rows, tiles);
                    let regions = Regions::of(size.into(), &content).unwrap();
                    let parts = [
                        regions.header,
                        regions.tabs,
                        regions.body,
                        regions.divider,
                        regions.pane,
                        regions.bar,
                    ];
                    let mut next = 0;
                    for part in parts {
                        assert_eq!(part.y, next, "{tab:?} {cores} {size:?}");
                        next += part.height;
                    }
                    assert_eq!(next, size.1, "{tab:?} {cores} {size:?}: {regions:?}");
                    let turns = zoomed && tab == Tab::Containers;
                    assert!(
                        turns || regions.body.height >= MIN_LIST,
                        "{tab:?} {cores} {size:?}: {regions:?}"
                    );
                    assert_eq!(regions.divider.height > 0, regions.pane.height > 0);
                    assert!(
                        regions.pane.height == 0 || regions.pane.height >= MIN_PANE || tiles,
                        "{tab:?} {cores} {size:?}: {regions:?}"
                    );
                }
            }
        }
        let frame = Frame::default();
        let content = content(&frame, 4, Tab::Containers, 3, false);
        assert_eq!(Regions::of(Size::new(39, 24), &content), None);
        assert_eq!(Regions::of(Size::new(80, 9), &content), None);
    }

    #[test]
    fn the_pane_has_the_rows_that_the_list_does_not_need() {
        let frame = Frame::default();
        let regions = |rows| {
            let content = content(&frame, 2, Tab::Containers, rows, false);
            Regions::of(Size::new(120, 40), &content).unwrap()
        };
        assert_eq!(regions(3).body.height, 4);
        let (few, many) = (regions(3), regions(300));
        assert_eq!(
            few.body.height + few.pane.height,
            many.body.height + many.pane.height
        );
        assert_eq!(many.body.height, many.pane.height, "half of them each");
    }

    #[test]
    fn tiles_are_wide_enough_and_at_least_one_is_whole() {
        for size in SIZES {
            for cores in [0, 1, 64, 1024] {
                let frame = Frame::default();
                let content = content(&frame, cores, Tab::Containers, 20, true);
                let regions = Regions::of(size.into(), &content).unwrap();
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
