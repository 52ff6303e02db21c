use std::fs;

use proptest::prelude::*;

use super::*;
use crate::service::numbered_chunks as list;

struct Folder {
    folder: tempfile::TempDir,
    target: PathBuf,
    part: PathBuf,
    journal: PathBuf,
}

impl Folder {
    fn new() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        let [target, part, journal] =
            ["dump.csv", "dump.csv.part", "dump.csv.part.journal"].map(|name| folder.path().join(name));
        Folder { folder, target, part, journal }
    }

    fn open(&self, chunks: usize) -> PartFile {
        PartFile::open(&self.target, &list(chunks), false).unwrap()
    }

    fn replace(&self) -> Result<PartFile> {
        PartFile::open(&self.target, &list(1), true)
    }

    fn files(&self) -> usize {
        fs::read_dir(self.folder.path()).unwrap().count()
    }

    /// There is the dump, and nothing beside it.
    #[track_caller]
    fn has_dump(&self, content: &[u8]) {
        assert_eq!((&*fs::read(&self.target).unwrap(), self.files()), (content, 1));
    }
}

fn write_chunk(part: &mut PartFile, index: usize, bytes: &[u8]) {
    bytes.chunks(7).for_each(|piece| part.write(piece).unwrap());
    let digest = ChunkDigest::of(bytes);
    part.commit(&list(index + 1).as_slice()[index], &digest).unwrap();
}

#[test]
fn a_file_that_lacks_a_chunk_is_never_given_the_final_name_and_kept_for_the_next_run() {
    let folder = Folder::new();
    for held in [0, 1] {
        let mut part = folder.open(2);
        if held == 1 {
            write_chunk(&mut part, 0, b"first,");
        }
        let error = part.finish().unwrap_err();
        let reason = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!((reason, folder.target.exists()), (format!("it holds {held} of 2 chunks"), false));
    }
    let mut part = folder.open(2);
    assert_eq!(part.held_chunks(), 1);
    write_chunk(&mut part, 1, b"second");
    part.finish().unwrap();
    folder.has_dump(b"first,second");
}

/// Windows has the file renamed.
#[cfg(unix)]
#[test]
fn what_a_run_left_that_was_killed_between_the_two_names_of_a_dump_is_in_no_way() {
    let folder = Folder::new();
    write_chunk(&mut folder.open(1), 0, b"whole");
    fs::hard_link(&folder.part, &folder.target).unwrap();
    assert!(matches!(PartFile::open(&folder.target, &list(1), false), Err(Error::Exists { .. })));
    assert!(!folder.part.exists());
    assert_eq!(fs::read(&folder.target).unwrap(), b"whole");
    fs::hard_link(&folder.target, &folder.part).unwrap();
    let mut part = folder.replace().unwrap();
    write_chunk(&mut part, 0, b"new");
    part.finish().unwrap();
    folder.has_dump(b"new");
}

/// On Windows no other program can: see [`windows`].
#[cfg(unix)]
#[test]
fn a_part_that_another_program_replaced_or_cut_is_never_given_the_final_name() {
    let replace: fn(&Path) = |part| {
        fs::remove_file(part).unwrap();
        fs::write(part, "whose").unwrap();
    };
    let cut: fn(&Path) = |part| File::options().write(true).open(part).unwrap().set_len(3).unwrap();
    for (change, left) in [(replace, "whose"), (cut, "who")] {
        let folder = Folder::new();
        let mut part = folder.open(1);
        write_chunk(&mut part, 0, b"whole");
        change(&folder.part);
        assert!(matches!(part.finish(), Err(Error::Output { .. })));
        assert!(!folder.target.exists());
        assert_eq!(fs::read_to_string(&folder.part).unwrap(), left);
    }
}

#[test]
fn a_second_run_is_refused_while_one_is_running_or_has_its_journal() {
    let folder = Folder::new();
    let mut part = folder.open(1);
    assert!(matches!(folder.replace(), Err(Error::Locked { .. })));
    write_chunk(&mut part, 0, b"untouched");
    if cfg!(unix) {
        // As in the moment after the rename.
        fs::remove_file(&folder.part).unwrap();
        assert!(matches!(folder.replace(), Err(Error::Locked { .. })));
        return;
    }
    part.finish().unwrap();
    folder.has_dump(b"untouched");
}

