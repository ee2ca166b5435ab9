//! What comes over a socket or out of a container's terminal.

use minic_tui::internals::WindowSize;
use minic_tui::internals::{Reply, Request, StepReport};
use minic_tui::spec::ContainerId;
use minic_tui::tui::model::Shells;

/// Frames of the attach protocol, and what init reports: what is understood is written as it was
/// read, or means the same.
pub(super) fn frames(data: &[u8]) {
    if let Some(request) = Request::decode(data) {
        assert_eq!(request.encode(), data, "{request:?}");
        assert!(
            !matches!(request, Request::Signal(signal) | Request::Stop { signal, .. } if !(1..=64).contains(&signal))
        );
    }
    if let Some(reply) = Reply::decode(data) {
        assert_eq!(Reply::decode(&reply.encode()), Some(reply.clone()));
        if let Reply::Ended(cause) = reply {
            assert!(!cause.brief().is_empty() && !cause.sentence().is_empty());
            let _ = cause.exit_code();
        }
    }
    if let Some(report) = StepReport::decode(data) {
        assert_eq!(report.encode(), data);
    }
}

/// Output of a program in a container, and sizes of its terminal: the first byte of each
/// NUL-separated part is the size before it.
pub(super) fn terminal(data: &[u8]) {
    let size = |byte: u8| WindowSize {
        rows: u16::from(byte >> 4) * 3,
        columns: u16::from(byte & 15) * 9,
    };
    let mut shells = Shells::default();
    let id = shells.open(
        ContainerId::new("a").expect("an id"),
        "a".into(),
        WindowSize {
            rows: 24,
            columns: 80,
        },
    );
    for part in data.split(|byte| *byte == 0) {
        let Some((first, output)) = part.split_first() else {
            continue;
        };
        shells.fit(size(*first));
        let pane = shells.find(id).expect("it is open");
        let answer = pane.terminal.take(output);
        assert!(answer.len() <= output.len() * 8, "an answer is no flood");
        pane.terminal.scroll_to(usize::from(*first));
        let screen = pane.terminal.screen();
        let (rows, columns) = screen.size();
        let (row, column) = screen.cursor_position();
        assert!(
            row < rows.get() && column <= columns.get(),
            "the cursor is on the screen"
        );
        for row in 0..rows.get() {
            for column in 0..columns.get() {
                if let Some(cell) = screen.cell(row, column) {
                    assert!(
                        !cell.contents().chars().any(char::is_control),
                        "{:?}",
                        cell.contents()
                    );
                }
            }
        }
        pane.terminal.scroll_to(0);
    }
}
