//! `man`: one page with every verb, made from the same definitions as `--help`.

use std::io;

use clap::{Args, Command};

use super::failure::Failure;
use super::stdout;

/// Print the manual page (roff): minic-tui man | man -l -
#[derive(Debug, Args)]
pub(super) struct Man {}

impl Man {
    pub(super) fn perform(self, command: Command) -> Result<i32, Failure> {
        let page = page(command)?;
        stdout::write(&page)?;
        Ok(0)
    }
}

/// The program's own page, then a section for each verb.
fn page(mut command: Command) -> io::Result<String> {
    command.build();
    let mut text = Vec::new();
    let main = clap_mangen::Man::new(command.clone());
    main.render_title(&mut text)?;
    main.render_name_section(&mut text)?;
    main.render_synopsis_section(&mut text)?;
    main.render_description_section(&mut text)?;
    main.render_options_section(&mut text)?;
    let mut page = String::from_utf8_lossy(&text).into_owned();
    for verb in command.get_subcommands() {
        page.push_str(&verb_section(verb)?);
    }
    if let Some(examples) = command.get_after_help() {
        page.push_str(&format!(
            ".SH \"EXAMPLES AND EXIT CODES\"\n.nf\n{}\n.fi\n",
            escaped(&examples.to_string())
        ));
    }
    Ok(page)
}

fn verb_section(verb: &Command) -> io::Result<String> {
    let mut text = Vec::new();
    // what every verb takes is told once
    let verb = verb.clone().mut_args(|argument| {
        let told = argument.is_global_set() || argument.get_id() == "help";
        argument.hide(told)
    });
    let man = clap_mangen::Man::new(verb.clone());
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    // a section of its own in clap_mangen, a part of the verb's section here
    let parts = String::from_utf8_lossy(&text).replace("\n.SH ", "\n.SS ");
    let parts = parts
        .strip_prefix(".SH ")
        .map_or(parts.clone(), |rest| format!(".SS {rest}"));
    let aliases: Vec<&str> = verb.get_visible_aliases().collect();
    let also = if aliases.is_empty() {
        String::new()
    } else {
        format!("Also called {}.\n", aliases.join(", "))
    };
    let more = verb
        .get_after_help()
        .map_or(String::new(), |more| paragraphs(&more.to_string()));
    let name = verb.get_name().to_uppercase();
    Ok(format!(".SH \"MINIC-TUI {name}\"\n{also}{parts}{more}"))
}

/// Paragraphs are filled, but one with indented lines keeps its lines.
fn paragraphs(text: &str) -> String {
    let one = |paragraph: &str| match paragraph.contains("\n ") {
        true => format!(".PP\n.nf\n{}\n.fi\n", escaped(paragraph)),
        false => format!(".PP\n{}\n", escaped(paragraph)),
    };
    text.split("\n\n").map(one).collect()
}

/// Text as roff takes it literally: no line begins a request, no backslash an escape.
fn escaped(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) {
            format!("\\&{line}")
        } else {
            line
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
