use std::fs;

use proptest::prelude::*;

use super::*;
use crate::service::numbered_chunks as list;

fn part_file(target: &Path, count: usize) -> PartFile {
    PartFile::builder(target).open(&list(count)).unwrap()
}

fn write_chunk(part: &mut PartFile, index: usize, bytes: &[u8]) {
    bytes.chunks(7).for_each(|piece| part.write(piece).unwrap());
    let digest = ChunkDigest::of(bytes);
    part.commit(&list(index + 1).as_slice()[index], &digest).unwrap();
}

#[test]
fn a_finished_file_has_its_name_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    let mut part = part_file(&target, 2);
    assert_eq!(part.resume(), Resume::Fresh);
    write_chunk(&mut part, 0, b"first,");
    part.write(b"torn").unwrap();
    part.roll_back().unwrap();
    write_chunk(&mut part, 1, b"second");
    part.finish().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"first,second");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_lacks_a_chunk_is_never_given_the_final_name_and_kept_for_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    let text = |error: Error| format!("{error}: {}", std::error::Error::source(&error).unwrap());
    let error = text(part_file(&target, 2).finish().unwrap_err());
    assert!(error.ends_with("dump.csv.part: it holds 0 of 2 chunks"), "{error}");
    let mut part = part_file(&target, 2);
    write_chunk(&mut part, 0, b"first,");
    let error = text(part.finish().unwrap_err());
    assert!(error.ends_with("dump.csv.part: it holds 1 of 2 chunks"), "{error}");
    assert!(!target.exists());
    let mut part = part_file(&target, 2);
    assert_eq!(part.held_chunks(), 1);
    write_chunk(&mut part, 1, b"second");
    part.finish().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"first,second");
}

#[test]
fn an_existing_file_is_left_alone_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    fs::write(&target, "mine").unwrap();
    assert!(matches!(PartFile::builder(&target).open(&list(1)), Err(Error::Exists { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let mut part = PartFile::builder(&target).overwrite(true).open(&list(1)).unwrap();
    write_chunk(&mut part, 0, b"new");
    part.finish().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"new");
}

#[test]
fn a_file_that_appears_while_downloading_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    let mut part = part_file(&target, 1);
    write_chunk(&mut part, 0, b"new");
    fs::write(&target, "mine").unwrap();
    assert!(matches!(part.finish(), Err(Error::Exists { .. })));
    assert_eq!(fs::read(&target).unwrap(), b"mine");
    assert_eq!(fs::read(folder.path().join("dump.csv.part")).unwrap(), b"new");
}

/// Windows has the file renamed.
#[cfg(unix)]
#[test]
fn what_a_run_left_that_was_killed_between_the_two_names_of_a_dump_is_in_no_way() {
    let folder = tempfile::tempdir().unwrap();
    let (target, part_path) = (folder.path().join("dump.csv"), folder.path().join("dump.csv.part"));
    let mut part = part_file(&target, 1);
    write_chunk(&mut part, 0, b"whole");
    drop(part);
    fs::hard_link(&part_path, &target).unwrap();
    assert!(matches!(PartFile::builder(&target).open(&list(1)), Err(Error::Exists { .. })));
    assert!(!part_path.exists());
    assert_eq!(fs::read(&target).unwrap(), b"whole");
    fs::hard_link(&target, &part_path).unwrap();
    let mut part = PartFile::builder(&target).overwrite(true).open(&list(1)).unwrap();
    write_chunk(&mut part, 0, b"new");
    part.finish().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// On Windows nothing can take its place: see [`windows`].
#[cfg(unix)]
#[test]
fn a_file_that_took_the_place_of_the_part_is_never_given_the_final_name() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    let mut part = part_file(&target, 1);
    write_chunk(&mut part, 0, b"whole");
    let part_path = folder.path().join("dump.csv.part");
    fs::remove_file(&part_path).unwrap();
    fs::write(&part_path, "another run's").unwrap();
    assert!(part.finish().is_err());
    assert!(!target.exists());
    assert_eq!(fs::read(&part_path).unwrap(), b"another run's");
}

/// On Windows no other program can.
#[cfg(unix)]
#[test]
fn a_part_file_that_another_program_cut_is_never_given_the_final_name() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    let mut part = part_file(&target, 1);
    write_chunk(&mut part, 0, b"whole");
    File::options().write(true).open(folder.path().join("dump.csv.part")).unwrap().set_len(3).unwrap();
    let error = part.finish().unwrap_err();
    assert!(matches!(error, Error::Output { .. }), "{error}");
    assert!(!target.exists());
}

#[test]
fn a_second_run_is_refused_while_one_is_running() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    let mut part = part_file(&target, 1);
    let second = PartFile::builder(&target).overwrite(true).restart(true).open(&list(1));
    assert!(matches!(second, Err(Error::Locked { .. })));
    write_chunk(&mut part, 0, b"untouched");
    part.finish().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"untouched");
}

