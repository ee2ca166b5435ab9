//! [`main`]: from the arguments to a verb done, or to the screen that is to be opened.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::arguments::{Arguments, Globals, ScreenOptions, Verb};
use super::failure::{Failure, OURS};
use super::fast_path;
use super::session::{Session, load_config, need_root, overrides};
use super::stdout;
use super::web::{WebArguments, WebOptions};
use crate::config::{Config, Overrides};
use crate::manager::Engine;

/// What is left to do after the command line was read.
#[derive(Debug)]
pub enum Next {
    /// A verb was done: exit with this.
    Exit(ExitCode),
    /// No verb: open a screen.
    Screen(Box<Screen>),
    /// Serve the screen to browsers.
    Web(Box<Web>),
}

/// A browser monitor that was asked for.
#[derive(Debug)]
pub struct Web {
    /// The settings.
    pub config: Config,
    /// Who is let in, and where.
    pub options: WebOptions,
    /// The flags that the settings were made with.
    pub flags: Overrides,
}

/// A screen that was asked for.
#[derive(Debug)]
pub struct Screen {
    /// The settings.
    pub config: Config,
    /// On sample data (`--demo`); otherwise we are root.
    pub demo: bool,
    /// How it is shown.
    pub options: ScreenOptions,
    /// The flags that the settings were made with.
    pub flags: Overrides,
}

/// Reads the command line and does its verb. A panic inside is told by the hook of
/// [`install_panic_hook`] and is our failure (125).
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Next {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut verb = "";
    let done = catch_unwind(AssertUnwindSafe(|| dispatch(arguments, &mut verb)))
        .unwrap_or_else(|_| Err(Failure::silent(OURS)));
    done.unwrap_or_else(|failure| {
        failure.report(verb);
        Next::Exit(exit_code(failure.code))
    })
}

/// Says in one line why there is nothing to be done, and gives the exit code for it (125): for
/// whoever opens the screens.
#[must_use]
pub fn refuse(why: &str) -> ExitCode {
    Failure::ours(why).report("");
    exit_code(OURS)
}

/// Says something on standard output: for whoever serves the screen elsewhere.
///
/// # Errors
/// When nobody hears it.
pub fn say(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    // in one write: who reads only the first line of it has read everything
    out.write_all(format!("{line}\n").as_bytes())
        .and_then(|()| out.flush())
}

/// Says everything on `engine` in lines, and gives the exit code.
#[must_use]
pub fn plain(engine: &Arc<dyn Engine>) -> ExitCode {
    match super::plain::follow(engine) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report("");
            exit_code(failure.code)
        }
    }
}

/// A bug becomes one line, never a backtrace over somebody's terminal.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        Failure::ours(panic_line(panic)).report("")
    }));
}

fn panic_line(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let what = text
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic");
    let place = panic
        .location()
        .map_or(String::new(), |place| format!(" at {place}"));
    format!("internal error{place}: {what}; please report it")
}

fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

/// Leaves the verb's word in `word`, for what is said of a failure.
fn dispatch(arguments: Vec<OsString>, word: &mut &'static str) -> Result<Next, Failure> {
    need_own_rights()?;
    let parsed = match fast_path::parse(&arguments)
        .map_or_else(|| Arguments::try_parse_from(arguments), Ok)
    {
        Ok(parsed) => parsed,
        Err(error) => return told(&error).map(|()| Next::Exit(ExitCode::SUCCESS)),
    };
    let Some(verb) = parsed.verb else {
        return open_screen(&parsed);
    };
    if parsed.demo || parsed.options != ScreenOptions::default() {
        return Err(Failure::ours(
            "--demo, --read-only, --ascii and --plain are for the screen and take no verb",
        ));
    }
    *word = verb.word();
    let verb = match verb {
        Verb::Web(web) => return serve(web, &parsed.globals),
        verb => verb,
    };
    perform(verb, &parsed.globals).map(|code| Next::Exit(exit_code(code)))
}

/// Refuses rights that come from the file (set-user-ID, set-group-ID) and not from who runs us:
/// everything that we read, the environment first of all, would be somebody else's.
fn need_own_rights() -> Result<(), Failure> {
    let kernel =
        |errno: nix::errno::Errno| Failure::ours(format!("cannot tell who runs us: {errno}"));
    let (user, group) = (
        nix::unistd::getresuid().map_err(kernel)?,
        nix::unistd::getresgid().map_err(kernel)?,
    );
    if user.real == user.effective && group.real == group.effective {
        return Ok(());
    }
    Err(Failure::ours(
        "must not be set-user-ID or set-group-ID: chmod ug-s it, and run it with sudo",
    ))
}

fn open_screen(parsed: &Arguments) -> Result<Next, Failure> {
    let (globals, demo, options) = (&parsed.globals, parsed.demo, parsed.options);
    let config = load_config(globals)?;
    if !demo {
        need_root("")?;
    }
    if !(options.plain || std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Err(Failure::ours(
            "the screen needs a terminal (--plain does not; `minic-tui --help` shows the verbs)",
        ));
    }
    Ok(Next::Screen(Box::new(Screen {
        config,
        demo,
        options,
        flags: overrides(globals),
    })))
}

