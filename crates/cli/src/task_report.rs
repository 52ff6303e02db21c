//! A task and its actions for people and for programs: what `task` prints, and `run` at its end.

use std::time::SystemTime;

use anaplan_dump_core::{ActionResult, Outcome, Task};
use serde::Serialize;

use crate::ending;
use crate::json::Named;
use crate::table::{MAX_ID_CHARS, align_right, table, widths};
use crate::text::{cut, rfc3339, safe, time, wrapped};

/// Width of the table in characters. A name gets what the columns before it leave, but never less than it
/// takes to recognise it.
const TABLE_WIDTH: usize = 80;
const MIN_NAME_CHARS: usize = 12;

/// Width of the line with the step that runs, in characters.
const STEP_WIDTH: usize = 78;

const HEADER: [&str; 8] = ["OBJECT", "RAN", "TAKEN", "WARNED", "FAILED", "IGNORED", "DUMP", "NAME"];

/// The columns that hold numbers, which are read from the right.
const NUMBERS: [&str; 4] = ["TAKEN", "WARNED", "FAILED", "IGNORED"];

/// The column that is left out where it would be empty: few imports give warnings.
const WARNED: usize = 3;

/// Width of a message below its action, in characters, and how many lines of it are shown.
const MESSAGE_WIDTH: usize = 74;
const MESSAGE_LINES: usize = 3;

/// A task, as `--json` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct TaskReport {
    task: Named,
    state: String,
    step: Option<String>,
    /// From 0 to 1.
    progress: Option<f64>,
    created: Option<String>,
    #[serde(skip)]
    locator: String,
    #[serde(skip)]
    created_at: Option<SystemTime>,
    /// Whether the task as a whole ran; null until it has finished.
    successful: Option<bool>,
    /// How it ended, as a machine word.
    outcome: &'static str,
    /// The sentence about an outcome that the table alone does not explain.
    #[serde(skip)]
    remark: Option<String>,
    actions: Vec<Action>,
    /// The command that downloads every dump; null if there is none.
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Action {
    object: Option<String>,
    name: Option<String>,
    successful: Option<bool>,
    rows: Rows,
    /// Whether it left a dump; null if the service does not say.
    dump: Option<bool>,
    messages: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Rows {
    successful: Option<u64>,
    warnings: Option<u64>,
    failed: Option<u64>,
    ignored: Option<u64>,
}

impl TaskReport {
    pub(crate) fn new(task: &Task, outcome: Outcome) -> TaskReport {
        let address = task.address.to_string();
        TaskReport {
            state: task.state.as_str().to_owned(),
            step: task.current_step.clone(),
            progress: task.progress,
            created: task.created.map(rfc3339),
            created_at: task.created,
            successful: task.result.as_ref().and_then(|result| result.successful),
            outcome: ending::word(outcome),
            remark: match outcome {
                Outcome::Unclear => Some(format!("This task {}.", ending::unclear(task))),
                outcome => {
                    ending::remarks(task, outcome).map(|remarks| format!("No row was rejected: {remarks}."))
                }
            },
            actions: task.actions().into_iter().map(Action::new).collect(),
            next: (outcome != Outcome::Clean && !task.dumps().is_empty())
                .then(|| format!("anaplan-dump get {address}")),
            task: Named::from(&task.address),
            locator: address,
        }
    }

    /// The same without the command to download, if that is done already.
    pub(crate) fn without_next(self) -> TaskReport {
        TaskReport { next: None, ..self }
    }

    /// The report for people.
    pub(crate) fn text(&self) -> String {
        let mut facts = vec![cut(&self.state, MAX_ID_CHARS)];
        facts.extend(self.progress.map(|progress| format!("{:.0} %", progress.clamp(0.0, 1.0) * 100.0)));
        facts.extend(self.created_at.map(|created| format!("created {} UTC", time(created))));
        let facts = facts.join(", ");
        let mut text = format!("Task {}\n{facts}", self.locator);
        // The step of a task that has ended only repeats its state.
        let step =
            self.step.as_deref().filter(|step| !step.trim_matches('.').eq_ignore_ascii_case(&self.state));
        if let Some(step) = step.map(safe) {
            let fits = facts.chars().count() + ", ".len() + step.chars().count() <= STEP_WIDTH;
            text.push_str(if fits { ", " } else { "\n" });
            text.push_str(&cut(&step, STEP_WIDTH));
        }
        text.push('\n');
        if !self.actions.is_empty() {
            text.push('\n');
            text.push_str(&self.table());
        }
        if let Some(remark) = &self.remark {
            text.push_str(&format!("\n{remark}\n"));
        }
        if let Some(next) = &self.next {
            // The service says that a dump is there to everybody, and gives it to one user only.
            text.push_str(&format!(
                "\nDownload what was rejected, if you ran the task (a dump is its user's own, for 48 hours):\n  {next}\n"
            ));
        }
        text
    }

    fn table(&self) -> String {
        let mut header = HEADER.to_vec();
        let mut rows: Vec<Vec<String>> = self.actions.iter().map(Action::row_without_name).collect();
        if !self.actions.iter().any(|action| action.rows.warnings.is_some_and(|count| count > 0)) {
            header.remove(WARNED);
            rows.iter_mut().for_each(|row| drop(row.remove(WARNED)));
        }
        let names = header.len() - 1;
        let before: usize = widths(&header[..names], &rows).iter().map(|width| width + 2).sum();
        let name_chars = TABLE_WIDTH.saturating_sub(before).max(MIN_NAME_CHARS);
        for (row, action) in rows.iter_mut().zip(&self.actions) {
            row.push(cut(action.name.as_deref().unwrap_or(""), name_chars));
        }
        for (column, name) in header.iter().enumerate().filter(|(_, name)| NUMBERS.contains(name)) {
            align_right(name, column, &mut rows);
        }
        let table = table(&header, &rows);
        let mut lines = table.lines();
        let mut text: String = lines.next().map(|header| format!("{header}\n")).unwrap_or_default();
        for (line, action) in lines.zip(&self.actions) {
            text.push_str(line);
            text.push('\n');
            for message in &action.messages {
                for line in wrapped(message, MESSAGE_WIDTH, MESSAGE_LINES) {
                    text.push_str(&format!("    {line}\n"));
                }
            }
        }
        text
    }
}

impl Action {
    fn new(action: &ActionResult) -> Action {
        let rows = action.rows();
        Action {
            object: action.object_id.as_ref().map(|id| id.as_str().to_owned()),
            name: action.object_name.clone(),
            successful: action.successful,
            rows: Rows {
                successful: rows.successful,
                warnings: rows.warnings,
                failed: rows.failed,
                ignored: rows.ignored,
            },
            dump: action.failure_dump_available,
            messages: action.messages().map(str::to_owned).collect(),
        }
    }

    fn row_without_name(&self) -> Vec<String> {
        let yes_or_no = |fact: Option<bool>| match fact {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        let count = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
        vec![
            cut(self.object.as_deref().unwrap_or("?"), MAX_ID_CHARS),
            yes_or_no(self.successful).to_owned(),
            count(self.rows.successful),
            count(self.rows.warnings),
            count(self.rows.failed),
            count(self.rows.ignored),
            yes_or_no(self.dump).to_owned(),
        ]
    }
}
