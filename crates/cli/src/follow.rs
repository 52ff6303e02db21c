//! From a task to its end and its dumps: what `run` and `wait` have in common.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anaplan_dump_core::{ActionKind, RowCounts, Task, TaskAddress};
use serde::Serialize;

use crate::collect::{Collect, DumpReport, print_reports};
use crate::ending;
use crate::failure::Failure;
use crate::meter::LogClock;
use crate::report::{ReportDocument, print_report};
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::target::Target;
use crate::task_report::TaskReport;
use crate::text::{noun, safe, shell_word, thousands};

#[derive(Serialize)]
struct Report {
    task: TaskReport,
    /// The rows of all actions together.
    rows: Rows,
    dumps: Vec<DumpReport>,
    /// What is wrong in the dumps; left out unless `--explain` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReportDocument>,
    /// What the command ends with.
    exit_code: u8,
    /// From the start to the last dump, in seconds.
    duration: f64,
    /// Version of this program.
    version: &'static str,
}

/// How many rows were loaded and how many were not; null where the service does not say.
#[derive(Serialize)]
struct Rows {
    /// Those with a warning included.
    loaded: Option<u64>,
    warnings: Option<u64>,
    rejected: Option<u64>,
    ignored: Option<u64>,
}

impl Rows {
    fn of(task: &Task) -> Rows {
        let sum = |count: fn(RowCounts) -> Option<u64>| {
            let counts = task.actions().into_iter().filter_map(|action| count(action.rows()));
            counts.reduce(u64::saturating_add)
        };
        let loaded = |rows: RowCounts| Some(rows.successful? + rows.warnings.unwrap_or(0));
        Rows {
            loaded: sum(loaded),
            warnings: sum(|rows| rows.warnings),
            rejected: sum(|rows| rows.failed),
            ignored: sum(|rows| rows.ignored),
        }
    }

    /// "1,062 rows loaded, 7 of them with a warning, 38 rejected".
    fn text(&self) -> String {
        let known = |count: Option<u64>| count.map_or("unknown".to_owned(), thousands);
        let some = |count: Option<u64>, what: &str| match count {
            Some(count @ 1..) => format!(", {} {what}", thousands(count)),
            _ => String::new(),
        };
        let rows = if self.loaded == Some(1) { "row" } else { "rows" };
        let (warnings, ignored) =
            (some(self.warnings, "of them with a warning"), some(self.ignored, "ignored"));
        format!("{} {rows} loaded{warnings}, {} rejected{ignored}", known(self.loaded), known(self.rejected))
    }
}

/// How a task is followed.
#[derive(Debug)]
pub(crate) struct Follow<'a> {
    pub(crate) output: Option<&'a str>,
    pub(crate) poll: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) explain: bool,
    pub(crate) json: bool,
}

impl Follow<'_> {
    /// The folder for the dumps.
    pub(crate) fn target(&self) -> Result<Target, Failure> {
        match Target::read(self.output, false)? {
            target @ Target::Folder(_) => Ok(target),
            _ => Err(Failure::Usage("-o must name a folder: a process can leave several dumps".into())),
        }
    }

    /// Waits for the end of a task, and collects its dumps.
    pub(crate) fn to_the_end(
        &self,
        address: &TaskAddress,
        target: &Target,
        session: &Session,
    ) -> Result<(), Failure> {
        let begun = Instant::now();
        session.reporter.set_follow_up(self.get_command(address));
        let task = self.wait(address, session)?;
        let dumps = session.client.dumps(&task)?;
        let outcome = task.outcome_with(&dumps);
        let report = TaskReport::new(&task, outcome).without_next();
        if !self.json {
            print(&report.text())?;
        }
        let options = Collect {
            session,
            target,
            checksums: self.json,
            overwrite: false,
            whole: false,
            set: &|download| download.fresh(true),
        };
        let mut collected = options.collect(&dumps)?;
        let explained = if self.explain { collected.explain(session) } else { None };
        if let Some(unnamed) = ending::unnamed_dumps(&task) {
            session.reporter.problem(&unnamed);
            collected.failure.get_or_insert(Failure::Reported(Box::new(unnamed)));
        }
        let end = match collected.failure {
            Some(failure) => Err(failure),
            None => ending::check(&task, outcome),
        };
        if self.json {
            print_json(&Report {
                task: report,
                rows: Rows::of(&task),
                dumps: collected.dumps,
                report: explained.map(ReportDocument::new),
                exit_code: end.as_ref().err().map_or(0, Failure::exit_code),
                duration: begun.elapsed().as_secs_f64(),
                version: env!("CARGO_PKG_VERSION"),
            })?;
        } else {
            if !dumps.is_empty() {
                print("\n")?;
                print_reports(&collected.dumps, target, session)?;
            }
            if let Some(report) = explained {
                print("\n")?;
                print_report(report.view())?;
            }
            if address.action.kind == ActionKind::Import {
                let paths: Vec<_> = collected.dumps.iter().filter_map(DumpReport::path).map(safe).collect();
                let paths = if paths.is_empty() { String::new() } else { format!(": {}", paths.join(", ")) };
                print(&format!("\n{}{paths}\n", Rows::of(&task).text()))?;
            }
        }
        end
    }

    /// The command that downloads the dumps of the task into the same folder.
    pub(crate) fn get_command(&self, address: &TaskAddress) -> String {
        let folder = self.output.map(|folder| format!(" -o {}", shell_word(folder))).unwrap_or_default();
        format!("anaplan-dump get {address}{folder}")
    }

    /// Waits until the task is over, and shows how it goes on.
    fn wait(&self, address: &TaskAddress, session: &Session) -> Result<Task, Failure> {
        let begun = Instant::now();
        let (mut shown, mut log) = (String::new(), LogClock::default());
        let look = |task: &Task| {
            let percent =
                task.progress.map(|p| format!(" {:.0} %", p.clamp(0.0, 1.0) * 100.0)).unwrap_or_default();
            let step = safe(task.current_step.as_deref().unwrap_or(""));
            let now = format!("{}{percent} {step}", safe(task.state.as_str()));
            let is_due = log.is_due(begun.elapsed(), now != shown);
            session.reporter.step(now.trim_end(), begun.elapsed(), is_due);
            shown = now;
            ControlFlow::Continue(())
        };
        let timeout = self.timeout.unwrap_or(Duration::MAX);
        let waited = session.client.wait(address, self.poll, timeout, look);
        session.reporter.clear();
        waited.map_err(|error| {
            let note = format!(
                "the {} goes on; its dumps can be collected later with:\n    {}",
                noun(address.action.kind),
                self.get_command(address)
            );
            Failure::Library { error, note: Some(note) }
        })
    }
}
