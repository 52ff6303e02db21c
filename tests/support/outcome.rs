//! What a command did, compared with what the test says about it.

use std::cell::RefCell;
use std::panic::Location;
use std::process::Output;
use std::thread;

use serde_json::Value;
use xtask::fake::{Dump, TOKEN};

use super::{Scene, difference, pattern, size};

/// What starts the line of an error.
const ERROR: &str = "anaplan-dump: ";

/// What a command did. Unless the test says otherwise, it succeeded and printed nothing, neither a result
/// nor an error nor a note; this is compared when the outcome is dropped. Always, the output holds
/// neither the token nor a character that steers a terminal, and no line of standard error says one thing
/// twice.
///
/// Expected texts are whole texts and may hold placeholders: those of [`Scene::fill`], `<TIME>` for a
/// duration, `<CLOCK>` for a time of day and `<ANY>` for any text within a line. Where a method compares less, its
/// name says it (`_has`,
/// `any_`).
pub(crate) struct Outcome<'a> {
    pub(super) scene: &'a Scene,
    command: String,
    output: Output,
    /// The requests and connections that the server had seen before.
    before: (usize, usize),
    begun: &'static Location<'static>,
    /// What the test has mentioned.
    mentioned: RefCell<Vec<Part>>,
}

/// A part of what a command did.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Status,
    Stdout,
    Notes,
    Error,
    /// That standard output is text: it may be bytes, or the screen of a terminal.
    Text,
}

