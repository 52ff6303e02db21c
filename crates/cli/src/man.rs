//! The manual page, from the description of the command line.

use std::fmt::Write as _;

use argh::CommandInfoWithArgs;

use crate::arguments::PROGRAM;
use crate::help::{arity, spelled};

/// When what the page says last changed.
const DATE: &str = "2026-11-29";

/// The page in the format of `man`.
pub(crate) fn page(program: &CommandInfoWithArgs) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let about = escape(program.description);
    let mut page = format!(
        ".TH {} 1 \"{DATE}\" \"{PROGRAM} {version}\" \"User Commands\"\n.SH NAME\n{PROGRAM} \\- {about}\n\
         .SH SYNOPSIS\n.B {PROGRAM}\n[options] COMMAND LOCATOR [options]\n.SH DESCRIPTION\n",
        PROGRAM.to_uppercase(),
    );
    // The first paragraph says what a locator is; the others are about the environment.
    let notes = program.notes.join("\n\n");
    let (locators, environment) = notes.split_once("\n\n").unwrap_or((&notes, ""));
    paragraphs(&mut page, locators);
    page += ".SH OPTIONS\n";
    options(&mut page, program);
    page += ".SH COMMANDS\n";
    for known in &program.commands {
        let command = &known.command;
        let words = command.positionals.iter().map(|one| format!(" {}", arity(one.name, &one.optionality)));
        let synopsis = escape(&(known.name.to_owned() + &words.collect::<String>()));
        let _ = write!(page, ".SS {synopsis}\n{}\n", escape(command.description));
        for positional in command.positionals {
            term(&mut page, positional.name, positional.description);
        }
        options(&mut page, command);
        for note in command.notes {
            page += ".PP\n";
            paragraphs(&mut page, note);
        }
        if !command.examples.is_empty() {
            page += ".PP\n";
            examples(&mut page, command.examples, &format!("{PROGRAM} {}", known.name));
        }
    }
    page += ".SH ENVIRONMENT\n";
    paragraphs(&mut page, environment);
    page += ".SH FILES\n";
    term(&mut page, "NAME.part, NAME.part.journal", "a dump on its way; the same command goes on with it");
    let of_token = "names the file of the refresh token, for its owner alone; a lock file is beside it";
    term(&mut page, "ANAPLAN_OAUTH_REFRESH_TOKEN_FILE", of_token);
    page += ".SH EXIT STATUS\n";
    program.error_codes.iter().for_each(|code| term(&mut page, &code.code.to_string(), code.description));
    page += ".SH EXAMPLES\n";
    examples(&mut page, program.examples, PROGRAM);
    page
}

fn options(page: &mut String, command: &CommandInfoWithArgs) {
    for flag in command.flags {
        term(page, &spelled(flag), flag.description);
    }
}

fn examples(page: &mut String, examples: &[&str], name: &str) {
    let lines = examples.iter().map(|example| format!("    {}\n", example.replace("{command_name}", name)));
    let _ = write!(page, ".nf\n{}\n.fi\n", escape(&lines.collect::<String>()));
}

fn term(page: &mut String, term: &str, about: &str) {
    let _ = write!(page, ".TP\n\\fB{}\\fR\n{}\n", escape(term), escape(about));
}

/// Paragraphs; indented lines are a list, and stay as they are.
fn paragraphs(page: &mut String, text: &str) {
    let is_list = |line: &&str| line.starts_with(' ');
    for (index, paragraph) in text.split("\n\n").enumerate() {
        page.push_str(if index > 0 { ".PP\n" } else { "" });
        for block in paragraph.lines().collect::<Vec<_>>().chunk_by(|a, b| is_list(a) == is_list(b)) {
            let lines = escape(&block.join("\n"));
            let _ = match is_list(&block[0]) {
                true => write!(page, ".nf\n{lines}\n.fi\n"),
                false => writeln!(page, "{lines}"),
            };
        }
    }
}

/// Text that means itself: no control line, hyphens that can be copied.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let escape = |line: &str| format!("{}{line}", if line.starts_with(['.', '\'']) { "\\&" } else { "" });
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_has_the_sections_of_a_manual_and_a_list_stays_a_list() {
    use argh::ArgsInfo;

    let page = page(&crate::arguments::Arguments::get_args_info());
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "ENVIRONMENT", "FILES", "EXIT STATUS"] {
        assert!(page.contains(&format!("\n.SH {section}\n")), "{section}");
    }
    assert!(page.contains(".nf\n  ANAPLAN_TOKEN, "), "{page}");
}