fn serve(web: WebArguments, globals: &Globals) -> Result<Next, Failure> {
    let config = load_config(globals)?;
    let options = web.options()?;
    if !options.demo {
        need_root("web")?;
    }
    Ok(Next::Web(Box::new(Web {
        config,
        options,
        flags: overrides(globals),
    })))
}

fn perform(verb: Verb, globals: &Globals) -> Result<i32, Failure> {
    let word = verb.word();
    let session = || Session::open(globals, word);
    match verb {
        Verb::Run(run) => run.perform(&session()?),
        Verb::Create(create) => create.perform(&session()?),
        Verb::List(list) => list.perform(&Session::open_without_gc(globals, word)?),
        Verb::Info(info) => info.perform(&session()?),
        Verb::Start(start) => start.perform(&session()?),
        Verb::Stop(stop) => stop.perform(&session()?),
        Verb::Restart(restart) => restart.perform(&session()?),
        Verb::Kill(kill) => kill.perform(&session()?),
        Verb::Pause(pause) => pause.perform(&session()?),
        Verb::Resume(resume) => resume.perform(&session()?),
        Verb::Wait(wait) => wait.perform(&session()?),
        Verb::Rename(rename) => rename.perform(&session()?),
        Verb::Update(update) => update.perform(&session()?),
        Verb::Destroy(destroy) => destroy.perform(&session()?),
        Verb::Prune(prune) => prune.perform(&session()?),
        Verb::Gc(gc) => gc.perform(&Session::open_without_gc(globals, word)?),
        Verb::Exec(exec) => exec.perform(&session()?),
        Verb::Attach(attach) => attach.perform(&session()?),
        Verb::Logs(logs) => logs.perform(&session()?),
        Verb::Events(events) => events.perform(&session()?),
        // it goes on after the command line was read: see `serve`
        Verb::Web(_) => Ok(0),
        Verb::Check(check) => check.perform(globals),
        Verb::Completions(completions) => completions.perform(Arguments::command()),
        Verb::Man(man) => man.perform(Arguments::command()),
    }
}

/// Help and version go to standard output; everything else clap complains of becomes our one line.
fn told(error: &clap::Error) -> Result<(), Failure> {
    let rendered = error.render();
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let text = if stdout::coloured() {
            rendered.ansi().to_string()
        } else {
            rendered.to_string()
        };
        return stdout::write(&format!("{}\n", text.trim_end()));
    }
    Err(Failure::ours(usage_line(&rendered.to_string())))
}

/// clap's paragraphs as one line: the complaint, its tips, and where help is.
fn usage_line(rendered: &str) -> String {
    let (mut complaint, mut tips) = (Vec::new(), Vec::new());
    let mut help = None;
    for line in rendered
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        if let Some(usage) = line.strip_prefix("Usage: ") {
            let words: Vec<&str> = usage
                .split(' ')
                .take_while(|word| !word.starts_with(['[', '<', '-']))
                .collect();
            help = Some(format!("see `{} --help`", words.join(" ")));
        } else if let Some(tip) = line.strip_prefix("tip: ") {
            // that a misspelt flag could be meant as a value helps nobody
            tips.extend((!tip.starts_with("to pass ")).then(|| tip.to_owned()));
        } else if !line.starts_with("For more information") {
            complaint.push(line.strip_prefix("error: ").unwrap_or(line));
        }
    }
    tips.extend(help);
    match tips.is_empty() {
        true => complaint.join(" "),
        false => format!("{} ({})", complaint.join(" "), tips.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_verb_knows_its_own_word() {
        for command in Arguments::command().get_subcommands() {
            let word = command.get_name();
            let with =
                |rest: &[&str]| Arguments::try_parse_from([&["minic-tui", word], rest].concat());
            let parsed = [&[][..], &["a"], &["a", "b"], &["bash"]]
                .into_iter()
                .find_map(|rest| with(rest).ok());
            assert_eq!(parsed.unwrap().verb.unwrap().word(), word);
        }
    }

    #[test]
    fn a_usage_error_is_one_line() {
        let line = |arguments: &[&str]| {
            usage_line(
                &Arguments::try_parse_from(arguments)
                    .unwrap_err()
                    .render()
                    .to_string(),
            )
        };
        assert_eq!(
            line(&["minic-tui", "run", "--memroy", "1", "sh"]),
            "unexpected argument '--memroy' found (a similar argument exists: '--memory'; see `minic-tui run --help`)"
        );
        assert_eq!(
            line(&["minic-tui", "stop"]),
            "the following required arguments were not provided: <ID>... (see `minic-tui stop --help`)"
        );
        let misspelt = line(&["minic-tui", "stpo", "a"]);
        assert!(
            misspelt.starts_with("unrecognized subcommand 'stpo' (") && misspelt.contains("'stop'"),
            "{misspelt}"
        );
        assert!(line(&["minic-tui", "--state"]).contains("--state <DIR>"));
    }
}
