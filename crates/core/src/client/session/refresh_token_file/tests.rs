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
    drop(lock(&path));
    let mut winner = lock(&path);
    assert_eq!(winner.read().unwrap(), Secret::new("old"), "a lock alone changes nothing");
    winner.store(&Secret::new("new")).unwrap();
    assert!(try_lock(&path).unwrap().is_none());
    drop(winner);
    assert_eq!(lock(&path).read().unwrap(), Secret::new("new"));
    assert_eq!(names(folder.path()), ["token", "token.lock"]);
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
        let error = try_lock(Path::new(secret)).and_then(|locked| locked.unwrap().read()).unwrap_err().to_string();
        assert!(error.starts_with("the file of the refresh token cannot be used: it cannot "), "{error}");
        assert!(!error.contains("s3cret") && !Path::new("s3cret-token.lock").exists(), "{error}");
    }
    let (_folder, path) = file_with("old");
    let locked = lock(&path);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(locked.read(), Err(Error::Output { path: Some(named), .. }) if named == path));
}

#[cfg(unix)]
#[test]
fn a_first_token_is_for_its_owner_only_and_a_replaced_one_keeps_its_mode_its_owner_and_its_link() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
    let (_folder, path) = file_with("old");
    let [link, first] = ["link", "first"].map(|name| path.with_file_name(name));
    symlink("token", &link).unwrap();
    // Only root can do this.
    let _ = chown(&path, Some(12_345), Some(12_346));
    let of = |found: fs::Metadata| (found.mode() & 0o777, found.uid(), found.gid());
    let look = |name: &str| of(path.with_file_name(name).metadata().unwrap());
    for mode in [0o600, 0o640] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let kept = look("token");
        let mut locked = lock(&link);
        assert!(try_lock(&path).unwrap().is_none(), "by whatever name");
        locked.store(&Secret::new("new")).unwrap();
        assert_eq!((link.is_symlink(), look("token"), look("token.lock")), (true, kept, kept));
    }
    lock(&first).store(&Secret::new("new")).unwrap();
    assert_eq!((look("first").0, look("first.lock").0), (0o600, 0o600));
    let _refusal = refuse(Call::Owner, EPERM);
    let error = try_lock(&path).unwrap_err().to_string();
    assert!(error.starts_with("cannot keep the owner and the group of "), "{error}");
    assert!(!path.with_file_name("token.lock").exists(), "a lock of another user would keep the owner out");
}

#[cfg(unix)]
#[test]
fn a_mounted_token_is_emptied_in_place_and_one_mounted_for_reading_is_neither_given_out_nor_called_removed() {
    let (folder, path) = file_with("old");
    let _mounted = refuse(Call::Remove, EBUSY);
    let read_only = refuse(Call::WriteInPlace, EROFS);
    let error = forget(&path).unwrap_err().to_string();
    assert_eq!(error, format!("cannot remove the token, which is still in {}", path.display()));
    let Err(Error::Output { path: Some(named), source, .. }) = try_lock(&path) else { panic!("it is given out") };
    assert_eq!((&named, source.kind()), (&path, ErrorKind::ReadOnlyFilesystem));
    assert_eq!(names(folder.path()), ["token", "token.lock"], "nothing is begun");
    drop(read_only);
    assert!(forget(&path).unwrap() && !forget(&path).unwrap());
    assert!(lock(&path).read().unwrap_err().to_string().ends_with("token is empty"));
}

#[cfg(unix)]
#[test]
fn a_new_token_outlives_whatever_the_disk_refuses() {
    for (call, errno, said) in [
        (Call::Lock, ENOLCK, Some(vec![DiskWarning::NoLocks])),
        // A file that only its folder lets be replaced.
        (Call::WriteInPlace, EACCES, Some(vec![])),
        (Call::Write, ENOSPC, Some(vec![])),
        (Call::Sync, EINVAL, Some(vec![DiskWarning::NotDurable])),
        (Call::Rename, EBUSY, Some(vec![])),
        (Call::Rename, EPERM, Some(vec![])),
        (Call::Sync, EIO, None),
    ] {
        let (folder, path) = file_with("old, and longer");
        let refusal = refuse(call, errno);
        let mut locked = lock(&path);
        assert_eq!(locked.warning, (call == Call::Lock).then_some(DiskWarning::NoLocks), "{call:?}");
        assert_eq!(locked.store(&Secret::new("new")).ok(), said, "{call:?}");
        drop((refusal, locked));
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n", "{call:?}: the old one is dead");
        assert_eq!(names(folder.path()), ["token", "token.lock"], "{call:?}");
    }
}
