use std::sync::Mutex;

use super::*;
#[cfg(unix)]
use crate::files::{Call, EBUSY, EINVAL, EIO, ENOLCK, ENOSPC, EPERM, refuse};

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// A folder with a token file that holds `text`.
fn file_with(text: &str) -> (tempfile::TempDir, RefreshTokenFile) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, text).unwrap();
    (folder, RefreshTokenFile::new(path))
}

fn lock(file: &RefreshTokenFile) -> LockedTokenFile {
    loop {
        match file.try_lock(&Unfinished::default()).unwrap() {
            Some(locked) => return locked,
            // Whoever looks at the file all the time keeps Windows from replacing it.
            None => std::thread::sleep(std::time::Duration::from_millis(2)),
        }
    }
}

fn names(folder: &tempfile::TempDir) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = folder.path().read_dir().unwrap().map(name).collect();
    names.sort();
    names
}

#[test]
fn a_new_token_replaces_the_old_one_and_who_waits_for_the_lock_reads_it() {
    let (folder, file) = file_with("\u{feff}old\r\n");
    // What a killed process left is used up, and never taken for a token.
    fs::write(folder.path().join("token.anaplan-dump.tmp"), "older\n").unwrap();
    drop(lock(&file));
    let mut winner = lock(&file);
    assert_eq!(winner.read().unwrap(), secret("old"), "a lock alone changes nothing");
    assert!(file.try_lock(&Unfinished::default()).unwrap().is_none());
    winner.store(&secret("new, and longer")).unwrap();
    winner.store(&secret("new")).unwrap();
    assert!(file.try_lock(&Unfinished::default()).unwrap().is_none());
    drop(winner);
    assert_eq!(lock(&file).read().unwrap(), secret("new"));
    assert_eq!(fs::read_to_string(&file.path).unwrap(), "new\n");
    assert_eq!(names(&folder), ["token", "token.lock"]);
}

#[test]
fn the_first_token_needs_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = RefreshTokenFile::new(folder.path().join("token"));
    let mut locked = lock(&file);
    assert!(locked.read().unwrap_err().to_string().contains("token cannot be read: "));
    locked.store(&secret("first")).unwrap();
    assert_eq!(locked.read().unwrap(), secret("first"));
}

#[test]
fn a_token_that_could_not_be_replaced_is_not_given_out() {
    let refused = |file: &RefreshTokenFile| file.try_lock(&Unfinished::default()).unwrap_err().to_string();
    for name in ["token.anaplan-dump.tmp", "token.lock"] {
        let (folder, file) = file_with("old");
        // Whoever runs the tests may be allowed everything, but not this.
        fs::create_dir(folder.path().join(name)).unwrap();
        let error = refused(&file);
        assert!(error.starts_with("cannot ") && error.contains("token"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let is_a_folder = refused(&RefreshTokenFile::new(folder.path().to_owned()));
    assert!(is_a_folder.starts_with("cannot write to "), "{is_a_folder}");
    for secret in ["s3cret-token", "s3cret/with/sl+ashes==", &"s3cret".repeat(1000)] {
        let file = RefreshTokenFile::new(secret.into());
        let locked = file.try_lock(&Unfinished::default());
        let error = locked.map(|locked| locked.unwrap().read()).unwrap_or_else(Err).unwrap_err().to_string();
        assert!(error.starts_with("the file of the refresh token cannot be used: it cannot "), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
        assert!(!Path::new("s3cret-token.lock").exists(), "no lock of this name is left");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_token_and_no_lock() {
    for name in ["token", "token.lock"] {
        let (folder, file) = file_with("old");
        let _ = fs::remove_file(folder.path().join(name));
        let made = std::process::Command::new("mkfifo").arg(folder.path().join(name)).status();
        assert!(made.unwrap().success());
        let error = file.try_lock(&Unfinished::default()).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "it is not a regular file", "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_first_token_is_for_its_owner_only_and_a_replaced_one_keeps_its_mode_and_its_link() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, file) = file_with("old");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("token", &link).unwrap();
    let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    for before in [0o600, 0o640] {
        fs::set_permissions(&file.path, fs::Permissions::from_mode(before)).unwrap();
        let mut locked = lock(&RefreshTokenFile::new(link.clone()));
        assert!(file.try_lock(&Unfinished::default()).unwrap().is_none(), "by whatever name");
        locked.store(&secret("new")).unwrap();
        drop(locked);
        assert_eq!((mode("token"), mode("token.lock")), (before, before));
    }
    assert!(link.is_symlink());
    let first = RefreshTokenFile::new(folder.path().join("first"));
    lock(&first).store(&secret("new")).unwrap();
    assert_eq!((mode("first"), mode("first.lock")), (0o600, 0o600));
}

/// Only root can make files of other users.
#[cfg(unix)]
#[test]
fn a_run_of_root_leaves_the_token_and_its_lock_to_their_owner() {
    use std::os::unix::fs::{MetadataExt, chown};
    let (folder, file) = file_with("old");
    if chown(&file.path, Some(12_345), Some(12_346)).is_err() {
        return;
    }
    lock(&file).store(&secret("new")).unwrap();
    for name in ["token", "token.lock"] {
        let metadata = folder.path().join(name).metadata().unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (12_345, 12_346), "{name}");
    }
    let _refusal = refuse(Call::Owner, EPERM);
    let error = file.try_lock(&Unfinished::default()).unwrap_err().to_string();
    assert!(error.starts_with("cannot keep the owner and the group of "), "{error}");
}

#[cfg(unix)]
#[test]
fn a_new_token_outlives_whatever_the_disk_refuses() {
    for (call, errno, warnings) in [
        (Call::Write, ENOSPC, &[][..]),
        (Call::Sync, EINVAL, &[DiskWarning::NotDurable]),
        (Call::Rename, EBUSY, &[]),
        (Call::Rename, EPERM, &[]),
    ] {
        let (folder, file) = file_with("old, and longer");
        let mut locked = lock(&file);
        let refusal = refuse(call, errno);
        assert_eq!(locked.store(&secret("new")).unwrap(), warnings, "{call:?}");
        drop(refusal);
        drop(locked);
        assert_eq!(fs::read_to_string(&file.path).unwrap(), "new\n", "{call:?}");
        assert_eq!(names(&folder), ["token", "token.lock"], "{call:?}");
    }
    let (folder, file) = file_with("old");
    let refusal = refuse(Call::Sync, EIO);
    let error = lock(&file).store(&secret("new")).unwrap_err().to_string();
    assert!(error.starts_with("cannot make durable "), "{error}");
    drop(refusal);
    assert_eq!(fs::read_to_string(&file.path).unwrap(), "new\n", "there all the same: the old one is dead");
    assert_eq!(names(&folder), ["token", "token.lock"]);
    let _refusal = refuse(Call::Lock, ENOLCK);
    assert_eq!(lock(&file).warning, Some(DiskWarning::NoLocks));
}

#[test]
fn eight_threads_that_rotate_one_token_lose_none() {
    let (_folder, file) = file_with("0");
    // Like the service: only the newest token is taken, and each use makes a new one.
    let newest = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..8 {
                    let mut locked = lock(&file);
                    let token = locked.read().unwrap();
                    let new = {
                        let mut newest = newest.lock().unwrap();
                        assert_eq!(token.reveal(), newest.to_string(), "a dead token was used");
                        *newest += 1;
                        newest.to_string()
                    };
                    locked.store(&secret(&new)).unwrap();
                }
            });
        }
    });
    assert_eq!(fs::read_to_string(&file.path).unwrap(), "64\n");
}
