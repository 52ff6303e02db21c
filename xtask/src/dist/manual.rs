//! The manual page, from the description of the command line.

use std::fmt::Write as _;

use serde_json::Value;

use super::completions::{items, text};

/// The page in the format of man.
pub(super) fn page(program: &Value) -> String {
    let (name, about) = (text(program, "name"), text(program, "description"));
    let mut page = format!(
        ".TH {} 1 \"\" \"{name} {}\" \"User Commands\"\n.SH NAME\n{name} \\- {}\n",
        name.to_uppercase(),
        text(program, "version"),
        escape(about)
    );
    let _ = write!(
        page,
        ".SH SYNOPSIS\n.B {}\n[options] COMMAND LOCATOR [options]\n.SH DESCRIPTION\n{}\n",
        escape(name),
        escape(about)
    );
    notes(&mut page, program);
    page += ".SH OPTIONS\n";
    options(&mut page, program);
    page += ".SH COMMANDS\n";
    for command in items(program, "commands") {
        let word = |positional: &Value| match positional["required"] {
            Value::Bool(true) => format!(" {}", text(positional, "name")),
            _ => format!(" [{}]", text(positional, "name")),
        };
        let words: String = items(command, "positionals").iter().map(word).collect();
        let synopsis = escape(&(text(command, "name").to_owned() + &words));
        let _ = write!(page, ".SS {synopsis}\n{}\n", escape(text(command, "description")));
        for positional in items(command, "positionals") {
            term(&mut page, text(positional, "name"), text(positional, "description"));
        }
        options(&mut page, command);
        notes(&mut page, command);
        for example in items(command, "examples").iter().filter_map(Value::as_str) {
            let example = example.replace("{command_name}", &format!("{name} {}", text(command, "name")));
            let _ = write!(page, ".PP\n.nf\n    {}\n.fi\n", escape(&example));
        }
    }
    page += ".SH EXIT STATUS\n";
    for code in items(program, "exit_codes") {
        term(&mut page, &code[0].to_string(), code[1].as_str().unwrap_or_default());
    }
    page
}

fn options(page: &mut String, command: &Value) {
    for option in items(command, "options") {
        let short = option["short"].as_str().map(|short| format!("-{short}, ")).unwrap_or_default();
        let value = option["value"].as_str().map(|value| format!(" <{value}>")).unwrap_or_default();
        term(page, &format!("{short}{}{value}", text(option, "long")), text(option, "description"));
    }
}

fn term(page: &mut String, term: &str, about: &str) {
    let _ = write!(page, ".TP\n\\fB{}\\fR\n{}\n", escape(term), escape(about));
}

fn notes(page: &mut String, command: &Value) {
    let notes = items(command, "notes").iter().filter_map(Value::as_str);
    for paragraph in notes.flat_map(|note| note.split("\n\n")) {
        let _ = write!(page, ".PP\n{}\n", escape(&paragraph.replace('\n', " ")));
    }
}

/// Text that means itself: no control line, hyphens that can be copied.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
