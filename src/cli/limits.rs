//! The limits, as `run`, `create` and `update` take them: made from the table of limits.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::spec::{LimitGroup, LimitKey, Preset, Unit};

/// The limits that most people need.
#[derive(Debug, Default)]
pub(super) struct BasicLimits(Given);

/// The other limits.
#[derive(Debug, Default)]
pub(super) struct MoreLimits(Given);

/// What was given, in the order of the table.
#[derive(Debug, Default)]
struct Given(Vec<(&'static LimitKey, String)>);

impl Given {
    fn put_into(self, request: &mut Preset) {
        for (key, text) in self.0 {
            request.ask(key, text);
        }
    }

    fn take(matches: &mut ArgMatches, group: LimitGroup) -> Self {
        let values = |key: &'static LimitKey| {
            let values = matches.remove_many::<String>(key.key);
            values.into_iter().flatten().map(move |text| (key, text))
        };
        Self(keys(group).flat_map(values).collect())
    }
}

fn keys(group: LimitGroup) -> impl Iterator<Item = &'static LimitKey> {
    LimitKey::all().filter(move |key| key.group == group)
}

fn add_flags(command: Command, group: LimitGroup) -> Command {
    let heading = match group {
        LimitGroup::Basic => "Limits",
        LimitGroup::More => "More limits",
    };
    command.args(keys(group).map(|key| {
        let action = if key.is_list {
            ArgAction::Append
        } else {
            ArgAction::Set
        };
        Arg::new(key.key)
            .long(key.flag)
            .visible_aliases(key.aliases.iter().copied())
            .value_name(key.value_name)
            .help(key.help)
            .help_heading(heading)
            // -1 is a number of pids
            .allow_hyphen_values(key.unit == Unit::Count)
            .action(action)
    }))
}

macro_rules! flags_of {
    ($limits:ident, $group:expr) => {
        impl $limits {
            /// Puts what was asked into `request`.
            pub(super) fn put_into(self, request: &mut Preset) {
                self.0.put_into(request);
            }
        }

        impl FromArgMatches for $limits {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                Self::from_arg_matches_mut(&mut matches.clone())
            }
            fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
                Ok(Self(Given::take(matches, $group)))
            }
            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Args for $limits {
            fn augment_args(command: Command) -> Command {
                add_flags(command, $group)
            }
            fn augment_args_for_update(command: Command) -> Command {
                add_flags(command, $group)
            }
        }
    };
}

flags_of!(BasicLimits, LimitGroup::Basic);
flags_of!(MoreLimits, LimitGroup::More);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_a_flag() {
        let command = || MoreLimits::augment_args(BasicLimits::augment_args(Command::new("t")));
        for key in LimitKey::all() {
            for flag in [&[key.flag], key.aliases].concat() {
                let words = ["t", &format!("--{flag}"), key.example].map(str::to_owned);
                let mut matches = command().try_get_matches_from(words).unwrap();
                let mut request = Preset::default();
                let basic = BasicLimits::from_arg_matches_mut(&mut matches).unwrap();
                basic.put_into(&mut request);
                let more = MoreLimits::from_arg_matches_mut(&mut matches).unwrap();
                more.put_into(&mut request);
                let mut expected = Preset::default();
                expected.ask(key, key.example.to_owned());
                assert_eq!(request, expected, "--{flag}");
            }
        }
    }
}
