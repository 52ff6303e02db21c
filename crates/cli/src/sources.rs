//! Files that `run --put` uploads, each as the source of an import, before anything is started.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use anaplan_dump_core::{
    ActionAddress, ActionKind, Error, FileAddress, Import, SourceFormat, SourceProblem, Upload, Uploaded, shown_path,
};

use crate::arguments::Run;
use crate::failure::Failure;
use crate::os_text;
use crate::pipe::Pipe;
use crate::session::Session;
use crate::text::{counted, duration, percent, rate, safe, size};

/// How a file of `--put` can be read: all but a file once only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Stdin,
    /// A file that standard input was opened on.
    StdinFile,
    /// A pipe or a device, which may bring nothing for ever.
    Pipe,
    File,
}

impl Source {
    fn of(text: &str) -> Source {
        let has_no_length = || os_text::path(text).metadata().is_ok_and(|found| !found.is_file() && !found.is_dir());
        match text {
            "-" => Source::Stdin,
            _ if has_no_length() => Source::Pipe,
            "/dev/stdin" | "/dev/fd/0" => Source::StdinFile,
            _ => Source::File,
        }
    }
}

/// Uploads every file of `--put`. The result keeps other runs of this host away from the same source files.
pub(crate) fn upload(command: &Run, action: &ActionAddress, session: &Session) -> Result<Vec<Uploaded>, Failure> {
    if command.put.is_empty() {
        return Ok(Vec::new());
    }
    session.reporter.set_follow_up("nothing was started".to_owned(), None);
    let mut sources = Vec::new();
    let imports = session.client.imports_of(action)?;
    for put in &command.put {
        let (import, text) = find(put, action, &imports)?;
        let file = match &import.file {
            Some(file) => file.clone(),
            // An action may not say what it reads, which the import itself does.
            None => {
                let listed = session.client.imports_of(&action.model.import(import.id.clone()))?;
                listed.into_iter().find_map(|import| import.file).ok_or_else(|| reads_from_a_model(import))?
            }
        };
        sources.push((action.model.file(file), import, text, Source::of(text)));
    }
    // In one order, so that two runs never wait for each other.
    sources.sort_by(|(one, ..), (other, ..)| one.id.as_str().cmp(other.id.as_str()));
    if let Some(pair) = sources.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let file = &pair[0].0.id;
        return Err(Failure::Usage(format!("--put names two files for one source file, {file}")));
    }
    if sources.iter().filter(|(.., source)| *source != Source::File).count() > 1 {
        let only = "--put reads one pipe only, such as standard input (-): what comes from it cannot be checked ahead";
        return Err(Failure::Usage(only.into()));
    }
    let mut uploads = Vec::new();
    for (file, import, text, source) in &sources {
        let upload = session.client.upload(file);
        let format = if command.force { None } else { format(file, import, text, session)? };
        uploads.push((*text, *source, file, format.into_iter().fold(upload, Upload::format)));
    }
    // A file that is refused after another one was sent would leave that one for the next run.
    if uploads.len() > 1 {
        for (text, .., upload) in uploads.iter().filter(|(_, source, ..)| *source == Source::File) {
            upload.check_file(os_text::path(text)).map_err(refused)?;
        }
    }
    for (.., upload) in &mut uploads {
        upload.wait_for_turn().map_err(refused)?;
    }
    // What can be read only once was not checked, and is refused before another file is sent.
    uploads.sort_by_key(|(_, source, ..)| *source == Source::File);
    uploads.into_iter().map(|(text, source, file, upload)| send(text, source, file, upload, session)).collect()
}