#[test]
fn working_files_of_another_program_are_never_touched() {
    let folder = Folder::new();
    fs::write(&folder.part, "a part").unwrap();
    assert!(matches!(PartFile::open(&folder.target, &list(1), false), Err(Error::Exists { .. })));
    fs::write(&folder.journal, "my notes").unwrap();
    for overwrite in [false, true] {
        let opened = PartFile::open(&folder.target, &list(1), overwrite);
        assert!(matches!(opened, Err(Error::Output { path: Some(path), .. }) if path == folder.journal));
    }
    assert_eq!([&folder.part, &folder.journal].map(|path| fs::read(path).unwrap()), [&b"a part"[..], b"my notes"]);
}

#[test]
fn names_that_are_too_long_for_a_suffix_get_shorter_working_names_that_stay_apart() {
    let folder = tempfile::tempdir().unwrap();
    for length in [242, 243, 255] {
        let names = ["a", "b"].map(|last| "é".repeat(120) + &"x".repeat(length - 241) + last);
        let open = |name| PartFile::open(folder.path().join(name), &list(1), false).unwrap();
        let mut parts = names.each_ref().map(open);
        for (part, name) in parts.iter_mut().zip(&names) {
            write_chunk(part, 0, name.as_bytes());
        }
        parts.into_iter().for_each(|part| assert_eq!(part.finish().unwrap(), []));
        for name in names {
            assert_eq!(fs::read(folder.path().join(&name)).unwrap(), name.as_bytes());
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6, "nothing is left over");
}

#[cfg(windows)]
mod windows {
    use std::os::windows::fs::OpenOptionsExt;

    use super::*;

    #[test]
    fn others_can_read_the_working_files_of_a_run_but_not_write_remove_or_rename_them() {
        let folder = Folder::new();
        let mut part = folder.open(2);
        write_chunk(&mut part, 0, b"whole");
        for path in [&folder.part, &folder.journal] {
            assert!(fs::remove_file(path).is_err(), "{path:?}");
            assert!(fs::rename(path, path.with_file_name("elsewhere")).is_err(), "{path:?}");
            assert!(File::options().write(true).open(path).is_err(), "{path:?}");
            assert!(!fs::read(path).unwrap().is_empty(), "{path:?}");
        }
        drop(part);
        fs::remove_file(&folder.part).unwrap();
    }

    #[test]
    fn a_target_that_stays_open_elsewhere_is_left_alone_and_the_whole_part_kept() {
        let folder = Folder::new();
        fs::write(&folder.target, "old").unwrap();
        let held = File::options().read(true).share_mode(1).open(&folder.target).unwrap();
        let mut part = folder.replace().unwrap();
        write_chunk(&mut part, 0, b"new");
        assert!(matches!(part.finish(), Err(Error::Output { .. })));
        assert_eq!(fs::read(&folder.target).unwrap(), b"old");
        drop(held);
        let part = folder.replace().unwrap();
        assert_eq!(part.held_chunks(), 1);
        part.finish().unwrap();
        folder.has_dump(b"new");
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_with_the_names_of_working_files_are_not_followed() {
        let folder = Folder::new();
        let victim = folder.folder.path().join("victim");
        for in_the_way in [&folder.part, &folder.journal] {
            for is_hard_link in [false, true] {
                fs::write(&victim, "{\"format\":").unwrap();
                match is_hard_link {
                    true => fs::hard_link(&victim, in_the_way).unwrap(),
                    false => symlink(&victim, in_the_way).unwrap(),
                }
                assert!(folder.replace().is_err(), "{in_the_way:?}, hard link: {is_hard_link}");
                assert_eq!(fs::read(&victim).unwrap(), b"{\"format\":", "{in_the_way:?}");
                fs::remove_file(in_the_way).unwrap();
            }
        }
        // A link to nothing would make the file that it leads to.
        symlink("elsewhere", &folder.part).unwrap();
        assert!(PartFile::open(&folder.target, &list(1), false).is_err());
        assert!(!folder.folder.path().join("elsewhere").exists());
    }
}

proptest! {
    #[test]
    fn whatever_a_kill_leaves_only_good_whole_chunks_are_kept(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..6),
        part_cut in any::<prop::sample::Index>(), journal_cut in any::<prop::sample::Index>(),
        flip in prop::option::of(any::<prop::sample::Index>()), beyond in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let folder = Folder::new();
        let mut part = folder.open(chunks.len());
        prop_assert_eq!(part.resume(), Resume::Fresh);
        for (index, bytes) in chunks.iter().enumerate() {
            part.write(b"torn").unwrap();
            part.roll_back().unwrap();
            write_chunk(&mut part, index, bytes);
        }
        drop(part);

        let mut bytes = fs::read(&folder.part).unwrap();
        bytes.truncate(part_cut.index(bytes.len() + 1));
        if let Some(flip) = flip && !bytes.is_empty() {
            let at = flip.index(bytes.len());
            bytes[at] ^= 1;
        }
        bytes.extend(beyond);
        fs::write(&folder.part, &bytes).unwrap();
        let mut journal = fs::read(&folder.journal).unwrap();
        journal.truncate(journal_cut.index(journal.len() + 1));
        fs::write(&folder.journal, &journal).unwrap();

        let mut part = folder.open(chunks.len());
        let kept = part.held_chunks();
        let reported = match part.resume() {
            Resume::Resumed { chunks, .. } => chunks,
            _ => 0,
        };
        prop_assert_eq!(reported, kept);
        prop_assert_eq!(fs::read(&folder.part).unwrap(), chunks[..kept].concat());
        for (index, bytes) in chunks.iter().enumerate().skip(kept) {
            write_chunk(&mut part, index, bytes);
        }
        part.finish().unwrap();
        folder.has_dump(&chunks.concat());
    }
}

/// Where there is no dump, its part is kept once all of it is durable, and the next run ends it.
#[cfg(unix)]
#[test]
fn whatever_a_disk_refuses_a_dump_is_whole_or_its_part_is_kept_as_far_as_it_is_proved() {
    use crate::files::tests::REFUSALS;
    use crate::files::{Call, EBUSY, ENOSPC, refuse};
    let mount = (&[(Call::Rename, EBUSY), (Call::WriteInPlace, ENOSPC)][..], Some(&[][..]), None);
    for (refused, new, replaced) in REFUSALS.into_iter().chain([mount]) {
        for (overwrite, said) in [(false, new), (true, replaced)] {
            let folder = Folder::new();
            if overwrite {
                fs::write(&folder.target, "old, and longer").unwrap();
            }
            let download = || -> Result<Vec<DiskWarning>> {
                let failed = |error| Error::output("write", None, error);
                let mut part = PartFile::open(&folder.target, &list(1), overwrite)?;
                if part.held_chunks() == 0 {
                    part.write(b"new").map_err(failed)?;
                    part.commit(&list(1).as_slice()[0], &ChunkDigest::of(b"new")).map_err(failed)?;
                }
                let _ = part.sync().inspect_err(|_| assert_eq!(fs::read(&folder.part).unwrap(), b""));
                part.finish()
            };
            let refusals: Vec<_> = refused.iter().map(|(call, errno)| refuse(*call, *errno)).collect();
            let outcome = download();
            drop(refusals);
            let case = format!("{refused:?} {overwrite}: {outcome:?}");
            assert_eq!(outcome.ok().as_deref(), said, "{case}");
            if said.is_none() {
                let is_proved = refused[0].0 == Call::Rename;
                let files = usize::from(overwrite) + if is_proved { 2 } else { 0 };
                assert_eq!((folder.target.exists(), folder.files()), (overwrite, files), "{case}");
                assert_eq!(download().unwrap(), [], "the next run ends it: {case}");
            }
            folder.has_dump(b"new");
        }
    }
}

/// On Windows no other program can.
#[cfg(unix)]
#[test]
fn a_part_file_that_another_program_cuts_while_it_is_written_is_given_up_at_once() {
    let folder = Folder::new();
    let mut part = folder.open(3);
    write_chunk(&mut part, 0, b"first,");
    part.write(b"sec").unwrap();
    let other = File::options().write(true).open(&folder.part).unwrap();
    other.set_len(0).unwrap();
    // What follows would otherwise come after a gap of zeros, in a file of the right length.
    part.write(b"ond").unwrap();
    let digest = ChunkDigest::of(b"second");
    let error = part.commit(&list(2).as_slice()[1], &digest).unwrap_err();
    assert_eq!(error.to_string(), "another program has changed its length meanwhile");
    assert_eq!(part.held_chunks(), 0);
    drop(part);
    assert_eq!(folder.files(), 0);
}
