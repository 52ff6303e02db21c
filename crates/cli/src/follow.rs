//! From a task to its end and its dumps: what `run` and `wait` have in common.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anaplan_dump_core::{
    ActionKind, Download, Error, Locator, Outcome, RowCounts, Task, TaskAddress, shown_path, thousands,
};
use serde_json::json;

use crate::collect::Collect;
use crate::ending::{self, sum};
use crate::failure::Failure;
use crate::report::Page;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::target::Target;
use crate::task_report;
use crate::text::{percent, safe, shell_word};

/// Least time between two looks at a task.
const LEAST_POLL: Duration = Duration::from_secs(1);

/// Time without any news after which the service is asked what keeps the model busy, and as many looks: a minute, where
/// it is looked at as often as the service allows.
const WITHOUT_NEWS: Duration = Duration::from_secs(60);
const LOOKS_WITHOUT_NEWS: u32 = 12;

/// Whether there was no news for so long, after this many looks and this time, that the service is asked.
fn is_quiet(looks: u32, since: Duration) -> bool {
    looks >= LOOKS_WITHOUT_NEWS || since >= WITHOUT_NEWS
}

pub(crate) struct Follow<'a> {
    pub(crate) output: Option<&'a str>,
    pub(crate) html: Option<&'a str>,
    pub(crate) force: bool,
    pub(crate) poll: Duration,
    /// When the wait ends.
    pub(crate) end: Option<Instant>,
    pub(crate) explain: bool,
    /// Whether rows were uploaded first, so that it ends with a line about them.
    pub(crate) loads: bool,
}

