//! Whatever the size and the facts: no overlap, nothing outside, nothing cut beside unused rows.

use super::columns::PAIRED_COLUMNS;
use super::*;
use Topic as T;

/// The sizes that screens have, and odd ones around them.
const WIDTHS: [u16; 10] = [1, 13, 40, 80, 99, 100, 159, 160, 200, 301];
const HEIGHTS: [u16; 15] = [0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 17, 22, 41, 80, 200];

fn texts(topics: &[(Topic, usize)]) -> Vec<(Topic, String)> {
    topics
        .iter()
        .map(|(topic, words)| (*topic, vec!["figure"; *words].join(" ")))
        .collect()
}

fn running() -> Facts {
    Facts {
        texts: texts(&[
            (T::Limits, 8),
            (T::Now, 14),
            (T::Health, 5),
            (T::Started, 4),
            (T::Command, 30),
            (T::Container, 6),
            (T::Mounts, 9),
        ]),
        log: vec![30, 0, 500, 16_000, 12, 44, 44],
        processes: 9,
        graphs: true,
        alive: true,
        figures: vec![Figure::Pids, Figure::Read, Figure::Write, Figure::PsiIo],
    }
}

fn stopped() -> Facts {
    Facts {
        texts: texts(&[
            (T::Ended, 12),
            (T::When, 9),
            (T::Next, 9),
            (T::Limits, 3),
            (T::Command, 5),
            (T::Container, 5),
        ]),
        log: vec![20; 50],
        graphs: true,
        ..Facts::default()
    }
}

fn created() -> Facts {
    Facts {
        texts: texts(&[(T::Next, 9), (T::Command, 3), (T::Limits, 3)]),
        ..Facts::default()
    }
}

/// Facts of every kind, some of them drawn by lot.
fn kinds() -> Vec<Facts> {
    let broken = Facts {
        texts: texts(&[(T::Broken, 9), (T::Next, 9)]),
        ..Facts::default()
    };
    let quiet = Facts {
        texts: texts(&[(T::Limits, 3), (T::Now, 8), (T::NoLog, 4), (T::Command, 2)]),
        processes: 1,
        graphs: true,
        alive: true,
        ..Facts::default()
    };
    let mut all = vec![
        running(),
        stopped(),
        created(),
        broken,
        quiet,
        Facts::default(),
    ];
    let mut seed = 7_u64;
    let mut lot = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    let topics = [
        T::Ended,
        T::When,
        T::Next,
        T::Limits,
        T::Now,
        T::Health,
        T::Without,
        T::Started,
        T::Command,
        T::Mounts,
        T::NoLog,
    ];
    for _ in 0..30 {
        let mut chosen = Vec::new();
        for topic in topics {
            if lot(3) > 0 {
                chosen.push((topic, lot(60) as usize));
            }
        }
        all.push(Facts {
            texts: texts(&chosen),
            log: (0..lot(40)).map(|_| lot(300) as usize).collect(),
            processes: lot(30) as usize,
            graphs: lot(2) == 1,
            alive: lot(2) == 1,
            figures: Figure::ALL[..lot(8) as usize].to_vec(),
        });
    }
    all
}

/// The unused rows of the columns, each with the columns' bounds.
fn unused(size: Size, parts: &[(Part, Rect)]) -> Vec<(u16, u16, u16)> {
    let mut edges: Vec<u16> = parts
        .iter()
        .filter(|(part, _)| *part == Part::Rule)
        .map(|(_, rect)| rect.x)
        .collect();
    edges.push(size.width);
    let mut from = 0;
    let mut found = Vec::new();
    for to in edges {
        let used: u16 = parts
            .iter()
            .filter(|(part, rect)| {
                // what stands at the right of a graph shares its rows
                !matches!(part, Part::Rule | Part::Memory) && rect.x == from
            })
            .map(|(_, rect)| rect.height)
            .sum();
        found.push((from, to, size.height - used));
        from = to + 1;
    }
    found
}

