//! The door out: each way in which a disk can refuse, and folders that others may write. The users of the
//! door with their own tests are the part file and the refresh token.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::*;
use crate::error::Error;

fn write(path: &Path, overwrite: bool, text: &str) -> Result<Vec<DiskWarning>, Error> {
    let mut file = WholeFile::begin(path, overwrite, &Unfinished::default())?;
    file.write_all(text.as_bytes()).map_err(|error| file.failed(error))?;
    file.finish()
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = folder.read_dir().unwrap().map(name).collect();
    names.sort();
    names
}

/// Calls that are refused; and what is said of a new file and of one that is replaced, `None` where there is none then.
#[cfg(unix)]
type Refusals = (&'static [(Call, i32)], Option<&'static [DiskWarning]>, Option<&'static [DiskWarning]>);

/// What a disk refuses while a file is written that must be whole.
#[cfg(unix)]
pub(crate) const REFUSALS: [Refusals; 12] = {
    use DiskWarning::{NoLocks, NotDurable, OtherOwner};
    [
        (&[(Call::Write, ENOSPC)], None, None),
        (&[(Call::Write, EIO)], None, None),
        (&[(Call::Lock, ENOLCK)], Some(&[NoLocks]), Some(&[NoLocks])),
        (&[(Call::Lock, EINVAL)], Some(&[NoLocks]), Some(&[NoLocks])),
        (&[(Call::Lock, EIO)], None, None),
        (&[(Call::Sync, EINVAL)], Some(&[NotDurable]), Some(&[NotDurable])),
        (&[(Call::Sync, EIO)], None, None),
        (&[(Call::Sync, ENOSPC)], None, None),
        (&[(Call::Owner, EPERM)], Some(&[]), Some(&[OtherOwner])),
        (&[(Call::Link, EPERM)], Some(&[]), Some(&[])),
        (&[(Call::Rename, EBUSY)], Some(&[]), Some(&[])),
        (&[(Call::Rename, EIO)], Some(&[]), None),
    ]
};

#[cfg(unix)]
#[test]
fn whatever_a_disk_refuses_a_file_is_whole_or_not_there() {
    for (refused, new, replaced) in REFUSALS {
        for (overwrite, said) in [(false, new), (true, replaced)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("report.html");
            if overwrite {
                fs::write(&path, "old, and longer").unwrap();
            }
            let refusals: Vec<_> = refused.iter().map(|(call, errno)| refuse(*call, *errno)).collect();
            let outcome = write(&path, overwrite, "new");
            drop(refusals);
            let case = format!("{refused:?} {overwrite}: {outcome:?}");
            assert_eq!(outcome.ok().as_deref(), said, "{case}");
            let content = fs::read_to_string(&path).ok();
            match said {
                Some(_) => assert_eq!(content.as_deref(), Some("new"), "{case}"),
                None => assert_eq!(content.is_some(), overwrite, "{case}"),
            }
            assert_eq!(names(folder.path()).len(), usize::from(content.is_some()), "nothing is left: {case}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_mounted_file_that_cannot_be_written_costs_nothing_of_what_was_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    fs::write(&path, "old").unwrap();
    let _refusals = [(Call::Rename, EBUSY), (Call::WriteInPlace, ENOSPC)].map(|(call, errno)| refuse(call, errno));
    let error = write(&path, true, "new").unwrap_err();
    let complete = path.with_file_name("report.html.anaplan-dump.tmp");
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(reason.ends_with(&format!("; it is complete in {}", complete.display())), "{reason}");
    assert_eq!(fs::read_to_string(complete).unwrap(), "new");
}

#[test]
fn a_file_that_appears_meanwhile_is_left_alone_whether_there_are_hard_links_or_not() {
    for errno in [None, Some(EPERM)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        let _refusal = errno.map(|errno| refuse(Call::Link, errno));
        let mut file = WholeFile::begin(&path, false, &Unfinished::default()).unwrap();
        file.write_all(b"new").unwrap();
        fs::write(&path, "mine").unwrap();
        assert!(matches!(file.finish(), Err(Error::Exists { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(names(folder.path()), ["report.html"]);
    }
}

/// On Windows an open file cannot be removed, so a killed run cannot be played within one process.
#[cfg(unix)]
#[test]
fn what_a_killed_run_left_is_used_up_by_the_next_one_and_two_runs_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("é".repeat(120) + "report.html");
    std::mem::forget(WholeFile::begin(&path, false, &Unfinished::default()).unwrap());
    assert!(matches!(write(&path, false, "new"), Err(Error::Locked { .. })), "as long as it runs");
    let [left] = &names(folder.path())[..] else { panic!() };
    fs::remove_file(folder.path().join(left)).unwrap();
    fs::write(folder.path().join(left), "torn").unwrap();
    assert_eq!(write(&path, false, "new").unwrap(), []);
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(names(folder.path()).len(), 1);
}

/// Only root can make files of other users.
#[cfg(unix)]
#[test]
fn where_others_may_write_their_files_and_links_are_refused() {
    use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (shared, mine) = (folder.path().join("shared"), folder.path().join("mine"));
    fs::create_dir(&shared).unwrap();
    fs::write(&mine, "mine").unwrap();
    let (target, link) = (shared.join("dump.csv"), shared.join("link.csv"));
    fs::write(&target, "another's").unwrap();
    symlink(&mine, &link).unwrap();
    const OTHER: Option<u32> = Some(12_345);
    if chown(&target, OTHER, None).is_err() {
        return;
    }
    lchown(&link, OTHER, None).unwrap();
    let why = |path: &Path| {
        let error = write(path, true, "new").unwrap_err();
        std::error::Error::source(&error).unwrap().to_string()
    };
    let refusal = "another user (number 12345) made it, in a folder that others may write";
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!([why(&target), why(&link)], [refusal, refusal]);
    // A link on the way, also where a link of ours leads to it.
    let (way, ours) = (shared.join("way"), folder.path().join("ours"));
    symlink(folder.path(), &way).unwrap();
    symlink(&way, &ours).unwrap();
    lchown(&way, OTHER, None).unwrap();
    for way in [&way, &ours] {
        assert_eq!(why(&way.join("new.csv")), refusal, "{way:?}");
    }
    lchown(&way, Some(0), None).unwrap();
    write(&ours.join("new.csv"), false, "new").unwrap();
    // Nor is it a dump that is there already.
    assert!(WholeFile::length_of_existing(&target).is_err());
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    // Nor is what would go to another user's pipe or socket written.
    let socket = shared.join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    chown(&socket, OTHER, None).unwrap();
    assert_eq!(why(&socket), refusal);
    // What would be continued or locked.
    for name in ["new.csv.anaplan-dump.tmp", "new.csv"] {
        let path = shared.join(name);
        fs::write(&path, "").unwrap();
        chown(&path, OTHER, None).unwrap();
        assert_eq!(why(&shared.join("new.csv")), refusal, "{name}");
        fs::remove_file(&path).unwrap();
    }
    // The owner of the folder may have put it there, and in the runner's own folder no other user did.
    chown(&shared, OTHER, None).unwrap();
    assert_eq!(WholeFile::length_of_existing(&target).unwrap(), Some(9));
    write(&target, true, "new").unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
    write(&link, true, "new").unwrap();
    assert_eq!(fs::read_to_string(&mine).unwrap(), "new");
}

#[cfg(unix)]
#[test]
fn where_no_lock_can_be_made_an_upload_goes_on_without_a_turn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turn.lock");
    for errno in [ENOENT, EACCES, EROFS, ENOLCK] {
        let refusal = refuse(Call::Lock, errno);
        let (lock, _) = lock::take_turn(&path).unwrap();
        drop(refusal);
        assert_eq!(lock, Lock::Unsupported, "{errno}");
    }
    assert_eq!(lock::take_turn(&folder.path().join("none/turn.lock")).unwrap().0, Lock::Unsupported);
    let refusal = refuse(Call::Lock, EIO);
    assert!(lock::take_turn(&path).is_err());
    drop(refusal);
    let (lock, _held) = lock::take_turn(&path).unwrap();
    assert_eq!(lock, Lock::Held);
    assert_eq!(lock::take_turn(&path).unwrap().0, Lock::Taken);
}
