//! Finding a container by id, name or id prefix.

use super::Error;
use crate::spec::{ContainerId, ContainerName, IdLookup, lookup};

/// The id of the one in `known` with this id, name or unique id prefix.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Ambiguous`].
pub(super) fn find_id<'a>(
    word: &str,
    known: impl Iterator<Item = (&'a ContainerId, &'a ContainerName)>,
) -> Result<ContainerId, Error> {
    match lookup(word, known) {
        IdLookup::Found(id) => Ok(id),
        IdLookup::Unknown => Err(Error::Unknown(word.to_owned())),
        IdLookup::Ambiguous(ids) => Err(Error::Ambiguous {
            word: word.to_owned(),
            count: ids.len(),
        }),
    }
}