impl<'a> Outcome<'a> {
    pub(super) fn new(
        scene: &'a Scene,
        command: String,
        output: Output,
        before: (usize, usize),
        begun: &'static Location<'static>,
    ) -> Outcome<'a> {
        Outcome { scene, command, output, before, begun, mentioned: RefCell::default() }
    }

    fn mention(&self, part: Part) {
        self.mentioned.borrow_mut().push(part);
    }

    fn is_mentioned(&self, part: Part) -> bool {
        self.mentioned.borrow().contains(&part)
    }

    /// The exit code.
    #[track_caller]
    pub(crate) fn exits_with(&self, code: i32) -> &Self {
        self.mention(Part::Status);
        self.check(self.output.status.code() == Some(code), || format!("the exit code is not {code}"))
    }

    /// Standard output.
    #[track_caller]
    pub(crate) fn stdout(&self, expected: impl AsRef<str>) -> &Self {
        self.compare("stdout", &self.stdout_text(), expected.as_ref())
    }

    /// Standard output has this text in it.
    #[track_caller]
    pub(crate) fn stdout_has(&self, part: impl AsRef<str>) -> &Self {
        let part = self.scene.fill(part.as_ref());
        self.check(self.stdout_text().contains(&part), || format!("stdout lacks {part:?}"))
    }

    /// Standard output has these bytes.
    #[track_caller]
    pub(crate) fn prints(&self, expected: &[u8]) -> &Self {
        let printed = &self.any_stdout().output.stdout;
        self.check(printed == expected, || format!("stdout has {}", difference(printed, expected)))
    }

    /// Standard output is left to the test.
    pub(crate) fn any_stdout(&self) -> &Self {
        self.mention(Part::Stdout);
        self.mention(Part::Text);
        self
    }

    /// Standard output, for the test to look at.
    pub(crate) fn stdout_text(&self) -> String {
        self.mention(Part::Stdout);
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Standard error.
    #[track_caller]
    pub(crate) fn stderr(&self, expected: impl AsRef<str>) -> &Self {
        self.compare("stderr", &self.stderr_text(), expected.as_ref())
    }

    /// Standard error has this text in it.
    #[track_caller]
    pub(crate) fn stderr_has(&self, part: impl AsRef<str>) -> &Self {
        let part = self.scene.fill(part.as_ref());
        self.check(self.stderr_text().contains(&part), || format!("stderr lacks {part:?}"))
    }

    /// Standard error, for the test to look at.
    pub(crate) fn stderr_text(&self) -> String {
        self.mention(Part::Notes);
        self.mention(Part::Error);
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// What standard error says before an error, without the first and the last line of every download.
    #[track_caller]
    pub(crate) fn notes(&self, expected: impl AsRef<str>) -> &Self {
        self.mention(Part::Notes);
        self.compare("the notes on stderr", &self.split_stderr().0, expected.as_ref())
    }

    /// It fails with this exit code and this error: all that follows `anaplan-dump: `.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, expected: impl AsRef<str>) -> &Self {
        self.mention(Part::Error);
        let expected = format!("{ERROR}{}\n", expected.as_ref());
        self.compare("the error on stderr", &self.split_stderr().1, &expected).exits_with(code)
    }

    /// It fails as wrong usage, with this error and before the server sees a connection.
    #[track_caller]
    pub(crate) fn refuses(&self, expected: impl AsRef<str>) -> &Self {
        self.fails(2, expected).without_a_connection()
    }

    /// The same, with the hint at the help that follows every wrong use of the command line.
    #[track_caller]
    pub(crate) fn is_wrong_usage(&self, expected: impl AsRef<str>) -> &Self {
        self.refuses(format!("{}\nTry anaplan-dump <ANY>--help.", expected.as_ref()))
    }

    /// The server saw no connection.
    #[track_caller]
    pub(crate) fn without_a_connection(&self) -> &Self {
        let connections = self.scene.server.connections() - self.before.1;
        self.check(connections == 0, || format!("there were {connections} connections"))
    }

    /// Neither output has this secret in it.
    #[track_caller]
    pub(crate) fn hides(&self, secret: &str) -> &Self {
        let outputs = [&self.output.stdout, &self.output.stderr];
        let is_shown = outputs.into_iter().any(|output| String::from_utf8_lossy(output).contains(secret));
        self.check(!is_shown, || format!("{secret:?} is in the output"))
    }

    /// The chunks that it asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let requests = self.scene.requests().split_off(self.before.0);
        requests.iter().filter_map(|request| Some(request.split_once("/chunks/")?.1.to_owned())).collect()
    }

    /// These are the chunks that it asked for, in this order.
    #[track_caller]
    pub(crate) fn asks_for(&self, expected: &[&str]) -> &Self {
        let asked = self.asked();
        self.check(asked == expected, || format!("the chunks {asked:?} were asked for, not {expected:?}"))
    }

    /// It leaves this dump in `dump.csv` and nothing else, and reports that.
    #[track_caller]
    pub(crate) fn saves(&self, dump: &Dump) -> &Self {
        self.saves_as("dump.csv", dump)
    }

    /// It leaves this dump in the file and nothing else, and reports that.
    #[track_caller]
    pub(crate) fn saves_as(&self, file: &str, dump: &Dump) -> &Self {
        let (bytes, chunks) = (dump.bytes(), dump.chunks.len());
        let plural = if chunks == 1 { "" } else { "s" };
        self.stdout(format!("{file}  {}  {chunks} chunk{plural}  <TIME>\n", size(bytes.len())));
        self.scene.has(file, &bytes);
        self.scene.holds(&[file]);
        self
    }

    /// Standard output as the one JSON document that it is.
    #[track_caller]
    pub(crate) fn document(&self) -> Value {
        let document = serde_json::from_str(&self.stdout_text());
        document.unwrap_or_else(|error| self.fail(&format!("stdout is not one JSON document: {error}")))
    }

    /// The document is this one.
    #[track_caller]
    pub(crate) fn json(&self, expected: impl Into<Value>) -> &Self {
        self.json_has("", expected)
    }

    /// The part of the document at a pointer, such as `/dumps/0`, is this value.
    #[track_caller]
    pub(crate) fn json_has(&self, pointer: &str, expected: impl Into<Value>) -> &Self {
        let (document, expected) = (self.document(), expected.into());
        let found = document.pointer(pointer);
        self.check(found == Some(&expected), || format!("at {pointer:?} is {found:?}, not {expected}"))
    }

    /// The exit code, as the test finds it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Everything is left to the test.
    pub(crate) fn any(self) -> Self {
        for part in [Part::Status, Part::Stdout, Part::Notes, Part::Error, Part::Text] {
            self.mention(part);
        }
        self
    }

    /// Standard error as the notes and the error that ended the command. The lines with which every
    /// download begins and ends are no notes.
    fn split_stderr(&self) -> (String, String) {
        let text = String::from_utf8_lossy(&self.output.stderr).into_owned();
        let starts = text.match_indices(ERROR).map(|(at, _)| at);
        let error = starts.into_iter().find(|at| *at == 0 || text[..*at].ends_with('\n')).unwrap_or(text.len());
        let is_ordinary = |line: &&str| {
            let ordinary = ["downloading <ANY> chunk", "downloading <ANY> chunks", "standard output  <ANY>  <TIME>"];
            ordinary.iter().any(|ordinary| pattern::matches(ordinary, line))
        };
        let notes = text[..error].lines().filter(|line| !is_ordinary(line));
        (notes.map(|line| format!("{line}\n")).collect(), text[error..].to_owned())
    }

    #[track_caller]
    fn compare(&self, what: &str, text: &str, expected: &str) -> &Self {
        let is_expected = pattern::matches(&self.scene.fill(expected), text);
        self.check(is_expected, || format!("{what} must be\n{}", self.scene.shorten(expected)))
    }

    #[track_caller]
    fn check(&self, is_right: bool, wrong: impl FnOnce() -> String) -> &Self {
        if !is_right {
            self.fail(&wrong());
        }
        self
    }

    #[track_caller]
    pub(crate) fn fail(&self, wrong: &str) -> ! {
        panic!("{wrong}\n-- run by\n{}\n{}", self.begun, self.describe())
    }

    fn describe(&self) -> String {
        let (stdout, stderr) = (shown(&self.output.stdout), shown(&self.output.stderr));
        let output = format!("-- status\n{}\n-- stdout\n{stdout}\n-- stderr\n{stderr}", self.output.status);
        let output = self.scene.shorten(&output);
        format!("-- command\n{}\n{output}\n{}", self.command, self.scene.describe())
    }

    /// What holds for every command.
    fn check_always(&self) {
        self.hides(TOKEN);
        let stdout = if self.is_mentioned(Part::Text) { &[][..] } else { &self.output.stdout };
        let text = String::from_utf8_lossy(&[stdout, &self.output.stderr].concat()).into_owned();
        let steers = |c: &char| (c.is_control() && *c != '\n') || ['\u{202e}', '\u{e0001}'].contains(c);
        let harmful = text.chars().find(steers);
        self.check(harmful.is_none(), || format!("{harmful:?} is in the output"));
        let stderr = String::from_utf8_lossy(&self.output.stderr);
        let repeated = stderr.lines().find_map(repetition);
        self.check(repeated.is_none(), || format!("a line of stderr says {repeated:?} twice"));
    }
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        if !self.is_mentioned(Part::Status) {
            self.exits_with(0);
        }
        if !self.is_mentioned(Part::Stdout) {
            self.stdout("");
        }
        if !self.is_mentioned(Part::Notes) {
            self.notes("");
        }
        if !self.is_mentioned(Part::Error) {
            self.compare("the error on stderr", &self.split_stderr().1, "");
        }
        self.check_always();
    }
}

