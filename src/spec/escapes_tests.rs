//! Tests of `escapes.rs`: examples, and properties of all text.

use super::*;

/// Characters with a meaning to a terminal, and some without.
const MARKS: &str = "\x1b\x1b\x1b[[]]P\\\\;;m0138?(\u{90}\u{9b}\u{9c}\u{9d}\x07\n\r\t\0\x18 aZé漢\u{202e}\u{200b}\u{180e}\u{fe0f}\u{e0041}\u{e0101}\u{ad}\u{7f}";

/// Texts made of `marks`, the same at every run (xorshift).
fn texts(marks: &[char], count: u64, longest: u64) -> impl Iterator<Item = String> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..count).map(move |_| {
        let length = random() % longest;
        (0..length)
            .map(|_| marks[(random() % marks.len() as u64) as usize])
            .collect()
    })
}

fn pieces(parts: &[&[u8]]) -> String {
    let mut text = String::new();
    let mut out = |piece: Piece<'_>| match piece {
        Piece::Text(c) => text.push(c),
        Piece::Colour(sequence) => {
            text.push_str(&format!("<{}>", sequence.trim_start_matches('\u{1b}')))
        }
    };
    let mut scanner = Scanner::default();
    parts.iter().for_each(|part| scanner.bytes(part, &mut out));
    scanner.end(&mut out);
    text
}