#[test]
fn parts_never_overlap_and_nothing_is_cut_beside_unused_rows() {
    for facts in kinds() {
        for width in WIDTHS {
            for height in HEIGHTS {
                let size = Size::new(width, height);
                let parts = plan(size, &facts);
                let about = || format!("{size:?} {facts:?}\n{parts:#?}");
                for (at, (_, rect)) in parts.iter().enumerate() {
                    assert!(
                        rect.right() <= width && rect.bottom() <= height && rect.height > 0,
                        "outside: {}",
                        about()
                    );
                    for (_, other) in &parts[at + 1..] {
                        assert!(!rect.intersects(*other), "overlap: {}", about());
                    }
                }
                let columns = unused(size, &parts);
                for (part, rect) in &parts {
                    let Some((from, to, free)) = columns
                        .iter()
                        .find(|(from, to, _)| rect.x >= *from && rect.x < *to)
                    else {
                        assert_eq!(*part, Part::Rule);
                        continue;
                    };
                    let need = facts.need(*part, to - from);
                    assert!(rect.height >= need.min, "{part:?} too low: {}", about());
                    assert!(
                        *free == 0 || rect.height >= need.max,
                        "{part:?} is cut beside {free} unused rows: {}",
                        about()
                    );
                }
                for (from, to, _) in &columns {
                    let mut graphs: Vec<Rect> = parts
                        .iter()
                        .filter(|(part, rect)| part.is_history() && (*from..*to).contains(&rect.x))
                        .map(|(_, rect)| *rect)
                        .collect();
                    let pairs = size.width >= WIDE && (to - from) / 2 > PAIRED_COLUMNS;
                    graphs.sort_by_key(|rect| (rect.y, rect.x));
                    let alone = |rect: &&Rect| rect.width == to - from;
                    assert!(
                        !pairs || graphs.iter().filter(alone).count() <= 1,
                        "graphs one below the other: {}",
                        about()
                    );
                    assert!(
                        graphs
                            .iter()
                            .all(|rect| alone(&rect) || rect.width >= PAIRED_COLUMNS),
                        "a pair that is too narrow: {}",
                        about()
                    );
                    assert!(
                        !graphs.iter().any(|rect| pairs && alone(&rect))
                            || facts.figures.iter().all(|figure| {
                                parts
                                    .iter()
                                    .any(|(part, _)| *part == Part::History(*figure))
                            }),
                        "a graph is left out that had room beside another: {}",
                        about()
                    );
                }
                let shown = |part: &Part| parts.iter().any(|(other, _)| other == part);
                for part in facts.steps().concat() {
                    if !shown(&part) {
                        assert!(
                            columns
                                .iter()
                                .all(|(from, to, free)| facts.need(part, to - from).min > *free),
                            "{part:?} is left out beside unused rows: {}",
                            about()
                        );
                    }
                }
                assert!(
                    columns.len() == 1 || columns.iter().all(|(_, _, free)| *free < height),
                    "an empty column: {}",
                    about()
                );
            }
        }
    }
}

fn shown(width: u16, height: u16, facts: &Facts) -> Vec<Part> {
    let mut parts: Vec<Part> = plan(Size::new(width, height), facts)
        .into_iter()
        .map(|(part, _)| part)
        .collect();
    parts.retain(|part| *part != Part::Rule);
    parts
}

#[test]
fn where_little_fits_the_essentials_are_shown() {
    let (limits, now) = (Part::Text(T::Limits), Part::Text(T::Now));
    assert_eq!(
        shown(80, 4, &running()),
        [limits, now, Part::Text(T::Health), Part::Log]
    );
    assert_eq!(shown(80, 3, &running()), [limits, now, Part::Log]);
    assert_eq!(shown(80, 1, &running()), [now]);
    assert_eq!(
        shown(80, 4, &stopped()),
        [
            Part::Text(T::Ended),
            Part::Text(T::When),
            Part::Text(T::Next),
            Part::Log
        ]
    );
    assert_eq!(shown(80, 1, &stopped()), [Part::Text(T::Ended)]);
    assert_eq!(shown(80, 1, &created()), [Part::Text(T::Next)]);
}

#[test]
fn width_makes_columns_and_height_makes_parts() {
    let columns = |width| {
        let parts = plan(Size::new(width, 30), &running());
        parts.iter().filter(|(part, _)| *part == Part::Rule).count() + 1
    };
    assert_eq!(
        [80, 99, 100, 159, 160, 300].map(columns),
        [1, 1, 2, 2, 3, 3]
    );
    let histories = |height| {
        shown(120, height, &running())
            .into_iter()
            .filter(|part| matches!(part, Part::History(_)))
            .count()
    };
    assert_eq!([8, 60].map(histories), [0, 4]);
    // a container that was never started has nothing for a second column
    let parts = plan(Size::new(300, 30), &created());
    assert!(parts.iter().all(|(_, rect)| rect.width == 300), "{parts:?}");
}

#[test]
fn a_graph_grows_into_what_nothing_else_wants() {
    let facts = Facts {
        texts: texts(&[(T::Limits, 2), (T::Now, 2)]),
        graphs: true,
        alive: true,
        ..Facts::default()
    };
    let parts = plan(Size::new(80, 40), &facts);
    let cpu = parts.iter().find(|(part, _)| *part == Part::Cpu).unwrap();
    assert_eq!(cpu.1.height, 38, "{parts:?}");
}

#[test]
fn a_heading_stands_above_two_processes_and_three_log_lines_or_more() {
    let rows = |processes: usize, lines: usize| {
        let facts = Facts {
            log: vec![10; lines],
            processes,
            ..running()
        };
        [Part::Processes, Part::Log].map(|part| {
            let need = facts.need(part, 80);
            (need.wanted, need.max)
        })
    };
    assert_eq!(rows(1, 1), [(1, 1), (1, 1)]);
    assert_eq!(rows(2, 2), [(3, 3), (2, 2)]);
    assert_eq!(rows(3, 3), [(4, 4), (4, 4)]);
    // wanted are four, and all of them where there is room
    assert_eq!(rows(9, 9), [(5, 10), (5, 10)]);
    // more rows than a rectangle can have
    let many = rows(70_000, 70_000);
    assert!(
        many.iter().all(|(wanted, max)| *wanted == 5 && *max > 9),
        "{many:?}"
    );
}
