//! The BPF program: a binary search over system call numbers, then comparisons of arguments.

use std::collections::BTreeMap;

use nix::libc::{self, sock_filter};

/// The action for a system call, in the kernel's order of precedence, the strictest first
/// (seccomp(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    /// The process dies by SIGSYS.
    KillProcess,
    /// The thread dies by SIGSYS.
    KillThread,
    /// The thread gets SIGSYS.
    Trap,
    /// It fails with this errno.
    Errno(u16),
    /// It is executed and logged.
    Log,
    /// It is executed.
    Allow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    NotEqual,
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
    /// The argument masked with this equals the value.
    MaskedEqual(u64),
}

/// A comparison of one 64-bit argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comparison {
    pub argument: u8,
    pub operator: Operator,
    pub value: u64,
}

/// An action for a system call whose arguments match all comparisons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub action: Action,
    pub all_of: Vec<Comparison>,
}

/// Offsets in `struct seccomp_data` (seccomp(2)).
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const ARGUMENTS: u32 = 16;

#[cfg(target_arch = "x86_64")]
const NATIVE: u32 = 0xc000_003e; // AUDIT_ARCH_X86_64
#[cfg(target_arch = "aarch64")]
const NATIVE: u32 = 0xc000_00b7; // AUDIT_ARCH_AARCH64

/// The first number of the x32 ABI, whose calls have the native architecture's value
/// (`__X32_SYSCALL_BIT`).
const X32: u32 = 0x4000_0000;
const ENOSYS: u16 = 38;

/// Compiles the program; `None` when it would exceed the kernel's limit. Calls of another ABI
/// (i386, x32) are refused: numbers mean other calls there.
pub(super) fn compile(
    rules: &BTreeMap<u32, Vec<Rule>>,
    default: Action,
) -> Option<Vec<sock_filter>> {
    let mut program = Assembler(Vec::new());
    program.load(ARCH);
    program.jump(libc::BPF_JEQ, NATIVE, 1, 0);
    program.end(Action::KillProcess);
    program.load(NUMBER);
    if cfg!(target_arch = "x86_64") {
        program.jump(libc::BPF_JGE, X32, 0, 1);
        program.end(Action::Errno(ENOSYS));
    }
    program.choose(&segments(rules, default), default);
    (program.0.len() <= libc::BPF_MAXINSNS as usize).then_some(program.0)
}

/// Ranges of numbers with the same rules: the start of each, and its rules in order of evaluation.
fn segments(rules: &BTreeMap<u32, Vec<Rule>>, default: Action) -> Vec<(u32, Vec<Rule>)> {
    let otherwise = || {
        vec![Rule {
            action: default,
            all_of: Vec::new(),
        }]
    };
    let mut segments: Vec<(u32, Vec<Rule>)> = vec![(0, otherwise())];
    let mut begin = |number: u32, rules: Vec<Rule>| match segments.last_mut() {
        Some((at, last)) if *at == number => *last = rules,
        _ => segments.push((number, rules)),
    };
    for (number, rules) in rules {
        begin(*number, ordered(rules, default));
        begin(number + 1, otherwise());
    }
    // the kernel verifies and compiles the program at each start: keep it short
    segments.dedup_by(|later, earlier| later.1 == earlier.1);
    segments
}

/// Orders rules with comparisons before those without, the strictest first. Rules after an
/// unconditional one are never reached.
fn ordered(rules: &[Rule], default: Action) -> Vec<Rule> {
    let (mut conditional, mut always): (Vec<Rule>, Vec<Rule>) = rules
        .iter()
        .cloned()
        .partition(|rule| !rule.all_of.is_empty());
    conditional.sort_by_key(|rule| rule.action);
    always.sort_by_key(|rule| rule.action);
    conditional.extend(always.into_iter().next().or(Some(Rule {
        action: default,
        all_of: Vec::new(),
    })));
    conditional
}

struct Assembler(Vec<sock_filter>);

impl Assembler {
    fn push(&mut self, code: u32, k: u32, jt: u8, jf: u8) {
        self.0.push(sock_filter {
            code: code as u16,
            jt,
            jf,
            k,
        });
    }

    fn load(&mut self, offset: u32) {
        self.push(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0);
    }

    fn jump(&mut self, operator: u32, value: u32, jt: u8, jf: u8) {
        self.push(libc::BPF_JMP | operator | libc::BPF_K, value, jt, jf);
    }