/// An identifier, a locator or four words in a row that are in a line twice.
fn repetition(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split(' ').map(|word| word.trim_end_matches([':', ',', ';'])).collect();
    let is_identifier = |word: &str| word.len() >= 12 && word.contains(|c: char| c.is_ascii_digit() || c == '/');
    let phrases = words.windows(4).map(|phrase| phrase.join(" "));
    let identifiers = words.iter().filter(|word| is_identifier(word)).map(|word| (*word).to_owned());
    let mut seen = std::collections::HashSet::new();
    phrases.chain(identifiers).find(|part| !seen.insert(part.clone()))
}

fn shown(bytes: &[u8]) -> String {
    const SHOWN_BYTES: usize = 2000;
    let more = if bytes.len() > SHOWN_BYTES { "..." } else { "" };
    String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES)]).into_owned() + more
}

#[test]
fn what_a_test_does_not_mention_fails_it() {
    type Case = (&'static str, fn(&Scene));
    let cases: [Case; 9] = [
        ("the exit code", |scene| drop(scene.run("--wrong").stderr_text())),
        ("standard output", |scene| drop(scene.run("chunks DUMP"))),
        ("the error", |scene| drop(scene.run("--wrong").exits_with(2).asked())),
        ("a note", |scene| drop(scene.run("chunks DUMP -v").stdout_text())),
        ("a file", |scene| drop(scene.get("").stdout_text())),
        ("a file that was changed", |scene| {
            scene.write("dump.csv", "mine");
            scene.get("--force").any_stdout();
        }),
        ("the token", |scene| drop(scene.command("chunks").arg(TOKEN).run().exits_with(2).stderr_text())),
        ("a character that steers a terminal", |scene| drop(scene.run("get DUMP -q -o /dev/stderr").stderr_text())),
        ("a repetition", |_| assert_eq!(repetition("task 118000000001: no task 118000000001 here"), None)),
    ];
    for (what, test) in cases {
        let outcome = std::panic::catch_unwind(|| test(&Scene::with_chunks(3)));
        assert!(outcome.is_err(), "{what} is not compared");
    }
}
