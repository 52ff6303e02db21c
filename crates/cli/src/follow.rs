//! From a task to its end and its dumps: what `run` and `wait` have in common.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anaplan_dump_core::{ActionKind, Error, Locator, RowCounts, Task, TaskAddress};
use serde::Serialize;

use crate::collect::{Collect, DumpReport, print_reports};
use crate::ending;
use crate::failure::Failure;
use crate::meter::LogClock;
use crate::progress::FollowUp;
use crate::report::{Page, ReportDocument, print_report};
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::target::Target;
use crate::task_report::TaskReport;
use crate::text::{safe, shell_word, thousands};

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
        let loaded = |rows: RowCounts| Some(rows.successful?.saturating_add(rows.warnings.unwrap_or(0)));
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

/// Least time between two looks at a task.
const LEAST_POLL: Duration = Duration::from_secs(1);

/// How a task is followed.
#[derive(Debug)]
pub(crate) struct Follow<'a> {
    pub(crate) output: Option<&'a str>,
    pub(crate) poll: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) explain: bool,
    pub(crate) json: bool,
    /// Whether rows were uploaded first, so that it ends with a line about them.
    pub(crate) loads: bool,
}

impl Follow<'_> {
    /// The folder for the dumps. Refuses what contradicts itself, before anything is sent.
    pub(crate) fn target(&self, locator: &Locator, session: &Session) -> Result<Target, Failure> {
        let service = locator.model().origin.as_ref().unwrap_or(session.client.api());
        // A service on this machine is a test.
        if self.poll < LEAST_POLL && !service.is_loopback() {
            return Err(Failure::Usage(
                "--poll must be at least 1s: the service asks not to look more than once every 5 seconds"
                    .into(),
            ));
        }
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
        page: Option<Page>,
        session: &Session,
    ) -> Result<(), Failure> {
        let begun = Instant::now();
        session.reporter.set_follow_up(FollowUp::Task(self.commands(address)));
        let task = self.wait(address, session)?;
        session.reporter.set_follow_up(FollowUp::Dumps(self.get_command(address)));
        // Where the dumps cannot be found, the report is there all the same.
        let (dumps, unfound) = match session.client.dumps(&task) {
            Ok(dumps) => (dumps, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let outcome = if unfound.is_some() { task.outcome() } else { task.outcome_with(&dumps) };
        let report = TaskReport::new(&task, outcome).without_next();
        // A reader that has gone must not cost a dump.
        let printed = if self.json { Ok(()) } else { print(&report.text()) };
        let options = Collect {
            session,
            target,
            checksums: self.json,
            overwrite: false,
            whole: false,
            set: &|download| download.wait_for_dump(true),
        };
        let mut collected = options.collect(&dumps)?;
        if let Some(error) = unfound {
            let note = format!("collect the dumps of the task with:\n    {}", self.get_command(address));
            let failure = Failure::Library { error, note: Some(note) };
            session.reporter.problem(&failure);
            collected.failure = Some(Failure::Reported(Box::new(failure)));
        }
        let explained = collected.explain(self.explain, page, session);
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
            printed?;
            if !dumps.is_empty() {
                print("\n")?;
                print_reports(&collected.dumps, target, session)?;
            }
            if let Some(report) = explained {
                print("\n")?;
                print_report(report.view())?;
            }
            if self.loads || address.action.kind == ActionKind::Import {
                let paths: Vec<_> = collected.dumps.iter().filter_map(DumpReport::path).map(safe).collect();
                let paths = if paths.is_empty() { String::new() } else { format!(": {}", paths.join(", ")) };
                print(&format!("\n{}{paths}\n", Rows::of(&task).text()))?;
            }
        }
        end
    }

    /// The command that downloads the dumps of the task into the same folder.
    fn get_command(&self, address: &TaskAddress) -> String {
        format!("anaplan-dump get {}{}", shell_word(&address.to_string()), self.folder_option())
    }

    /// The commands that wait for the task and collect its dumps into the same folder, and that cancel it.
    pub(crate) fn commands(&self, address: &TaskAddress) -> [String; 2] {
        let task = shell_word(&address.to_string());
        let wait = format!("anaplan-dump wait {task}{}", self.folder_option());
        [wait, format!("anaplan-dump cancel {task}")]
    }

    fn folder_option(&self) -> String {
        self.output.map(|folder| format!(" -o {}", shell_word(folder))).unwrap_or_default()
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
            let [wait, cancel] = self.commands(address);
            let goes_on = if matches!(error, Error::NotFinished { .. }) { "goes on" } else { "may go on" };
            let note = format!(
                "the task {goes_on}; wait for it and collect its dumps, or cancel it:\n    {wait}\n    {cancel}"
            );
            Failure::Library { error, note: Some(note) }
        })
    }
}
