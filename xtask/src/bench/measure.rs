//! Child processes: how long, how much CPU, how much memory, and what arrived.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use flate2::CrcReader;
use wait4::Wait4;

use crate::cargo::clean_command;

/// What a run took: wall time, wall time until the file was on the disk too, user and system time, all in seconds,
/// and the peak of resident memory in MiB.
pub(super) type Sample = [f64; 4];
pub(super) const SYNCED: usize = 1;
pub(super) const CPU: usize = 2;
pub(super) const PEAK: usize = 3;

/// Medians of the times and maxima of the peaks. After one run of each that does not count, each begins a round in its
/// turn, so that none always runs on what another left.
pub(super) fn rounds<T>(
    contenders: &[(&'static str, T)],
    repeat: usize,
    run: impl Fn(&T) -> io::Result<Sample>,
) -> Result<Vec<(&'static str, Sample)>, String> {
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); contenders.len()];
    for round in 0..=repeat {
        for turn in 0..contenders.len() {
            let which = (turn + round) % contenders.len();
            let (name, contender) = &contenders[which];
            let sample = run(contender).map_err(|error| format!("{name}: {error}"))?;
            samples[which].extend((round > 0).then_some(sample));
        }
    }
    let row = |samples: &Vec<Sample>| {
        std::array::from_fn(|column| {
            let mut values: Vec<f64> = samples.iter().map(|sample| sample[column]).collect();
            values.sort_by(f64::total_cmp);
            values[if column == PEAK { values.len() - 1 } else { values.len() / 2 }]
        })
    };
    Ok(contenders.iter().map(|(name, _)| *name).zip(samples.iter().map(row)).collect())
}

/// Runs a program with these words, and a file.
pub(super) fn alone(program: &Path, words: &str, file: Option<&Path>) -> io::Result<Sample> {
    let mut command = clean_command(program);
    command.args(words.split(' ')).args(file);
    child(command).map(|(sample, ..)| sample)
}

/// Runs a child. Returns also length and checksum of what it printed.
pub(super) fn child(mut command: Command) -> io::Result<(Sample, u64, u32)> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn()?;
    let seen = child.stdout.take().map_or(Ok((0, 0)), checksum).inspect_err(|_| drop(child.kill()));
    let used = child.wait4()?;
    let wall = start.elapsed().as_secs_f64();
    let (length, sum) = seen?;
    if !used.status.success() {
        return Err(io::Error::other(used.status.to_string()));
    }
    let cpu = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    Ok(([wall, wall, cpu, used.rusage.maxrss as f64 / f64::from(1 << 20)], length, sum))
}

/// Length and CRC-32. With one small buffer: the memory of this process is the least that its children can show.
pub(super) fn checksum(from: impl Read) -> io::Result<(u64, u32)> {
    let mut from = CrcReader::new(from);
    let length = io::copy(&mut from, &mut io::sink())?;
    Ok((length, from.crc().sum()))
}
