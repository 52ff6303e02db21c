//! The command line: its commands, its options and their help.

use std::time::{Duration, SystemTime};

use anaplan_dump_core::MAX_PARALLEL;
use argh::{ArgsInfo, FromArgs};

use crate::text::{parse_duration, parse_since};

/// Name under which help and errors speak of the program.
pub(crate) const PROGRAM: &str = "anaplan-dump";

/// The commands, by what they are for.
pub(crate) const COMMANDS_BY_JOB: [(&str, &[&str]); 5] = [
    ("Get what was rejected", &["get", "run", "wait", "cancel"]),
    ("Find names and tasks", &["workspaces", "models", "processes", "imports", "tasks", "task", "chunks"]),
    ("Understand and correct it", &["explain"]),
    ("Sign in and check", &["token", "login", "logout", "whoami", "doctor"]),
    ("Set up a shell", &["completion", "man"]),
];

/// The shells that `completion` has a script for.
pub(crate) const SHELLS: [&str; 4] = ["bash", "zsh", "fish", "powershell"];

/// The commands that have no document for `--json`.
pub(crate) const WITHOUT_JSON: [&str; 4] = ["login", "logout", "completion", "man"];

/// Downloads the rows that Anaplan imports rejected: the failure dumps of processes.
#[allow(rustdoc::bare_urls, reason = "the comments are the help text")]
#[allow(dead_code, reason = "general options with a value are read by name, as their variables are")]
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(
    example = "{command_name} run WORKSPACE/MODEL/PROCESS -o rejected/",
    example = "{command_name} get WORKSPACE/MODEL/PROCESS/TASK/OBJECT -o rejected.csv",
    example = "{command_name} explain rejected.csv --html report.html --fix to-correct.csv",
    note = "LOCATOR is a URL of the API, as its reference prints it, or the short form
WORKSPACE/MODEL/PROCESS[/TASK[/OBJECT]]. With ANAPLAN_WORKSPACE and ANAPLAN_MODEL
set, the short form may begin at the process.

It signs in by one of these, never by an argument, which others could see:
  ANAPLAN_TOKEN, ANAPLAN_BEARER_TOKEN (OAuth) or --token-file: a ready token
  ANAPLAN_USER and ANAPLAN_PASSWORD or --password-file
  ANAPLAN_CERTIFICATE and ANAPLAN_PRIVATE_KEY: files, PEM or DER, with
    ANAPLAN_PRIVATE_KEY_PASSPHRASE (or ..._PASSPHRASE_FILE) for an encrypted key
  ANAPLAN_OAUTH_CLIENT_ID and ANAPLAN_OAUTH_REFRESH_TOKEN_FILE, see login
General options with a value have a variable as well: --stall-timeout is
ANAPLAN_STALL_TIMEOUT. General options may come before or after the command,
and --name VALUE may be written --name=VALUE. Durations are 500ms, 30s, 5m, 2h or
plain seconds.",
    error_code(0, "done"),
    error_code(1, "an error that none of the others names"),
    error_code(2, "wrong usage"),
    error_code(3, "not signed in or not permitted"),
    error_code(4, "not there: no such task, no dump, expired, replaced"),
    error_code(5, "the network or the service failed in spite of retries"),
    error_code(6, "the process finished, but rows or actions failed"),
    error_code(7, "the local disk or output failed"),
    error_code(129, "ended by SIGHUP; what was downloaded is kept"),
    error_code(130, "interrupted by Ctrl-C; the same"),
    error_code(143, "ended by SIGTERM; the same")
)]
pub(crate) struct Arguments {
    /// origin of the API, such as https://eu3.api.anaplan.com
    #[argh(option, arg_name = "url")]
    api_url: Option<String>,

    /// region whose API it is, such as eu3; instead of --api-url
    #[argh(option, arg_name = "name")]
    region: Option<String>,

    /// origin to sign in at; default is that of the region
    #[argh(option, arg_name = "url")]
    auth_url: Option<String>,

    /// origin of OAuth; default is that of the region
    #[argh(option, arg_name = "url")]
    oauth_url: Option<String>,

    /// file that holds the token; - is standard input
    #[argh(option, arg_name = "file")]
    token_file: Option<String>,

    /// file that holds the password of ANAPLAN_USER
    #[argh(option, arg_name = "file")]
    password_file: Option<String>,

