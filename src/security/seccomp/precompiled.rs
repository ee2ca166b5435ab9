//! The default profile's program for the default capabilities, from `assets/seccomp.x86_64.bpf`; a
//! test compiles it again and compares.

use nix::libc::sock_filter;

/// The program, if there is one for this architecture. It does not depend on the kernel version.
#[must_use]
pub(crate) fn precompiled() -> Option<Vec<sock_filter>> {
    #[cfg(target_arch = "x86_64")]
    return Some(decode(include_bytes!("../../../assets/seccomp.x86_64.bpf")));
    #[cfg(not(target_arch = "x86_64"))]
    None
}

/// Decodes instructions in the kernel's layout on little-endian machines (linux/filter.h, `struct
/// sock_filter`).
#[cfg(target_arch = "x86_64")]
fn decode(bytes: &[u8]) -> Vec<sock_filter> {
    let (instructions, _) = bytes.as_chunks::<8>();
    let instruction = |b: &[u8; 8]| sock_filter {
        code: u16::from_le_bytes([b[0], b[1]]),
        jt: b[2],
        jf: b[3],
        k: u32::from_le_bytes([b[4], b[5], b[6], b[7]]),
    };
    instructions.iter().map(instruction).collect()
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::super::Profile;
    use super::*;
    use crate::spec::Capabilities;

    #[test]
    fn it_is_the_default_profile_compiled() {
        let compiled = Profile::default_profile()
            .unwrap()
            .compile(Capabilities::default(), (u32::MAX, 0))
            .unwrap();
        assert_eq!(
            encode(&compiled),
            encode(
                &Profile::default_profile()
                    .unwrap()
                    .compile(Capabilities::default(), (0, 0))
                    .unwrap()
            )
        );
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/seccomp.x86_64.bpf");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(file, encode(&compiled)).unwrap();
        }
        assert!(
            std::fs::read(file).unwrap() == encode(&compiled),
            "assets/seccomp.json has changed: run this test with UPDATE_GOLDEN=1"
        );
        assert_eq!(encode(&decode(&encode(&compiled))), encode(&compiled));
    }

    fn encode(program: &[sock_filter]) -> Vec<u8> {
        program
            .iter()
            .flat_map(|i| [&i.code.to_le_bytes()[..], &[i.jt, i.jf], &i.k.to_le_bytes()].concat())
            .collect()
    }
}