#[test]
fn a_foreign_part_file_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    let strange = folder.path().join("dump.csv.part");
    fs::write(&strange, "somebody's").unwrap();
    assert!(matches!(PartFile::builder(&target).open(&list(1)), Err(Error::Exists { .. })));
    assert_eq!(fs::read(&strange).unwrap(), b"somebody's");
}

#[test]
fn a_run_that_got_nothing_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut part = part_file(&folder.path().join("dump.csv"), 1);
    part.write(b"torn").unwrap();
    drop(part);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_foreign_journal_is_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    let journal = folder.path().join("dump.csv.part.journal");
    fs::write(&journal, "my notes").unwrap();
    for builder in [PartFile::builder(&target), PartFile::builder(&target).restart(true).overwrite(true)] {
        assert!(
            matches!(builder.open(&list(1)), Err(Error::Output { path: Some(path), .. }) if path == journal)
        );
    }
    assert_eq!(fs::read(&journal).unwrap(), b"my notes");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn names_that_are_too_long_for_a_suffix_get_shorter_working_names_that_stay_apart() {
    let folder = tempfile::tempdir().unwrap();
    for length in [242, 243, 255] {
        let names = ["a", "b"].map(|last| "é".repeat(120) + &"x".repeat(length - 241) + last);
        let mut parts = names.clone().map(|name| part_file(&folder.path().join(name), 1));
        for (index, part) in parts.iter_mut().enumerate() {
            write_chunk(part, 0, names[index].as_bytes());
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
        let folder = tempfile::tempdir().unwrap();
        let mut part = part_file(&folder.path().join("dump.csv"), 2);
        write_chunk(&mut part, 0, b"whole");
        for name in ["dump.csv.part", "dump.csv.part.journal"] {
            let path = folder.path().join(name);
            assert!(fs::remove_file(&path).is_err(), "{name}");
            assert!(fs::rename(&path, folder.path().join("elsewhere")).is_err(), "{name}");
            assert!(File::options().write(true).open(&path).is_err(), "{name}");
            assert!(!fs::read(&path).unwrap().is_empty(), "{name}");
        }
        drop(part);
        fs::remove_file(folder.path().join("dump.csv.part")).unwrap();
    }

    #[test]
    fn a_target_that_stays_open_elsewhere_is_left_alone_and_the_whole_part_kept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("dump.csv");
        fs::write(&target, "old").unwrap();
        let held = File::options().read(true).share_mode(1).open(&target).unwrap();
        let mut part = PartFile::builder(&target).overwrite(true).open(&list(1)).unwrap();
        write_chunk(&mut part, 0, b"new");
        let error = part.finish().unwrap_err();
        assert!(matches!(error, Error::Output { .. }), "{error}");
        assert_eq!(fs::read(&target).unwrap(), b"old");
        drop(held);
        let part = PartFile::builder(&target).overwrite(true).open(&list(1)).unwrap();
        assert_eq!(part.held_chunks(), 1);
        part.finish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_that_may_be_replaced_stays_a_link_and_its_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        fs::write(&real, "old").unwrap();
        symlink("real.csv", &link).unwrap();
        assert!(matches!(PartFile::builder(&link).open(&list(1)), Err(Error::Exists { .. })));
        let mut part = PartFile::builder(&link).overwrite(true).open(&list(1)).unwrap();
        write_chunk(&mut part, 0, b"new");
        part.finish().unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }

    #[test]
    fn links_with_the_names_of_working_files_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, victim) = (folder.path().join("dump.csv"), folder.path().join("victim"));
        for name in ["dump.csv.part", "dump.csv.part.journal"] {
            let in_the_way = folder.path().join(name);
            for is_hard_link in [false, true] {
                fs::write(&victim, "{\"format\":").unwrap();
                match is_hard_link {
                    true => fs::hard_link(&victim, &in_the_way).unwrap(),
                    false => symlink(&victim, &in_the_way).unwrap(),
                }
                let opened = PartFile::builder(&target).overwrite(true).restart(true).open(&list(1));
                assert!(opened.is_err(), "{name}, hard link: {is_hard_link}");
                assert_eq!(fs::read(&victim).unwrap(), b"{\"format\":", "{name}");
                fs::remove_file(&in_the_way).unwrap();
            }
        }
        // A link to nothing would make the file that it leads to.
        symlink("elsewhere", folder.path().join("dump.csv.part")).unwrap();
        assert!(PartFile::builder(&target).open(&list(1)).is_err());
        assert!(!folder.path().join("elsewhere").exists());
    }
}

