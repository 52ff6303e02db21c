use std::fs;

use super::*;
use crate::files::tests::names;
#[cfg(unix)]
use crate::files::{Call, EACCES, EBUSY, EINVAL, EIO, ENOLCK, ENOSPC, EPERM, EROFS, refuse};

/// A folder with a token file that holds `text`, and the path of that file.
fn file_with(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn try_lock(path: &Path) -> Result<Option<LockedTokenFile>> {
    LockedTokenFile::try_lock(path, &Unfinished::default())
}

fn lock(path: &Path) -> LockedTokenFile {
    try_lock(path).unwrap().expect("no other process has it")
}

#[test]
fn a_new_token_replaces_the_old_one_while_no_other_process_can_use_it() {
    let (folder, path) = file_with("\u{feff}old\r\n");
    // What a killed process left is used up, and never taken for a token.
    fs::write(folder.path().join("token.anaplan-dump.tmp"), "older\n").unwrap();
    drop(lock(&path));
    let mut winner = lock(&path);
    assert_eq!(winner.read().unwrap(), Secret::new("old"), "a lock alone changes nothing");
    assert!(try_lock(&path).unwrap().is_none());
    winner.store(&Secret::new("new")).unwrap();
    assert!(try_lock(&path).unwrap().is_none());
    drop(winner);
    assert_eq!(lock(&path).read().unwrap(), Secret::new("new"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
    assert_eq!(names(folder.path()), ["token", "token.lock"]);
    for is_there in [true, false] {
        let _locked = lock(&path);
        assert_eq!(forget(&path).unwrap(), is_there);
    }
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn a_token_that_could_not_be_replaced_or_locked_is_not_given_out() {
    for name in ["token.anaplan-dump.tmp", "token.lock", "token"] {
        let (folder, path) = file_with("old");
        let _ = fs::remove_file(folder.path().join(name));
        // Root may do everything, but not this.
        fs::create_dir(folder.path().join(name)).unwrap();
        let error = try_lock(&path).unwrap_err().to_string();
        assert!(error.starts_with("cannot ") && error.contains("token"), "{error}");
    }
    for secret in ["s3cret-token", "s3cret/with/sl+ashes==", &"s3cret".repeat(1000)] {
        let locked = try_lock(Path::new(secret));
        let error = locked.map(|locked| locked.unwrap().read()).unwrap_or_else(Err).unwrap_err().to_string();
        assert!(error.starts_with("the file of the refresh token cannot be used: it cannot "), "{error}");
        assert!(!error.contains("s3cret") && !Path::new("s3cret-token.lock").exists(), "{error}");
    }
    // One that is there and cannot be read is no missing one: to sign in anew would be no cure.
    let (_folder, path) = file_with("old");
    let locked = lock(&path);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(locked.read(), Err(Error::Output { path: Some(named), .. }) if named == path));
}

#[cfg(unix)]
#[test]
fn a_first_token_is_for_its_owner_only_and_a_replaced_one_keeps_its_mode_its_owner_and_its_link() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let (folder, path) = file_with("old");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("token", &link).unwrap();
    let metadata = |name: &str| folder.path().join(name).metadata().unwrap();
    let mode = |name| metadata(name).mode() & 0o777;
    for before in [0o600, 0o640] {
        fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
        let mut locked = lock(&link);
        assert!(try_lock(&path).unwrap().is_none(), "by whatever name");
        locked.store(&Secret::new("new")).unwrap();
        drop(locked);
        assert_eq!((mode("token"), mode("token.lock")), (before, before));
    }
    assert!(link.is_symlink());
    lock(&folder.path().join("first")).store(&Secret::new("new")).unwrap();
    assert_eq!((mode("first"), mode("first.lock")), (0o600, 0o600));
    // Only root can make files of other users.
    if chown(&path, Some(12_345), Some(12_346)).is_ok() {
        lock(&path).store(&Secret::new("new")).unwrap();
        for name in ["token", "token.lock"] {
            assert_eq!((metadata(name).uid(), metadata(name).gid()), (12_345, 12_346), "{name}");
        }
        let _refusal = refuse(Call::Owner, EPERM);
        let error = try_lock(&path).unwrap_err().to_string();
        assert!(error.starts_with("cannot keep the owner and the group of "), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_token_that_cannot_be_removed_is_emptied_in_place_or_said_to_be_still_there() {
    let (_folder, path) = file_with("old");
    let _mounted = refuse(Call::Remove, EBUSY);
    let read_only = refuse(Call::WriteInPlace, EROFS);
    let error = forget(&path).unwrap_err().to_string();
    assert_eq!(error, format!("cannot remove the token, which is still in {}", path.display()));
    drop(read_only);
    assert!(forget(&path).unwrap() && !forget(&path).unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap(), "");
    assert!(lock(&path).read().unwrap_err().to_string().ends_with("token is empty"));
}

#[cfg(unix)]
#[test]
fn a_token_in_a_file_that_is_mounted_for_reading_is_not_given_out() {
    let (folder, path) = file_with("old");
    let _refusal = refuse(Call::WriteInPlace, EROFS);
    let Err(Error::Output { path: Some(named), source, .. }) = try_lock(&path) else { panic!("it is given out") };
    assert_eq!((named, source.kind()), (path, ErrorKind::ReadOnlyFilesystem));
    assert_eq!(names(folder.path()), ["token", "token.lock"], "nothing is begun");
}

#[cfg(unix)]
#[test]
fn a_new_token_outlives_whatever_the_disk_refuses() {
    let error = "cannot make durable ";
    for (call, errno, warnings) in [
        (Call::Lock, ENOLCK, Ok(vec![DiskWarning::NoLocks])),
        // A file that only its folder lets be replaced.
        (Call::WriteInPlace, EACCES, Ok(vec![])),
        (Call::Write, ENOSPC, Ok(vec![])),
        (Call::Sync, EINVAL, Ok(vec![DiskWarning::NotDurable])),
        (Call::Rename, EBUSY, Ok(vec![])),
        (Call::Rename, EPERM, Ok(vec![])),
        (Call::Sync, EIO, Err(error)),
    ] {
        let (folder, path) = file_with("old, and longer");
        let refusal = refuse(call, errno);
        let mut locked = lock(&path);
        assert_eq!(locked.warning, (call == Call::Lock).then_some(DiskWarning::NoLocks), "{call:?}");
        let stored = locked.store(&Secret::new("new")).map_err(|it| it.to_string());
        let stored = stored.as_ref().map_err(|it| &it[..error.len()]);
        assert_eq!(stored, warnings.as_ref().map_err(|it| *it), "{call:?}");
        drop((refusal, locked));
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n", "{call:?}: the old one is dead");
        assert_eq!(names(folder.path()), ["token", "token.lock"], "{call:?}");
    }
}