#[test]
fn nothing_of_a_name_is_removed() {
    for (text, safe) in [
        ("plain text é 漢 👩", "plain text é 漢 👩"),
        ("passwd\x1b[0m", "passwd␛[0m"),
        ("passwd\x1b]0;hidden tail\x07", "passwd␛]0;hidden tail␇"),
        ("a\tb\nc\0\x7f", "a␉b␊c␀␡"),
        ("\u{9b}31m\u{85}", "<U+009B>31m<U+0085>"),
        ("safe\u{202e}txt.exe", "safe<U+202E>txt.exe"),
        (
            "z\u{200b}e\u{fe0f}r\u{34f}o",
            "z<U+200B>e<U+FE0F>r<U+034F>o",
        ),
        ("a\u{a0}b\u{3000}\u{e0041}", "a<U+00A0>b<U+3000><U+E0041>"),
    ] {
        assert_eq!(sanitize(text), safe, "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_told_apart() {
    let names = [&b"a\xff"[..], b"a\xfe", b"\xe2\x82", b"\xc3\xa9"].map(name_of);
    assert_eq!(names, ["a<FF>", "a<FE>", "<E2><82>", "é"]);
}

#[test]
fn names_that_differ_look_different() {
    let marks: Vec<char> = MARKS.chars().collect();
    let mut seen = std::collections::HashMap::new();
    for text in texts(&marks, 50_000, 8) {
        let other = seen
            .entry(sanitize(&text).into_owned())
            .or_insert_with(|| text.clone());
        assert_eq!(*other, text, "they look the same");
    }
}

#[test]
fn sequences_are_removed_from_logs_and_controls_shown() {
    for (text, safe) in [
        ("plain\ttext é 漢", "plain\ttext é 漢"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07a\x1b]8;;x\x1b\\b", "ab"),
        ("\u{9b}2Ja\u{9d}0;t\u{9c}b\u{90}q\x1b\\c", "abc"),
        ("\x1bP1$r0m\x1b\\a\u{9f}hidden\x1b\\b", "ab"),
        ("\x1b(Ba\x1bcb\x1b7", "ab"),
        ("two\nlines\r", "two␊lines␍"),
        ("\x1b[31", "␛[31"),
        ("\x1b]52;c;never ended", "␛]52;c;never ended"),
        ("\x1b]0;a line\nends it\x07", "␛]0;a line␊ends it␇"),
        ("\x1b]a\x1b[1mb\u{9d}c\x1b[0md", "␛]ab\u{fffd}cd"),
        ("\x1b[\x1b[2Jx", "␛[x"),
        ("\x1b]x\x1b", "␛]x␛"),
        ("safe\u{202e}txt.exe", "safe\u{fffd}txt.exe"),
        ("\u{e0041}tag", "\u{fffd}tag"),
        ("z\u{200b}e\u{180e}r\u{fe0f}o\u{e0100}\u{ad}", "zero"),
        ("\0\x7f\u{85}", "␀␡\u{fffd}"),
        ("\x1b", "␛"),
    ] {
        assert_eq!(logged(text), safe, "{text:?}");
    }
}

#[test]
fn colours_are_recognised() {
    for (text, seen) in [
        ("\x1b[1;31mred\x1b[m", "<[1;31m>red<[m>"),
        ("\u{9b}32mgreen", "<\u{9b}32m>green"),
        ("\x1b[38;5;8m\x1b[48:2:8:8:8ma", "<[38;5;8m><[48:2:8:8:8m>a"),
        ("\x1b[8mconcealed\x1b[0;08m\x1b[38;1;8m", "concealed"),
        ("\x1b[>4;2m\x1b[?4m\x1b[31 m\x1b[2J\x1b[99999m", ""),
    ] {
        assert_eq!(pieces(&[text.as_bytes()]), seen, "{text:?}");
    }
}

#[test]
fn output_does_not_depend_on_chunks() {
    let marks: Vec<char> = MARKS.chars().collect();
    for (number, text) in texts(&marks, 3_000, 24).enumerate() {
        let mut bytes = text.into_bytes();
        // every second one is invalid UTF-8
        if number % 2 == 1 && !bytes.is_empty() {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x80;
        }
        let whole = pieces(&[&bytes]);
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(pieces(&[head, tail]), whole, "{bytes:?} cut at {at}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(pieces(&single), whole, "{bytes:?} byte for byte");
    }
}

#[test]
fn bytes_are_read_as_from_utf8_lossy_reads_them() {
    for bytes in [
        &b"\xff\xfea\xe2\x82"[..],
        b"\xf0\x9f\x91",
        b"\xc0\x80\xed\xa0\x80",
        b"\xe2\x28\xa1",
        b"a\xf0\x9fb",
    ] {
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(pieces(&single), String::from_utf8_lossy(bytes), "{bytes:?}");
    }
}

#[test]
fn output_is_safe_and_sanitizing_is_idempotent() {
    let marks: Vec<char> = MARKS.chars().collect();
    let every: Vec<char> = ('\0'..='\u{2fff}')
        .chain('\u{fe00}'..='\u{ffff}')
        .chain('\u{e0000}'..='\u{e0fff}')
        .collect();
    for text in texts(&marks, 50_000, 32).chain(texts(&every, 500, 2_000)) {
        let safe = sanitize(&text);
        assert!(!safe.chars().any(is_unsafe), "{text:?} → {safe:?}");
        assert!(safe.chars().all(|c| !c.is_control()), "{text:?} → {safe:?}");
        assert_eq!(sanitize(&safe), safe, "{text:?}");
        let line = logged(&text);
        assert!(
            !line.chars().any(|c| shown(c) != Some(c)),
            "{text:?} → {line:?}"
        );
        assert_eq!(logged(&line), line, "{text:?}");
    }
}

#[test]
fn hostile_text_takes_linear_time_and_bounded_memory() {
    // quadratic time would take hours here
    for (unit, seen) in [
        ("\x1b]x", "␛]x"),
        ("\u{9d}", "\u{fffd}"),
        ("\x1b[1", "␛[1"),
        ("\x1b]\x1b", "␛]␛"),
    ] {
        let text = unit.repeat(1_000_000);
        assert!(logged(&text).starts_with(&seen.repeat(1_000)), "{unit:?}");
    }
    let mut scanner = Scanner::default();
    let mut count = 0;
    for _ in 0..1_000 {
        scanner.text(&"\x1b]x".replace('x', &"y".repeat(10_000)), &mut |_| {
            count += 1
        });
    }
    assert!(
        scanner.held.len() <= MAX_SEQUENCE && scanner.held.capacity() <= 4 * MAX_SEQUENCE,
        "{}",
        scanner.held.capacity()
    );
    assert_eq!(count, 10_002_000, "too long for a sequence is seen");
}

#[test]
fn a_sequence_has_a_maximum_length_whatever_it_is_made_of() {
    // its beginning, ESC and ], has two bytes
    for filler in ["y", "é", "€", "\u{1f40b}"] {
        let longest = (MAX_SEQUENCE - 2) / filler.len();
        let removed = |count: usize| logged(&format!("\x1b]{}\u{7}", filler.repeat(count)));
        assert_eq!(removed(longest), "", "{filler}");
        assert!(removed(longest + 1).contains(filler), "{filler}");
    }
}