impl Follow<'_> {
    /// The folder for the dumps, and the page on them. Refuses what contradicts itself or cannot be written, before
    /// anything is sent.
    pub(crate) fn prepare(&self, locator: &Locator, session: &Session) -> Result<(Target, Option<Page>), Failure> {
        let service = locator.model().origin.as_ref().unwrap_or(session.client.api());
        // A service on this machine is a test.
        if self.poll < LEAST_POLL && !service.is_loopback() {
            return Err(Failure::Usage(
                "--poll must be at least 1s: the service asks not to look more than once every 5 seconds".into(),
            ));
        }
        let target = Target::read(self.output, false)?;
        if !matches!(target, Target::Folder(_)) {
            return Err(Failure::Usage("-o must name a folder: a process can leave several dumps".into()));
        }
        target.try_folder(false, &session.reporter.unfinished)?;
        Ok((target, Page::begin(self.html, self.force, &session.reporter)?))
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
        let [wait, cancel] = self.commands(address);
        let goes_on = "the task goes on\n  wait for it and collect its dumps, or cancel it:";
        session.reporter.set_follow_up(format!("{goes_on}\n    {wait}\n    {cancel}"), Some(wait));
        let task = self.wait(address, session)?;
        let get = format!("anaplan-dump get {}{}", shell_word(&address.to_string()), self.folder_option());
        let is_over = format!("the task is over\n  collect its dumps with:\n    {get}");
        session.reporter.set_follow_up(is_over, Some(get.clone()));
        // Where the dumps cannot be found, the report is there all the same.
        let (outcome, dumps, missing) = match session.client.dumps(&task) {
            Ok(dumps) => (task.outcome_with(&dumps), dumps, ending::unnamed_dumps(&task)),
            Err(error) => {
                let note = format!("collect the dumps of the task with:\n    {get}");
                (task.outcome(), Vec::new(), Some(Failure::noted(error, note)))
            }
        };
        // A reader that has gone must not cost a dump.
        let printed = if session.json { Ok(()) } else { print(&task_report::text(&task, outcome)) };
        let set: &dyn for<'d> Fn(Download<'d>) -> Download<'d> = &|download| download.wait_for_dump(true);
        let options = Collect { session, target, overwrite: false, whole: false, explain: self.explain, page, set };
        let mut collected = options.collect(&dumps)?;
        // Beside rejected rows, an action that cannot be read changes nothing.
        let is_unreadable = matches!(missing, Some(Failure::Other(_))) && outcome == Outcome::Failed;
        let missing = missing.map(|missing| session.reporter.problem(missing));
        let ended = ending::check(&task, outcome).err();
        let failure = if is_unreadable { ended.or(missing) } else { missing.or(ended) };
        let end = collected.failure.take().or(failure).map_or(Ok(()), Err);
        let loaded = |rows: RowCounts| Some(rows.successful?.saturating_add(rows.warnings.unwrap_or(0)));
        let (loaded, warnings) = (sum(&task, &loaded), sum(&task, &|rows| rows.warnings));
        let (rejected, ignored) = (sum(&task, &|rows| rows.failed), sum(&task, &|rows| rows.ignored));
        if session.json {
            let mut task = task_report::document(&task, outcome);
            task["next"] = json!(null);
            print_json(&collected.document(json!({
                "task": task,
                "rows": { "loaded": loaded, "warnings": warnings, "rejected": rejected, "ignored": ignored },
                "exit_code": end.as_ref().err().map_or(0, Failure::exit_code),
                "duration": begun.elapsed().as_secs_f64(),
                "version": env!("CARGO_PKG_VERSION"),
            })))?;
            return end;
        }
        printed?;
        if !dumps.is_empty() {
            print("\n")?;
            collected.print(target, session)?;
        }
        if self.loads || address.action.kind == ActionKind::Import {
            let known = |count: Option<u64>| count.map_or("unknown".to_owned(), thousands);
            let some = |count: Option<u64>, what: &str| match count {
                Some(count @ 1..) => format!(", {} {what}", thousands(count)),
                _ => String::new(),
            };
            let paths = collected.files.iter().map(|file| shown_path(file)).collect::<Vec<_>>().join(", ");
            print(&format!(
                "\n{} {} loaded{}, {} rejected{}{}{paths}\n",
                known(loaded),
                if loaded == Some(1) { "row" } else { "rows" },
                some(warnings, "of them with a warning"),
                known(rejected),
                some(ignored, "ignored"),
                if paths.is_empty() { "" } else { ": " },
            ))?;
        }
        end
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
        let (mut shown, mut looks, mut news) = (String::new(), 0, begun);
        let mut activity = session.reporter.activity();
        let look = |task: &Task| {
            let percent = task.progress.map(|progress| format!(" {}", percent(progress))).unwrap_or_default();
            let step = safe(task.current_step.as_deref().unwrap_or(""));
            let now = format!("{}{percent} {step}", safe(task.state.as_str()));
            looks += 1;
            let is_asked = now == shown && is_quiet(looks, news.elapsed()) && !task.is_over();
            let busy = if is_asked { session.client.activity(address) } else { None };
            if now != shown || is_asked {
                (looks, news) = (0, Instant::now());
            }
            let busy = busy.map(|busy| format!(" ({busy})")).unwrap_or_default();
            activity.show_wait(now != shown || !busy.is_empty(), format!("{}{busy}", now.trim_end()));
            shown = now;
            ControlFlow::Continue(())
        };
        let timeout = self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(begun));
        let waited = session.client.wait(address, self.poll, timeout, look);
        drop(activity);
        waited.map_err(|error| {
            let [wait, cancel] = self.commands(address);
            let goes_on = if matches!(error, Error::NotFinished { .. }) { "goes on" } else { "may go on" };
            let note = format!(
                "the task {goes_on}; wait for it and collect its dumps, or cancel it:\n    {wait}\n    {cancel}"
            );
            Failure::noted(error, note)
        })
    }
}

#[test]
fn a_minute_without_news_is_long_also_where_looks_are_rare() {
    let minute = Duration::from_secs(60);
    assert!(is_quiet(1, minute) && is_quiet(12, Duration::ZERO) && !is_quiet(11, minute / 2));
}
