//! [`Access`]: where a field of the launch form stands in a request.

use crate::spec::{
    ContainerRequest, DEFAULT_IMAGE, LimitKey, NetworkMode, PidMode, Preset, RestartPolicy,
    SpecError, quote_command,
};
use crate::tui::model::cpu_amount::{cpu_text, set_cap};

type Outcome = Result<(), SpecError>;

/// Where a field stands in a request.
pub(super) enum Access {
    /// A limit of the table.
    Limit(&'static LimitKey),
    /// A text.
    Text(fn(&mut Preset) -> &mut Option<String>),
    /// Texts.
    Texts(fn(&mut Preset) -> &mut Vec<String>),
    /// Yes, or nothing.
    Switch(fn(&mut Preset) -> &mut Option<bool>),
    /// By functions of its own.
    Own(
        fn(&ContainerRequest) -> Vec<String>,
        fn(&mut ContainerRequest, Vec<String>) -> Outcome,
    ),
}

impl Access {
    /// The texts of its value; none is the default.
    pub(super) fn read(&self, request: &ContainerRequest) -> Vec<String> {
        let mut settings = request.settings.clone();
        match self {
            Self::Limit(key) => {
                let mut asked = settings.asked_limits();
                let found = asked.find(|(other, _)| other.key == key.key);
                found.map_or(Vec::new(), |(_, texts)| texts.to_vec())
            }
            Self::Text(get) => get(&mut settings).take().into_iter().collect(),
            Self::Texts(get) => std::mem::take(get(&mut settings)),
            Self::Switch(get) => match get(&mut settings) {
                Some(true) => vec!["yes".into()],
                Some(false) | None => Vec::new(),
            },
            Self::Own(read, _) => read(request),
        }
    }

    /// Replaces its value by that of `texts`.
    pub(super) fn write(&self, request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
        let settings = &mut request.settings;
        match self {
            Self::Limit(key) => {
                settings.clear(key);
                let texts = texts.into_iter().filter(|text| !text.trim().is_empty());
                texts.for_each(|text| settings.ask(key, text.trim().to_owned()));
            }
            Self::Text(get) => *get(settings) = one(texts),
            Self::Texts(get) => *get(settings) = texts,
            Self::Switch(get) => *get(settings) = one(texts).map(|_| true),
            Self::Own(_, write) => write(request, texts)?,
        }
        Ok(())
    }
}

fn one(texts: Vec<String>) -> Option<String> {
    let text = texts.into_iter().next()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn some(text: Option<String>) -> Vec<String> {
    text.into_iter().collect()
}

fn yes(on: bool) -> Vec<String> {
    some(on.then(|| "yes".to_owned()))
}

pub(super) fn image(request: &ContainerRequest) -> Vec<String> {
    let settings = &request.settings;
    let image = settings.root.clone().or_else(|| settings.image.clone());
    vec![image.unwrap_or_else(|| DEFAULT_IMAGE.into())]
}

/// A word with a slash is a folder.
pub(super) fn set_image(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    let text = one(texts).filter(|text| text != DEFAULT_IMAGE);
    let settings = &mut request.settings;
    (settings.root, settings.image) = match text {
        Some(folder) if folder.contains('/') => (Some(folder), None),
        image => (None, image),
    };
    Ok(())
}

pub(super) fn command(request: &ContainerRequest) -> Vec<String> {
    some(request.settings.command.as_deref().map(quote_command))
}

pub(super) fn set_command(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    let text = one(texts).unwrap_or_default();
    let words =
        shell_words::split(&text).map_err(|error| SpecError::new("command", error.to_string()))?;
    request.settings.command = Some(words).filter(|words| !words.is_empty());
    Ok(())
}

pub(super) fn name(request: &ContainerRequest) -> Vec<String> {
    some(request.name.clone())
}

pub(super) fn set_name(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    request.name = one(texts);
    Ok(())
}

pub(super) fn cpu(request: &ContainerRequest) -> Vec<String> {
    vec![cpu_text(&request.settings)]
}

pub(super) fn set_cpu(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    set_cap(&mut request.settings, &one(texts).unwrap_or_default());
    Ok(())
}

pub(super) fn tty(request: &ContainerRequest) -> Vec<String> {
    yes(request.tty)
}

pub(super) fn set_tty(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    request.tty = one(texts).is_some();
    Ok(())
}

pub(super) fn interactive(request: &ContainerRequest) -> Vec<String> {
    yes(request.interactive)
}

pub(super) fn set_interactive(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    request.interactive = one(texts).is_some();
    Ok(())
}

pub(super) fn remove(request: &ContainerRequest) -> Vec<String> {
    yes(request.remove)
}

pub(super) fn set_remove(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    request.remove = one(texts).is_some();
    Ok(())
}

pub(super) fn init(request: &ContainerRequest) -> Vec<String> {
    let word = |init: bool| if init { "yes" } else { "no" };
    some(request.settings.init.map(|init| word(init).to_owned()))
}

pub(super) fn set_init(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    request.settings.init = one(texts).map(|word| word == "yes");
    Ok(())
}

pub(super) fn new_privileges(request: &ContainerRequest) -> Vec<String> {
    yes(request.settings.no_new_privileges == Some(false))
}

pub(super) fn set_new_privileges(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    request.settings.no_new_privileges = one(texts).map(|_| false);
    Ok(())
}

pub(super) fn net(request: &ContainerRequest) -> Vec<String> {
    some(request.settings.net.as_ref().map(ToString::to_string))
}

pub(super) fn set_net(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    let mode = one(texts).map(|text| text.parse::<NetworkMode<String>>());
    request.settings.net = mode.transpose()?;
    Ok(())
}

pub(super) fn pid(request: &ContainerRequest) -> Vec<String> {
    some(request.settings.pid.as_ref().map(ToString::to_string))
}

pub(super) fn set_pid(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    let mode = one(texts).map(|text| text.parse::<PidMode<String>>());
    request.settings.pid = mode.transpose()?;
    Ok(())
}

pub(super) fn restart(request: &ContainerRequest) -> Vec<String> {
    some(request.settings.restart.map(String::from))
}

pub(super) fn set_restart(request: &mut ContainerRequest, texts: Vec<String>) -> Outcome {
    let policy = one(texts).map(|text| text.parse::<RestartPolicy>());
    request.settings.restart = policy.transpose()?;
    Ok(())
}
