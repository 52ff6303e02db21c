use std::sync::Mutex;

use super::*;

mod processes;

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
        match file.try_lock().unwrap() {
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
fn a_new_token_replaces_the_old_one() {
    let (folder, file) = file_with("\u{feff}old\r\n");
    let mut locked = lock(&file);
    assert_eq!(locked.read().unwrap(), secret("old"));
    locked.store(&secret("new")).unwrap();
    assert_eq!(locked.read().unwrap(), secret("new"));
    locked.store(&secret("newer, and longer")).unwrap();
    drop(locked);
    assert_eq!(fs::read_to_string(&file.path).unwrap(), "newer, and longer\n");
    assert_eq!(names(&folder), ["token", "token.lock"]);
}

#[test]
fn a_lock_without_a_new_token_leaves_the_file_as_it_is() {
    let (folder, file) = file_with("old\n");
    drop(lock(&file));
    assert_eq!(fs::read_to_string(&file.path).unwrap(), "old\n");
    assert_eq!(names(&folder), ["token", "token.lock"]);
}

#[test]
fn the_first_token_needs_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = RefreshTokenFile::new(folder.path().join("token"));
    let mut locked = lock(&file);
    let error = locked.read().unwrap_err().to_string();
    assert!(error.contains("token cannot be read: "), "{error}");
    locked.store(&secret("first")).unwrap();
    assert_eq!(locked.read().unwrap(), secret("first"));
}

#[test]
fn who_waits_for_the_lock_reads_what_the_winner_stored() {
    let (_folder, file) = file_with("old");
    let mut winner = lock(&file);
    assert!(file.try_lock().unwrap().is_none());
    winner.store(&secret("new")).unwrap();
    assert!(file.try_lock().unwrap().is_none());
    drop(winner);
    assert_eq!(lock(&file).read().unwrap(), secret("new"));
}

#[test]
fn what_a_killed_process_left_does_not_matter() {
    let (folder, file) = file_with("old");
    fs::write(folder.path().join("token.new"), [0; 100]).unwrap();
    let mut locked = lock(&file);
    assert_eq!(locked.read().unwrap(), secret("old"));
    locked.store(&secret("new")).unwrap();
    drop(locked);
    assert_eq!(names(&folder), ["token", "token.lock"]);
}

#[test]
fn a_whole_token_that_a_killed_process_left_is_used() {
    for (left, expected) in [
        (&b"new\n"[..], "new"),
        (b"new\n\0\0\0", "new"),
        (b"new", "old"),
        (b"ne\0\0", "old"),
        (b"n\0w\n", "old"),
        (b"\0\0w\n", "old"),
        (b"a\nb\n", "old"),
        (b"\n", "old"),
        (b"", "old"),
    ] {
        let (folder, file) = file_with("old\n");
        fs::write(folder.path().join("token.new"), left).unwrap();
        let locked = lock(&file);
        assert_eq!(locked.read().unwrap(), secret(expected), "{left:?}");
        drop(locked);
        assert_eq!(names(&folder), ["token", "token.lock"], "{left:?}");
    }
}

/// What a rename to a file that is a mount of its own reports.
fn busy(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::ResourceBusy.into())
}

#[test]
fn where_no_file_can_be_renamed_the_token_is_written_into_the_old_one() {
    let (folder, file) = file_with("old, and longer\n");
    let mut locked = lock(&file);
    locked.replace(&secret("new"), busy).unwrap();
    drop(locked);
    assert_eq!(fs::read_to_string(&file.path).unwrap(), "new\n");
    assert_eq!(names(&folder), ["token", "token.lock"]);

    let locked = lock(&file);
    fs::write(folder.path().join("token.new"), "left\n").unwrap();
    locked.recover(busy).unwrap();
    assert_eq!(locked.read().unwrap(), secret("left"));
}

#[test]
fn a_token_that_cannot_be_stored_is_kept_beside_the_file_and_the_error_says_so() {
    let (folder, file) = file_with("old");
    let mut locked = lock(&file);
    // Neither is possible to a folder.
    fs::remove_file(&file.path).unwrap();
    fs::create_dir(&file.path).unwrap();
    let error = locked.store(&secret("new")).unwrap_err().to_string();
    drop(locked);
    let new = folder.path().join("token.new");
    // How Windows names the folder may differ.
    let (_, kept) = error.split_once("; it is kept in ").expect("where it is kept");
    assert!(kept.ends_with("token.new"), "{error}");
    assert_eq!(fs::read_to_string(&new).unwrap(), "new\n");

    fs::remove_dir(&file.path).unwrap();
    assert_eq!(lock(&file).read().unwrap(), secret("new"), "the next run uses it");
}

#[test]
fn a_token_that_could_not_be_replaced_is_not_given_out() {
    let (folder, file) = file_with("old");
    // Whoever runs the tests may be allowed everything, but not this.
    fs::create_dir(folder.path().join("token.new")).unwrap();
    let error = file.try_lock().unwrap_err().to_string();
    assert!(error.starts_with("cannot store a new token beside ") && error.contains("token: "), "{error}");

    let file = RefreshTokenFile::new(folder.path().join("no/such/folder/token"));
    let error = file.try_lock().unwrap_err().to_string();
    assert!(error.starts_with("cannot find the folder of ") && error.contains("token: "), "{error}");
}

#[cfg(unix)]
#[test]
fn a_new_token_is_for_its_owner_only_and_a_link_stays_a_link() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, file) = file_with("old");
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("token", &link).unwrap();
    let mut locked = lock(&RefreshTokenFile::new(link.clone()));
    assert!(file.try_lock().unwrap().is_none(), "by whatever name");
    assert!(secret_file::is_exposed_at(&link));
    locked.store(&secret("new")).unwrap();
    assert!(!secret_file::is_exposed_at(&link));
    for name in ["token", "token.lock"] {
        let mode = folder.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file.path).unwrap(), "new\n");
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