    /// root certificates to trust instead of the built-in ones (PEM or DER); SSL_CERT_FILE does the same
    #[argh(option, arg_name = "file")]
    ca_file: Option<String>,

    /// root certificates to trust beside the built-in ones or those of --ca-file (PEM or DER)
    #[argh(option, arg_name = "file")]
    ca_add: Option<String>,

    /// file with lines ANAPLAN_...=VALUE, for what the environment does not set
    #[argh(option, arg_name = "file")]
    env_file: Option<String>,

    /// tries after the first one, for each chunk or request; default 12, or 3 while no host has answered
    #[argh(option, arg_name = "n")]
    retries: Option<String>,

    /// maximum wait between two tries; default 60s
    #[argh(option, arg_name = "duration")]
    max_wait: Option<String>,

    /// silence after which a connection is given up; default 60s
    #[argh(option, arg_name = "duration")]
    stall_timeout: Option<String>,

    /// print each request, its status and its duration
    #[argh(switch, short = 'v')]
    pub(crate) verbose: bool,

    /// no progress, only results, warnings and errors; -qq: no warnings either
    #[argh(switch, short = 'q')]
    pub(crate) quiet: u8,

    /// print one JSON document instead of text, also for an error
    #[argh(switch)]
    pub(crate) json: bool,

    /// print the version
    #[argh(switch, short = 'V')]
    version: bool,

    #[argh(subcommand)]
    pub(crate) command: Command,
}

/// How much is written to standard error. Errors always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    Errors,
    Warnings,
    Progress,
    Requests,
}

impl Arguments {
    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (0, false) => Verbosity::Progress,
            (0, true) => Verbosity::Requests,
            (1, _) => Verbosity::Warnings,
            (2.., _) => Verbosity::Errors,
        }
    }
}

#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand)]
pub(crate) enum Command {
    Get(Get),
    Run(Run),
    Processes(Processes),
    Imports(Imports),
    Tasks(Tasks),
    Task(TaskCommand),
    Chunks(Chunks),
    Cancel(Cancel),
    Wait(Wait),
    Workspaces(Workspaces),
    Models(Models),
    Explain(Explain),
    Login(Login),
    Logout(Logout),
    Whoami(Whoami),
    Token(TokenCommand),
    Doctor(Doctor),
    Completion(Completion),
    Man(Man),
}

impl Command {
    /// The time that the command may take.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        match self {
            Command::Get(Get { timeout, .. }) | Command::Run(Run { timeout, .. }) => *timeout,
            Command::Wait(Wait { timeout, .. }) => *timeout,
            _ => None,
        }
    }
}

/// List the processes of a model.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "processes", example = "{command_name} WORKSPACE/MODEL")]
pub(crate) struct Processes {
    /// the model: a URL of the API, or WORKSPACE/MODEL; default is the one of ANAPLAN_WORKSPACE and ANAPLAN_MODEL
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: Option<String>,
}

/// List the imports of a model with their ids and source files.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "imports", example = "{command_name} WORKSPACE/MODEL")]
pub(crate) struct Imports {
    /// the model: a URL of the API, or WORKSPACE/MODEL; default is the one of ANAPLAN_WORKSPACE and ANAPLAN_MODEL
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: Option<String>,
}

/// List the tasks of a process, newest first.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "tasks", example = "{command_name} WORKSPACE/MODEL/PROCESS --since 48h")]
pub(crate) struct Tasks {
    /// the process: a URL of the API, or WORKSPACE/MODEL/PROCESS
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: String,

    /// maximum number of tasks to look at; default 20
    #[argh(option, arg_name = "n", default = "20", from_str_fn(limit))]
    pub(crate) limit: usize,

    /// show only tasks created since then: a duration, such as 48h, or a date, such as 2026-11-24 (UTC)
    #[argh(option, arg_name = "time", from_str_fn(parse_since))]
    pub(crate) since: Option<SystemTime>,

    /// show only tasks in which something failed
    #[argh(switch)]
    pub(crate) failed: bool,
}

/// Show a task: its state, its actions, and which of them left a dump.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "task", example = "{command_name} WORKSPACE/MODEL/PROCESS/latest --check")]
pub(crate) struct TaskCommand {
    /// the task: a URL of the API, or WORKSPACE/MODEL/PROCESS/TASK; latest is the newest finished one
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: String,