/// The import that a value of `--put` means, and the file in it.
fn find<'a, 'b>(put: &'a str, action: &ActionAddress, imports: &'b [Import]) -> Result<(&'b Import, &'a str), Failure> {
    if action.kind == ActionKind::Import {
        let import = imports
            .first()
            .ok_or_else(|| Failure::NotFound(format!("model {} has no import {}", action.model, action.id)))?;
        return Ok((import, put));
    }
    let Some((wanted, text)) = put.split_once('=').filter(|(wanted, text)| !wanted.is_empty() && !text.is_empty())
    else {
        let shown = safe(put);
        return Err(Failure::Usage(format!("--put needs IMPORT=FILE for a process, and not \"{shown}\"")));
    };
    let listed = |imports: &mut dyn Iterator<Item = &Import>| -> String {
        let name = |import: &Import| format!("{} {}", import.id, safe(import.name.as_deref().unwrap_or_default()));
        imports.map(|import| name(import).trim_end().to_owned()).collect::<Vec<_>>().join(", ")
    };
    // Several actions may read one file.
    let is_same = |one: &Import, other: &Import| one.id == other.id || one.file.is_some() && one.file == other.file;
    match Import::find(imports, wanted).as_slice() {
        [import, more @ ..] if more.iter().all(|other| is_same(import, other)) => Ok((import, text)),
        several @ [_, ..] => Err(Failure::Usage(format!(
            "several imports match \"{}\": {}\n  name it by its id",
            safe(wanted),
            listed(&mut several.iter().copied())
        ))),
        [] => Err(Failure::NotFound(format!(
            "the process has no import \"{}\"; it has {}",
            safe(wanted),
            if imports.is_empty() { "none".to_owned() } else { listed(&mut imports.iter()) }
        ))),
    }
}

fn reads_from_a_model(import: &Import) -> Failure {
    let import = &import.id;
    Failure::Usage(format!("import {import} reads from a model and not from a file: there is nothing to upload"))
}

/// What the import expects. Where that cannot be known, the file is uploaded all the same.
fn format(file: &FileAddress, import: &Import, text: &str, session: &Session) -> Result<Option<SourceFormat>, Failure> {
    match session.client.source_format(&file.model, &import.id) {
        Ok(Some(format)) => Ok(Some(format)),
        Ok(None) => Err(reads_from_a_model(import)),
        Err(error) => {
            session.reporter.warn(&format!("{} is not checked: {error}", safe(text)));
            Ok(None)
        }
    }
}

fn send<'a>(
    text: &str,
    source: Source,
    file: &'a FileAddress,
    upload: Upload<'a>,
    session: &'a Session,
) -> Result<Uploaded, Failure> {
    let path = if source == Source::Stdin { "standard input".into() } else { os_text::path(text) };
    let (name, end) = (shown_path(&path), session.end);
    let begun = Instant::now();
    let mut activity = session.reporter.activity();
    activity.show_wait(false, format!("reading {name}"));
    let report = |bytes: u64, all: Option<u64>| {
        if bytes == 0 {
            session.reporter.note(&format!("uploading {name} to source file {}", file.id));
        }
        activity.show_wait(false, so_far(bytes, all, begun.elapsed()));
    };
    let upload = upload.on_progress(report);
    let uploaded = match source {
        Source::Stdin => upload.from_reader(&path, Pipe::open(end, || Ok(io::stdin()))),
        Source::Pipe => {
            let named = path.clone();
            upload.from_reader(&path, Pipe::open(end, move || File::open(named)))
        }
        Source::StdinFile | Source::File => upload.from_file(&path),
    };
    let uploaded = uploaded.map_err(refused)?;
    let (bytes, chunks) = (size(uploaded.bytes), counted(uploaded.chunks, "chunk"));
    session.reporter.note(&format!("uploaded {name}  {bytes}  {chunks}  {}", duration(begun.elapsed())));
    Ok(uploaded)
}

/// How far an upload has come.
fn so_far(bytes: u64, all: Option<u64>, elapsed: Duration) -> String {
    let all = all.filter(|all| *all > 0);
    let of = all.map(|all| format!(" of {}  {}", size(all), percent(bytes as f64 / all as f64))).unwrap_or_default();
    let rest = all.map(|all| all.saturating_sub(bytes) as f64);
    format!("uploaded {}{of}  {}", size(bytes), rate(bytes, elapsed, rest))
}

fn refused(error: Error) -> Failure {
    let is_mismatch = matches!(&error, Error::Unsuitable { problem: SourceProblem::Mismatch(_), .. });
    let note = if is_mismatch { "--force uploads it all the same" } else { "nothing was started" };
    Failure::noted(error, note.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_says_how_much_is_left_where_the_length_is_known() {
        for (bytes, all, expected) in [
            (0, Some(0), "uploaded 0 B  0 B/s"),
            (0, Some(40_000_000), "uploaded 0 B of 40.0 MB  0 %  0 B/s"),
            (10_000_000, Some(40_000_000), "uploaded 10.0 MB of 40.0 MB  25 %  1.0 MB/s  about 30 s left"),
            (10_000_000, None, "uploaded 10.0 MB  1.0 MB/s"),
        ] {
            assert_eq!(so_far(bytes, all, Duration::from_secs(10)), expected);
        }
    }
}