proptest! {
    #[test]
    fn whatever_a_kill_leaves_only_good_whole_chunks_are_kept(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..6),
        part_cut in any::<prop::sample::Index>(), journal_cut in any::<prop::sample::Index>(),
        flip in prop::option::of(any::<prop::sample::Index>()), beyond in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("dump.csv");
        let (part_path, journal_path) =
            (folder.path().join("dump.csv.part"), folder.path().join("dump.csv.part.journal"));
        let mut part = part_file(&target, chunks.len());
        for (index, bytes) in chunks.iter().enumerate() {
            write_chunk(&mut part, index, bytes);
        }
        drop(part);

        let mut bytes = fs::read(&part_path).unwrap();
        bytes.truncate(part_cut.index(bytes.len() + 1));
        if let Some(flip) = flip && !bytes.is_empty() {
            let at = flip.index(bytes.len());
            bytes[at] ^= 1;
        }
        bytes.extend(beyond);
        fs::write(&part_path, &bytes).unwrap();
        let mut journal = fs::read(&journal_path).unwrap();
        journal.truncate(journal_cut.index(journal.len() + 1));
        fs::write(&journal_path, &journal).unwrap();

        let mut part = part_file(&target, chunks.len());
        let kept = part.held_chunks();
        let reported = match part.resume() {
            Resume::Resumed { chunks, .. } => chunks,
            _ => 0,
        };
        prop_assert_eq!(reported, kept);
        prop_assert_eq!(fs::read(&part_path).unwrap(), chunks[..kept].concat());
        for (index, bytes) in chunks.iter().enumerate().skip(kept) {
            write_chunk(&mut part, index, bytes);
        }
        part.finish().unwrap();
        prop_assert_eq!(fs::read(&target).unwrap(), chunks.concat());
    }
}

/// What is left when a disk refuses something at the end of a download.
#[cfg(unix)]
#[test]
fn whatever_a_disk_refuses_a_dump_is_whole_or_its_part_is_kept_as_far_as_it_is_proved() {
    use crate::files::{Call, EBUSY, EINVAL, EIO, ENOLCK, ENOSPC, EPERM, refuse};
    use DiskWarning::{NoLocks, NotDurable, OtherOwner};
    #[derive(Debug, Clone, Copy)]
    enum Left {
        Dump(&'static [DiskWarning]),
        Part,
        Nothing,
    }
    use Left::{Dump, Nothing, Part};
    for (call, errno, new, replaced) in [
        (Call::Write, ENOSPC, Nothing, Nothing),
        (Call::Lock, ENOLCK, Dump(&[NoLocks]), Dump(&[NoLocks])),
        (Call::Lock, EIO, Nothing, Nothing),
        (Call::Sync, EINVAL, Dump(&[NotDurable]), Dump(&[NotDurable])),
        (Call::Sync, EIO, Nothing, Nothing),
        (Call::Sync, ENOSPC, Nothing, Nothing),
        (Call::Owner, EPERM, Dump(&[]), Dump(&[OtherOwner])),
        (Call::Link, EPERM, Dump(&[]), Dump(&[])),
        (Call::Rename, EBUSY, Dump(&[]), Dump(&[])),
        (Call::Rename, EIO, Dump(&[]), Part),
    ] {
        for (overwrite, left) in [(false, new), (true, replaced)] {
            let folder = tempfile::tempdir().unwrap();
            let target = folder.path().join("dump.csv");
            if overwrite {
                fs::write(&target, "old, and longer").unwrap();
            }
            let download = || -> Result<Vec<DiskWarning>> {
                let failed = |error| Error::output("write", None, error);
                let mut part = PartFile::builder(&target).overwrite(overwrite).open(&list(1))?;
                if part.held_chunks() == 0 {
                    part.write(b"new").map_err(failed)?;
                    let digest = ChunkDigest::of(b"new");
                    part.commit(&list(1).as_slice()[0], &digest).map_err(failed)?;
                }
                part.finish()
            };
            let refusal = refuse(call, errno);
            let outcome = download();
            drop(refusal);
            let case = format!("{call:?} {errno} {overwrite}: {outcome:?}");
            let files = fs::read_dir(folder.path()).unwrap().count();
            let content = fs::read(&target).ok();
            match left {
                Dump(warnings) => {
                    assert_eq!(outcome.unwrap(), warnings, "{case}");
                    assert_eq!((content.as_deref(), files), (Some(&b"new"[..]), 1), "{case}");
                }
                Part => {
                    assert_eq!((content.is_some(), files), (overwrite, 2 + usize::from(overwrite)), "{case}")
                }
                Nothing => {
                    assert_eq!((content.is_some(), files), (overwrite, usize::from(overwrite)), "{case}")
                }
            }
            if let Part = left {
                assert_eq!(download().unwrap(), [], "the next run ends it");
                assert_eq!(fs::read(&target).unwrap(), b"new", "{case}");
            }
        }
    }
}

/// On Windows no other program can.
#[cfg(unix)]
#[test]
fn a_part_file_that_another_program_cuts_while_it_is_written_is_given_up_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("dump.csv");
    let mut part = part_file(&target, 3);
    write_chunk(&mut part, 0, b"first,");
    part.write(b"sec").unwrap();
    let other = File::options().write(true).open(folder.path().join("dump.csv.part")).unwrap();
    other.set_len(0).unwrap();
    // What follows would otherwise stand after a gap of zeros, in a file of the right length.
    part.write(b"ond").unwrap();
    let digest = ChunkDigest::of(b"second");
    let error = part.commit(&list(2).as_slice()[1], &digest).unwrap_err();
    assert_eq!(error.to_string(), "another program has changed its length meanwhile");
    assert_eq!(part.held_chunks(), 0);
    drop(part);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