    /// further tasks
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) more: Vec<String>,

    /// exit with 6 if rows or actions failed, with 1 if it has not finished, was cancelled, or ended without
    /// a word about its success
    #[argh(switch)]
    pub(crate) check: bool,
}

/// Start a process, wait for its end, and download every dump.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(
    subcommand,
    name = "run",
    example = "{command_name} WORKSPACE/MODEL/PROCESS -o rejected/ --timeout 2h",
    note = "Exits with 0 if nothing failed, with 6 if rows or actions failed and every dump was
downloaded. If it is unclear whether a start was accepted, it is not sent again.
If this command is interrupted, the process goes on."
)]
pub(crate) struct Run {
    /// the process or import: a URL of the API, or WORKSPACE/MODEL/PROCESS
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: String,

    /// folder to write dumps to; default is the current folder
    #[argh(option, short = 'o', arg_name = "dir")]
    pub(crate) output: Option<String>,

    /// file to upload before the start, which your later runs load too: FILE for an import, IMPORT=FILE for a process,
    /// where IMPORT is an id, a name or the id of its source file; may be repeated; - is standard input
    #[argh(option, arg_name = "file")]
    pub(crate) put: Vec<String>,

    /// item to give to an import that asks for one, such as Version=Actual; may be repeated
    #[argh(option, arg_name = "type=name")]
    pub(crate) map: Vec<String>,

    /// how long uploads and the wait for the end may take; default is without limit
    #[argh(option, arg_name = "duration", from_str_fn(parse_duration))]
    pub(crate) timeout: Option<Duration>,

    /// language of the service's messages; default en_US
    #[argh(option, arg_name = "name", default = "\"en_US\".to_owned()")]
    pub(crate) locale: String,

    /// time between two looks at the task, which grows while it runs; default 5s, the least that the service asks for
    #[argh(option, arg_name = "duration", default = "Duration::from_secs(5)", from_str_fn(parse_duration))]
    pub(crate) poll: Duration,

    /// report what is wrong in the dumps, as explain does
    #[argh(switch)]
    pub(crate) explain: bool,

    /// also write that report as a page for a browser
    #[argh(option, arg_name = "file")]
    pub(crate) html: Option<String>,

    /// let --html replace a file that exists, and --put upload one that does not fit the import
    #[argh(switch)]
    pub(crate) force: bool,
}

/// Cancel a running task.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "cancel", example = "{command_name} WORKSPACE/MODEL/PROCESS/TASK")]
pub(crate) struct Cancel {
    /// the task: a URL of the API, or WORKSPACE/MODEL/PROCESS/TASK
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: String,
}

/// Wait for the current or the next run, and download every dump.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(
    subcommand,
    name = "wait",
    example = "{command_name} WORKSPACE/MODEL/PROCESS/TASK -o rejected/ --timeout 2h",
    note = "Ends and exits as run does. Only the user who started a task can download its dumps."
)]
pub(crate) struct Wait {
    /// the task: a URL of the API, or WORKSPACE/MODEL/PROCESS[/TASK]; without TASK, the run that is under
    /// way, or the next one
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: String,

    /// folder to write dumps to; default is the current folder
    #[argh(option, short = 'o', arg_name = "dir")]
    pub(crate) output: Option<String>,

    /// how long to wait for the end; default is without limit
    #[argh(option, arg_name = "duration", from_str_fn(parse_duration))]
    pub(crate) timeout: Option<Duration>,

    /// also take a run that is over, if it was created since then: a duration, such as 30m, or a date, such
    /// as 2026-11-24 (UTC)
    #[argh(option, arg_name = "time", from_str_fn(parse_since))]
    pub(crate) since: Option<SystemTime>,

    /// time between two looks at the task, which grows while it runs; default 5s, the least that the service asks for
    #[argh(option, arg_name = "duration", default = "Duration::from_secs(5)", from_str_fn(parse_duration))]
    pub(crate) poll: Duration,

    /// report what is wrong in the dumps, as explain does
    #[argh(switch)]
    pub(crate) explain: bool,

    /// also write that report as a page for a browser
    #[argh(option, arg_name = "file")]
    pub(crate) html: Option<String>,

    /// let --html replace a file that exists
    #[argh(switch)]
    pub(crate) force: bool,
}

/// List the workspaces that this user sees.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "workspaces", example = "{command_name}")]
pub(crate) struct Workspaces {}

