//! The kernel's random numbers (getrandom(2)).

use nix::errno::Errno;

/// Fills `bytes`. In a static program the crate getrandom would open and poll `/dev/random`
/// instead.
///
/// # Errors
/// ENOSYS before Linux 3.17.
pub(crate) fn fill(bytes: &mut [u8]) -> nix::Result<()> {
    let mut filled = 0;
    while filled < bytes.len() {
        let rest = &mut bytes[filled..];
        // SAFETY: the buffer is valid and writable for its length during the call.
        match Errno::result(unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) }) {
            Err(Errno::EINTR) => {}
            other => filled += other? as usize,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_draws_differ() {
        let (mut one, mut two) = ([0; 16], [0; 16]);
        super::fill(&mut one).unwrap();
        super::fill(&mut two).unwrap();
        assert_ne!(one, two);
    }
}
