//! What is wrong with the launch form, as the parsers of the flags say.

use std::collections::BTreeSet;

use super::field::{all_texts, request_of};
use super::{Field, Kind, LaunchForm};
use crate::manager::Error;
use crate::record::Record;
use crate::spec::{ContainerId, ContainerRequest, IdLookup, SpecError, lookup, preview_request};

/// Something that is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field.
    pub field: Field,
    /// Its line.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// The request of the form without what is wrong, and all that is wrong, in the order of the
/// fields.
pub(super) fn examine(form: &LaunchForm, records: &[Record]) -> (ContainerRequest, Vec<Problem>) {
    let mut wrong: Vec<(Field, String)> = Vec::new();
    let mut left_out = BTreeSet::new();
    let mut request = loop {
        let (request, error) = match draft(form, &left_out) {
            Ok(request) => {
                let error = parse(&request).err();
                (request, error)
            }
            Err(error) => (ContainerRequest::default(), Some(error)),
        };
        let Some(SpecError { field, reason }) = error else {
            break request;
        };
        let field = Field::named(field).unwrap_or(Field::COMMAND);
        wrong.push((field, reason));
        if !left_out.insert(field) {
            // two fields that blame each other
            break request;
        }
    };
    if left_out.contains(&Field::COMMAND) {
        request.settings.command = None;
    }
    wrong.extend(unknown_containers(form, records));
    let name = form.text(Field::NAME);
    if records
        .iter()
        .any(|record| record.spec.name.as_str() == name)
    {
        wrong.push((Field::NAME, Error::NameInUse(name.to_owned()).to_string()));
    }
    let mut problems: Vec<Problem> = Vec::new();
    for field in Field::all() {
        if let Some((_, reason)) = wrong.iter().find(|(other, _)| *other == field) {
            problems.push(Problem {
                field,
                line: wrong_line(form, field, reason),
                reason: reason.clone(),
            });
        }
    }
    let base = form.preset.as_ref().map(|(_, preset)| preset);
    (request.as_flags_can(base), problems)
}

/// The fields of the form over the preset as typed, right or not.
///
/// # Errors
/// A field whose text has no place in a request. A command whose quotes are open is left out.
pub(super) fn as_typed(form: &LaunchForm) -> Result<ContainerRequest, Field> {
    let base = request_of(form.preset.as_ref());
    let mut request = base.clone();
    for (field, texts) in all_texts(&base) {
        let own = form.texts(field);
        if own == texts || field == Field::PRESET {
            continue;
        }
        match field.put(&mut request, &own) {
            Ok(()) => {}
            Err(_) if field == Field::COMMAND => request.settings.command = None,
            Err(_) => return Err(field),
        }
    }
    let base = form.preset.as_ref().map(|(_, preset)| preset);
    Ok(request.as_flags_can(base))
}

/// The fields of the form over the preset. What is `left_out` has a value that is right.
fn draft(form: &LaunchForm, left_out: &BTreeSet<Field>) -> Result<ContainerRequest, SpecError> {
    let base = request_of(form.preset.as_ref());
    let mut request = base.clone();
    for (field, texts) in all_texts(&base) {
        let own = form.texts(field);
        if left_out.contains(&field) {
            field.put(&mut request, &field.placeholder())?;
        } else if own != texts && field != Field::PRESET {
            field.put(&mut request, &own)?;
        }
    }
    Ok(request)
}

fn parse(request: &ContainerRequest) -> Result<(), SpecError> {
    // this id is only for validation; the engine makes the real one
    let id = ContainerId::from_random([0; 6]);
    preview_request(id, request, &mut ContainerId::new).map(|_| ())
}

/// The containers that it is to join and that there are not.
fn unknown_containers(form: &LaunchForm, records: &[Record]) -> Vec<(Field, String)> {
    let all = || {
        records
            .iter()
            .map(|record| (&record.spec.id, &record.spec.name))
    };
    let mut unknown = Vec::new();
    for field in [Field::NET, Field::PID, Field::IPC] {
        let Some(word) = form.text(field).strip_prefix("container:") else {
            continue;
        };
        let reason = match lookup(word, all()) {
            IdLookup::Found(_) => continue,
            IdLookup::Unknown => Error::Unknown(word.to_owned()).to_string(),
            IdLookup::Ambiguous(ids) => {
                let (word, count) = (word.to_owned(), ids.len());
                Error::Ambiguous { word, count }.to_string()
            }
        };
        unknown.push((field, reason));
    }
    unknown
}

/// The line of `field` that is wrong by itself; the first when none is.
fn wrong_line(form: &LaunchForm, field: Field, reason: &str) -> usize {
    if field.kind() != Kind::List {
        return 0;
    }
    let alone = |text: &str| {
        let mut request = ContainerRequest::default();
        request.settings.command = Some(vec!["true".into()]);
        field
            .put(&mut request, &[text.to_owned()])
            .err()
            .or(parse(&request).err())
    };
    let lines = form.lines.get(&field).map_or(&[][..], Vec::as_slice);
    let is_it = |error: Option<SpecError>| error.is_some_and(|error| error.reason == reason);
    lines
        .iter()
        .position(|line| !line.text().trim().is_empty() && is_it(alone(line.text())))
        .unwrap_or(0)
}
