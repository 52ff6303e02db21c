//! A task and its actions for people and for programs: what `task` prints, and `run` at its end.

use anaplan_dump_core::{ActionResult, Outcome, Task};
use serde_json::{Value, json};

use crate::ending;
use crate::stdout::named;
use crate::table::{MAX_ID_CHARS, table, widths};
use crate::text::{cut, percent, rfc3339, safe, time, wrapped};

/// Width of the table in characters. A name gets what the columns before it leave, but never less than it
/// takes to recognise it.
const TABLE_WIDTH: usize = 80;
const MIN_NAME_CHARS: usize = 12;

/// Width of the line with the step that runs, in characters.
const STEP_WIDTH: usize = 78;

const HEADER: [&str; 8] = ["OBJECT", "RAN", "TAKEN", "WARNED", "FAILED", "IGNORED", "DUMP", "NAME"];

/// The column that is left out where it would be empty: few imports give warnings.
const WARNED: usize = 3;

/// Width of a message below its action, in characters, and how many lines of it are shown.
const MESSAGE_WIDTH: usize = 74;
const MESSAGE_LINES: usize = 3;

/// The command that downloads every dump, if there is one.
fn next(task: &Task, outcome: Outcome) -> Option<String> {
    let has_dump = outcome != Outcome::Clean && !task.dumps().is_empty();
    has_dump.then(|| format!("anaplan-dump get {}", task.address))
}

/// A task, as `--json` shows it.
pub(crate) fn document(task: &Task, outcome: Outcome) -> Value {
    let action = |action: &&ActionResult| {
        let rows = action.rows;
        json!({
            "object": action.object_id.as_ref().map(|id| id.as_str()),
            "name": action.object_name,
            "successful": action.successful,
            "rows": {
                "successful": rows.successful,
                "warnings": rows.warnings,
                "failed": rows.failed,
                "ignored": rows.ignored,
            },
            "dump": action.failure_dump_available,
            "messages": action.messages,
        })
    };
    json!({
        "task": named(&task.address.id, &task.address),
        "state": task.state.as_str(),
        "step": task.current_step,
        "progress": task.progress,
        "created": task.created.map(rfc3339),
        "successful": task.result.as_ref().and_then(|result| result.successful),
        "outcome": ending::word(outcome),
        "actions": task.actions().iter().map(action).collect::<Vec<_>>(),
        "next": next(task, outcome),
    })
}

/// The same for people.
pub(crate) fn text(task: &Task, outcome: Outcome) -> String {
    let state = task.state.as_str();
    let mut facts = vec![cut(state, MAX_ID_CHARS)];
    facts.extend(task.progress.map(percent));
    facts.extend(task.created.map(|created| format!("created {} UTC", time(created))));
    let facts = facts.join(", ");
    let mut text = format!("Task {}\n{facts}", task.address);
    // The step of a task that has ended only repeats its state.
    let step = task.current_step.as_deref().filter(|step| !step.trim_matches('.').eq_ignore_ascii_case(state));
    if let Some(step) = step.map(safe) {
        let fits = facts.chars().count() + ", ".len() + step.chars().count() <= STEP_WIDTH;
        text.push_str(if fits { ", " } else { "\n" });
        text.push_str(&cut(&step, STEP_WIDTH));
    }
    text.push('\n');
    if !task.actions().is_empty() {
        text.push('\n');
        text.push_str(&actions_table(&task.actions()));
    }
    if outcome == Outcome::Unclear {
        text.push_str(&format!("\nThis task {}.\n", ending::unclear(task)));
    } else if let Some(remarks) = ending::remarks(task, outcome) {
        text.push_str(&format!("\nNo row was rejected: {remarks}.\n"));
    }
    text
}

/// How to download the dumps of the task, if it left any.
pub(crate) fn hint(task: &Task, outcome: Outcome) -> String {
    // The service says that a dump is there to everybody, and gives it to one user only.
    let what = "Download what was rejected, if you ran the task (dumps last 48 hours, for that user only)";
    next(task, outcome).map(|next| format!("\n{what}:\n  {next}\n")).unwrap_or_default()
}

fn actions_table(actions: &[&ActionResult]) -> String {
    let mut header = HEADER.to_vec();
    let mut rows: Vec<Vec<String>> = actions.iter().map(|action| row_without_name(action)).collect();
    if !actions.iter().any(|action| action.rows.warnings.is_some_and(|count| count > 0)) {
        header.remove(WARNED);
        rows.iter_mut().for_each(|row| drop(row.remove(WARNED)));
    }
    let names = header.len() - 1;
    let before: usize = widths(&header[..names], &rows).iter().map(|width| width + 2).sum();
    let name_chars = TABLE_WIDTH.saturating_sub(before).max(MIN_NAME_CHARS);
    for (row, action) in rows.iter_mut().zip(actions) {
        row.push(cut(action.object_name.as_deref().unwrap_or(""), name_chars));
    }
    let table = table(&header, &rows);
    let mut lines = table.lines();
    let mut text: String = lines.next().map(|header| format!("{header}\n")).unwrap_or_default();
    for (line, action) in lines.zip(actions) {
        text.push_str(&format!("{line}\n"));
        for line in action
            .messages
            .iter()
            .flat_map(|message| wrapped(&safe(message), MESSAGE_WIDTH).into_iter().take(MESSAGE_LINES))
        {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

fn row_without_name(action: &ActionResult) -> Vec<String> {
    let yes_or_no = |fact: Option<bool>| match fact {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => "?".to_owned(),
    };
    let count = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
    let rows = action.rows;
    vec![
        cut(action.object_id.as_ref().map_or("?", |id| id.as_str()), MAX_ID_CHARS),
        yes_or_no(action.successful),
        count(rows.successful),
        count(rows.warnings),
        count(rows.failed),
        count(rows.ignored),
        yes_or_no(action.failure_dump_available),
    ]
}
