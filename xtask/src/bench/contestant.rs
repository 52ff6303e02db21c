//! The programs that are compared, and how each is started for the same work.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use flate2::Crc;
use xtask::fake::TOKEN;

use super::measure::{self, Sample, Seen, copy};
use super::server::Server;
use super::setting::Setting;
use crate::cargo::{PROGRAM, clean_command};

/// Where the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sink {
    File,
    Pipe,
}

impl Sink {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::File => "to a file",
            Self::Pipe => "to a pipe",
        }
    }
}

/// A program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contestant {
    Ours,
    /// One process and one connection for all chunks, which it writes one after the other to its output.
    Curl,
}

impl Contestant {
    pub(super) fn all(has_curl: bool) -> &'static [Self] {
        if has_curl { &[Self::Ours, Self::Curl] } else { &[Self::Ours] }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => PROGRAM,
            Self::Curl => "curl",
        }
    }

    /// Downloads the dump once. The length is checked each time, the content where asked for.
    pub(super) fn run(
        self,
        setting: &Setting,
        server: &Server,
        sink: Sink,
        check: bool,
    ) -> Result<Sample, String> {
        let name = self.name();
        let failed = |error: io::Error| format!("{name}, {}: {error}", sink.title());
        let path = setting.fresh("dump.csv")?;
        let mut command = self.command(setting, server, sink, &path)?;
        let mut seen = Seen { checksum: check.then(Crc::new), length: 0 };
        let mut sample = match (sink, self) {
            (Sink::Pipe, _) => measure::child(&mut command, &mut seen),
            (Sink::File, Self::Ours) => measure::child(&mut command, &mut io::sink()),
            (Sink::File, Self::Curl) => {
                File::create(&path).and_then(|file| measure::child_into(&mut command, file))
            }
        }
        .map_err(failed)?;
        if sink == Sink::File {
            // Also so that the device is not busy with this file while the next program runs.
            let start = Instant::now();
            let mut file = File::open(&path).map_err(failed)?;
            file.sync_all().map_err(failed)?;
            sample.synced = sample.wall + start.elapsed();
            seen.length = file.metadata().map_err(failed)?.len();
            if check {
                seen.length = 0;
                copy(&mut file, &mut seen).map_err(failed)?;
            }
        }
        server.compare(&seen).map_err(|why| failed(io::Error::other(why)))?;
        Ok(sample)
    }

    fn command(self, setting: &Setting, server: &Server, sink: Sink, path: &Path) -> Result<Command, String> {
        match self {
            Self::Ours => {
                Ok(our_command(setting, server, if sink == Sink::File { path } else { Path::new("-") }))
            }
            Self::Curl => {
                let config = setting.fresh("curl.config")?;
                fs::write(&config, curl_config(server))
                    .map_err(|error| format!("{}: {error}", config.display()))?;
                let mut command = clean_command("curl");
                // First of all `-q`: without the settings of the person who starts it.
                command.arg("-q").arg("--config").arg(config);
                Ok(command)
            }
        }
    }
}

/// Our program, about to download the server's dump.
pub(super) fn our_command(setting: &Setting, server: &Server, output: &Path) -> Command {
    let mut command = setting.get(&server.origin, &server.locator, output);
    if let Some(root) = &server.root_certificate {
        command.env("ANAPLAN_CA_FILE", root);
    }
    command
}

fn curl_config(server: &Server) -> String {
    let mut config =
        format!("silent\nshow-error\nfail\nheader = \"Authorization: AnaplanAuthToken {TOKEN}\"\n");
    if let Some(root) = &server.root_certificate {
        let _ = writeln!(config, "cacert = \"{}\"", root.display());
    }
    for chunk in 0..server.chunks {
        let _ = writeln!(config, "url = \"{}/chunks/{chunk}\"", server.dump_url);
    }
    config
}