    fn end(&mut self, action: Action) {
        let value = match action {
            Action::KillProcess => libc::SECCOMP_RET_KILL_PROCESS,
            Action::KillThread => libc::SECCOMP_RET_KILL_THREAD,
            Action::Trap => libc::SECCOMP_RET_TRAP,
            Action::Errno(errno) => libc::SECCOMP_RET_ERRNO | u32::from(errno),
            Action::Log => libc::SECCOMP_RET_LOG,
            Action::Allow => libc::SECCOMP_RET_ALLOW,
        };
        self.push(libc::BPF_RET | libc::BPF_K, value, 0, 0);
    }

    /// Binary search over the segments. A conditional jump reaches 255 instructions; beyond that a
    /// long jump is used.
    fn choose(&mut self, segments: &[(u32, Vec<Rule>)], default: Action) {
        match segments {
            [] => self.end(default),
            [(_, rules)] => rules.iter().for_each(|rule| self.rule(rule)),
            _ => {
                let (low, high) = segments.split_at(segments.len() / 2);
                let mut below = Self(Vec::new());
                below.choose(low, default);
                match u8::try_from(below.0.len()) {
                    Ok(distance) => self.jump(libc::BPF_JGE, high[0].0, distance, 0),
                    Err(_) => {
                        self.jump(libc::BPF_JGE, high[0].0, 0, 1);
                        self.push(libc::BPF_JMP | libc::BPF_JA, below.0.len() as u32, 0, 0);
                    }
                }
                self.0.append(&mut below.0);
                self.choose(high, default);
            }
        }
    }

    /// Returns the rule's action, or falls through when an argument does not match.
    fn rule(&mut self, rule: &Rule) {
        let mut mismatches = Vec::new();
        for comparison in &rule.all_of {
            self.compare(*comparison, &mut mismatches);
        }
        self.end(rule.action);
        let behind = self.0.len();
        for (at, when_true) in mismatches {
            let distance = (behind - at - 1) as u8;
            let jump = &mut self.0[at];
            *(if when_true {
                &mut jump.jt
            } else {
                &mut jump.jf
            }) = distance;
        }
    }

    /// Falls through when the comparison holds. `mismatches` collects the jumps taken otherwise:
    /// position and outcome. Arguments have 64 bits, BPF words 32: the upper half decides unless it
    /// is equal (little-endian on all supported architectures).
    fn compare(&mut self, comparison: Comparison, mismatches: &mut Vec<(usize, bool)>) {
        let low_at = ARGUMENTS + 8 * u32::from(comparison.argument);
        let (low, high) = (comparison.value as u32, (comparison.value >> 32) as u32);
        match comparison.operator {
            Operator::Equal | Operator::MaskedEqual(_) => {
                let mask = if let Operator::MaskedEqual(mask) = comparison.operator {
                    mask
                } else {
                    u64::MAX
                };
                for (offset, mask, value) in [
                    (low_at, mask as u32, low),
                    (low_at + 4, (mask >> 32) as u32, high),
                ] {
                    self.load(offset);
                    self.push(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, mask, 0, 0);
                    mismatches.push((self.0.len(), false));
                    self.jump(libc::BPF_JEQ, value, 0, 0);
                }
            }
            Operator::NotEqual => {
                self.load(low_at + 4);
                self.jump(libc::BPF_JEQ, high, 0, 2);
                self.load(low_at);
                mismatches.push((self.0.len(), true));
                self.jump(libc::BPF_JEQ, low, 0, 0);
            }
            // greater: the upper half is greater, or equal and the lower half matches
            Operator::Greater | Operator::GreaterOrEqual => {
                let lower = if comparison.operator == Operator::Greater {
                    libc::BPF_JGT
                } else {
                    libc::BPF_JGE
                };
                self.load(low_at + 4);
                self.jump(libc::BPF_JGT, high, 3, 0);
                mismatches.push((self.0.len(), false));
                self.jump(libc::BPF_JEQ, high, 0, 0);
                self.load(low_at);
                mismatches.push((self.0.len(), false));
                self.jump(lower, low, 0, 0);
            }
            // less: not greater or equal, half by half
            Operator::Less | Operator::LessOrEqual => {
                let lower = if comparison.operator == Operator::Less {
                    libc::BPF_JGE
                } else {
                    libc::BPF_JGT
                };
                self.load(low_at + 4);
                mismatches.push((self.0.len(), true));
                self.jump(libc::BPF_JGT, high, 0, 0);
                self.jump(libc::BPF_JEQ, high, 0, 2);
                self.load(low_at);
                mismatches.push((self.0.len(), true));
                self.jump(lower, low, 0, 0);
            }
        }
    }
}