/// List the models that this user sees.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "models", example = "{command_name} WORKSPACE")]
pub(crate) struct Models {
    /// the workspace, by its id; default is all
    #[argh(positional, arg_name = "WORKSPACE")]
    pub(crate) workspace: Option<String>,

    /// show archived models too
    #[argh(switch)]
    pub(crate) archived: bool,
}

/// Sign in with OAuth once, by approving it in a browser.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(
    subcommand,
    name = "login",
    note = "Shows a page and a code, waits for the approval, and stores the refresh token in
ANAPLAN_OAUTH_REFRESH_TOKEN_FILE. Every other command signs in with it from then on."
)]
pub(crate) struct Login {}

/// End the token, or forget the stored refresh token.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "logout")]
pub(crate) struct Logout {}

/// Show who is signed in, in which way, and until when.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "whoami")]
pub(crate) struct Whoami {}

/// Print a token for other programs.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(
    subcommand,
    name = "token",
    note = "Signs in if need be, and prints the token alone, which is a secret:
  curl -H \"Authorization: AnaplanAuthToken $(anaplan-dump token)\" URL
A token of OAuth is sent with the word Bearer instead."
)]
pub(crate) struct TokenCommand {}

/// Check everything between here and a dump, and say what is wrong.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(
    subcommand,
    name = "doctor",
    example = "{command_name} WORKSPACE/MODEL -o rejected/",
    note = "Exits with the code of the first check that fails. Prints no secret."
)]
pub(crate) struct Doctor {
    /// a model, process or import to look for: a URL of the API, or WORKSPACE/MODEL[/PROCESS]; default is the model of
    /// ANAPLAN_WORKSPACE and ANAPLAN_MODEL
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: Option<String>,

    /// folder that dumps are to be written to; default is the current folder
    #[argh(option, short = 'o', arg_name = "dir")]
    pub(crate) output: Option<String>,
}

/// Print a script that completes commands and options in a shell.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(
    subcommand,
    name = "completion",
    note = "How each shell takes it:
  bash: source <(anaplan-dump completion bash)
  zsh: a file _anaplan-dump in a folder of fpath
  fish: a file anaplan-dump.fish in ~/.config/fish/completions
  powershell: anaplan-dump completion powershell | Out-String | Invoke-Expression"
)]
pub(crate) struct Completion {
    /// bash, zsh, fish or powershell
    #[argh(positional, arg_name = "SHELL", from_str_fn(shell))]
    pub(crate) shell: &'static str,
}

/// Print the manual page, for man -l.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "man", example = "{command_name} | man -l -")]
pub(crate) struct Man {}

/// List the chunks of one dump.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "chunks", example = "{command_name} WORKSPACE/MODEL/PROCESS/TASK/OBJECT --json")]
pub(crate) struct Chunks {
    /// the dump: a URL of the API, or WORKSPACE/MODEL/PROCESS/TASK/OBJECT
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: String,
}

/// Download a dump, every dump of a task, or those of the newest runs of a process or a model.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(
    subcommand,
    name = "get",
    example = "{command_name} WORKSPACE/MODEL/PROCESS -o rejected/",
    example = "{command_name} WORKSPACE/MODEL/PROCESS/TASK/OBJECT -o rejected.csv",
    note = "If the LOCATOR names an object, get downloads its dump; if a task, every dump of the task;
if a process (or PROCESS/latest), the dumps of its newest finished run (a run whose dumps
are gone or another user's is skipped); if a model, the newest dumps of each process and
import that ran in the last 48 hours, or since --since, as with --older. -o names a folder;
for one object it names a file, unless it ends with a slash or is a folder already.

Until it is complete, a file is NAME.part with a journal beside it. A run that was
ended in any way is continued by the same command. In a folder, a file that is
there already is complete, and is left as it is."
)]
pub(crate) struct Get {
    /// what to download: a URL of the API, or WORKSPACE/MODEL[/PROCESS[/TASK[/OBJECT]]]
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: String,

