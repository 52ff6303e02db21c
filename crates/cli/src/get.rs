//! `get`: a dump into a file, a folder or standard output.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anaplan_dump_core::{Downloaded, DumpAddress, Error, Printable, SaveOptions};

use crate::arguments::Get;
use crate::failure::Failure;
use crate::output::{print, raw_stdout};
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::units;

/// Where a dump goes.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// Standard output.
    Stdout,
    /// A device or a pipe that has a name: written to as it is.
    Device(PathBuf),
    /// A file that appears once it is complete.
    File(PathBuf),
}

pub(crate) fn run(command: &Get, settings: &Settings, reporter: &Reporter) -> Result<(), Failure> {
    let dump = settings.locator(&command.locator)?.dump()?;
    let target = target(command.output.as_deref(), &file_name(&dump))?;
    let begun = Instant::now();
    let mut progress = reporter.download();
    let download = settings
        .client
        .download(&dump)
        .in_one_piece(command.whole)
        .parallel(command.parallel)
        .verify(command.verify)
        .observer(&mut progress);
    match &target {
        Target::Stdout => {
            let done = download.write_to(raw_stdout()?)?;
            reporter.note(&summary("standard output", done, begun));
            Ok(())
        }
        Target::Device(path) => {
            let device = std::fs::OpenOptions::new().write(true).open(path);
            let failed = |source| Error::Output { action: "open", path: Some(path.clone()), source };
            download.write_to(device.map_err(failed)?)?;
            Ok(())
        }
        Target::File(path) => {
            let options = SaveOptions::default().force(command.force).restart(command.restart);
            let done = download.save_to(path, &options).map_err(|error| with_what_is_kept(error, path))?;
            print(&format!("{}\n", summary(&shown(path), done, begun)))
        }
    }
}

/// The name of a dump's file in a folder: which object, and of which task, so that last night's is
/// never taken for tonight's. The parts are percent-encoded, hence no path.
fn file_name(dump: &DumpAddress) -> String {
    format!("{}-{}.csv", dump.object().encoded(), dump.task().task.encoded())
}

fn target(output: Option<&str>, name: &str) -> Result<Target, Failure> {
    let output = match output {
        None => return Ok(Target::File(PathBuf::from(name))),
        Some("") => return Err(Failure::Usage("-o needs a file, a folder or -".into())),
        Some("-") => return Ok(Target::Stdout),
        Some(output) => output,
    };
    let path = Path::new(output);
    let is_folder_by_name = output.ends_with(std::path::MAIN_SEPARATOR) || output.ends_with('/');
    if is_folder_by_name && !path.exists() {
        let failed =
            |source| Error::Output { action: "make the folder", path: Some(path.to_owned()), source };
        std::fs::create_dir_all(path).map_err(failed)?;
    }
    Ok(match path.metadata() {
        Ok(metadata) if metadata.is_dir() => Target::File(path.join(name)),
        Ok(metadata) if !metadata.is_file() => Target::Device(path.to_owned()),
        _ => Target::File(path.to_owned()),
    })
}

fn with_what_is_kept(error: Error, path: &Path) -> Failure {
    let note = match &error {
        Error::Interrupted { whole_chunks: 1.., .. } => {
            Some(format!("what is there is kept in {}.part: the same command goes on from it", shown(path)))
        }
        _ => None,
    };
    Failure::Library { error, note }
}

fn summary(target: &str, done: Downloaded, begun: Instant) -> String {
    let chunks = match done.chunks {
        1 => "1 chunk".to_owned(),
        count => format!("{count} chunks"),
    };
    format!("{target}  {}  {chunks}  {}", units::size(done.bytes), units::duration(begun.elapsed()))
}

fn shown(path: &Path) -> String {
    Printable(&path.to_string_lossy()).to_string()
}