    /// further models, tasks or dumps
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) more: Vec<String>,

    /// folder or file to write to, or - for standard output; default is the current folder, in which a file
    /// is named DATE-OBJECT-NAME-TASK.csv
    #[argh(option, short = 'o', arg_name = "file|dir|-")]
    pub(crate) output: Option<String>,

    /// wait out outages, but end after this time; what has arrived is kept
    #[argh(option, arg_name = "duration", from_str_fn(parse_duration))]
    pub(crate) timeout: Option<Duration>,

    /// fetch the dump in one piece instead of in chunks; large dumps time out
    #[argh(switch)]
    pub(crate) whole: bool,

    /// replace a file that exists, or the unfinished download of another dump
    #[argh(switch)]
    pub(crate) force: bool,

    /// ignore what an earlier run left, and begin anew
    #[argh(switch)]
    pub(crate) restart: bool,

    /// fetch the first and the last chunk once more at the end, and compare
    #[argh(switch)]
    pub(crate) verify: bool,

    /// chunks to fetch at the same time, 1 to 8; default 1, as the service asks
    #[argh(option, arg_name = "n", default = "1", from_str_fn(parallel))]
    pub(crate) parallel: usize,

    /// go back past runs that left no dump, to the newest with a dump; if that run stopped early, also get older
    /// dumps of the actions that it may not have reached
    #[argh(switch)]
    pub(crate) older: bool,

    /// as --older, but only runs since this time: a duration, such as 48h, or a date, such as 2026-11-24 (UTC)
    #[argh(option, arg_name = "time", from_str_fn(parse_since))]
    pub(crate) since: Option<SystemTime>,

    /// maximum number of tasks of a process to look at; default 20
    #[argh(option, arg_name = "n", from_str_fn(limit))]
    pub(crate) limit: Option<usize>,

    /// exit with 6 if rows or actions failed, as task --check does
    #[argh(switch)]
    pub(crate) check: bool,

    /// report what is wrong in the dumps, as explain does
    #[argh(switch)]
    pub(crate) explain: bool,

    /// also write that report as a page for a browser
    #[argh(option, arg_name = "file")]
    pub(crate) html: Option<String>,
}

/// Report what is wrong in dump files: kinds of errors, their values and lines.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(
    subcommand,
    name = "explain",
    example = "{command_name} rejected.csv --html report.html",
    example = "{command_name} rejected.csv --kind number --fix numbers.csv",
    note = "Needs neither a token nor the network. Exits with 0 whatever the dump holds, and with
1 if a file is no dump or is cut off, or if --fix cannot write a rejected row."
)]
pub(crate) struct Explain {
    /// dump files to report on together; - is standard input
    #[argh(positional, arg_name = "FILE")]
    pub(crate) files: Vec<String>,

    /// dump file of an earlier run to compare with; may be repeated
    #[argh(option, arg_name = "file")]
    pub(crate) against: Vec<String>,

    /// show the rows of one kind instead of the report: text is words of its title, or =TITLE; with --fix,
    /// write only those rows
    #[argh(option, arg_name = "text")]
    pub(crate) kind: Option<String>,

    /// print all values of one kind as CSV instead of the report: the list of missing items, for example
    #[argh(option, arg_name = "kind")]
    pub(crate) values: Option<String>,

    /// kinds to show, default 10, in the page of --html 100; with --kind, rows to show, default 20
    #[argh(option, arg_name = "n", from_str_fn(limit))]
    pub(crate) top: Option<usize>,

    /// also write the report as a page for a browser
    #[argh(option, arg_name = "file")]
    pub(crate) html: Option<String>,

    /// also write the rejected rows without the columns that the service adds, to be corrected and imported again
    #[argh(option, arg_name = "file")]
    pub(crate) fix: Option<String>,

    /// with --fix, also write rows that were loaded with a warning
    #[argh(switch)]
    pub(crate) warnings: bool,

    /// let --html and --fix replace a file that exists
    #[argh(switch)]
    pub(crate) force: bool,
}

fn parallel(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=MAX_PARALLEL) => Ok(count),
        _ => Err(format!("a whole number from 1 to {MAX_PARALLEL} is needed")),
    }
}

fn limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err("a whole number from 1 is needed".to_owned()),
    }
}

fn shell(name: &str) -> Result<&'static str, String> {
    let known = SHELLS.into_iter().find(|shell| *shell == name);
    known.ok_or_else(|| "the name of a shell is needed: bash, zsh, fish or powershell".to_owned())
}

/// Whether the value of this name is a path, whose bytes may be any.
pub(crate) fn names_path(value: &str) -> bool {
    ["file", "dir"].iter().any(|word| value.to_lowercase().contains(word))
}
