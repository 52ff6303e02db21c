//! The programs that are compared, and how each is started for the same work.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use xtask::fake::TOKEN;

use super::server::Server;
use super::setting::Setting;
use crate::cargo::{PROGRAM, clean_command};

/// Connections side by side, for those who can.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// A program and the way in which it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Contender {
    /// One process and one connection for all chunks, as its own configuration file lists them.
    Curl,
    Ours,
    OursParallel,
    /// What a shell script does: one process for each chunk.
    CurlLoop,
    /// Chunks side by side, each into a file of its own, then concatenated.
    CurlParallel,
    /// A command line of the user's, with `{url}` for the dump and `{out}` for the file.
    Extra(String),
}

impl Contender {
    pub(super) fn name(&self) -> String {
        match self {
            Contender::Curl => "curl, one process".to_owned(),
            Contender::Ours => PROGRAM.to_owned(),
            Contender::OursParallel => format!("{PROGRAM} --parallel {SIDE_BY_SIDE}"),
            Contender::CurlLoop => "curl for each chunk".to_owned(),
            Contender::CurlParallel => "curl --parallel, cat".to_owned(),
            Contender::Extra(line) => line.split(' ').next().unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn is_curl(&self) -> bool {
        matches!(self, Contender::Curl | Contender::CurlLoop | Contender::CurlParallel)
    }

    /// The command that downloads the dump into a file, or for `None` to its standard output.
    pub(super) fn command(
        &self,
        setting: &Setting,
        server: &Server,
        output: Option<&Path>,
    ) -> Result<Command, String> {
        let parallel = SIDE_BY_SIDE.to_string();
        Ok(match self {
            Contender::Ours => our_command(setting, server, output),
            Contender::OursParallel => {
                let mut command = our_command(setting, server, output);
                command.args(["--parallel", &parallel]);
                command
            }
            Contender::Curl => shell("curl -q -K \"$CONFIG\"", output, &config(setting, server, true)?),
            Contender::CurlLoop => {
                let each = format!(
                    "for i in $(seq 0 {}); do curl -q -K \"$CONFIG\" {}/chunks/$i || exit; done",
                    server.chunks - 1,
                    server.dump_url
                );
                shell(&each, output, &config(setting, server, false)?)
            }
            Contender::CurlParallel => {
                let files = setting.folder.join("chunk-");
                let script = format!(
                    "curl -q -K \"$CONFIG\" --parallel --parallel-immediate --parallel-max {parallel} \
                     '{}/chunks/[0-{last}]' -o '{files}#1' && for i in $(seq 0 {last}); do echo {files}$i; done | xargs \
                     cat",
                    server.dump_url,
                    last = server.chunks - 1,
                    files = files.display(),
                );
                shell(&script, output, &config(setting, server, false)?)
            }
            Contender::Extra(line) => {
                let path = output.unwrap_or(Path::new("/dev/stdout")).display().to_string();
                let line = line.replace("{url}", &server.dump_url).replace("{out}", &path);
                shell(&line, None, &config(setting, server, false)?)
            }
        })
    }
}

fn our_command(setting: &Setting, server: &Server, output: Option<&Path>) -> Command {
    let mut command = setting.get(&server.origin, &server.locator, output.unwrap_or(Path::new("-")));
    command.arg("-q");
    if let Some(root) = &server.root_certificate {
        command.env("ANAPLAN_CA_FILE", root);
    }
    command
}

/// A script, whose output goes to the file where there is one. A single command takes the shell's place.
fn shell(script: &str, output: Option<&Path>, config: &Path) -> Command {
    let exec = if script.contains(';') || script.contains('&') { "" } else { "exec " };
    let mut command = clean_command("sh");
    match output {
        Some(path) => command.arg("-c").arg(format!("exec > \"$OUT\"; {exec}{script}")).env("OUT", path),
        None => command.arg("-c").arg(format!("{exec}{script}")),
    };
    command.env("CONFIG", config).env("TOKEN", TOKEN);
    command
}

/// Curl's settings, in a file so that no argument shows the token.
fn config(setting: &Setting, server: &Server, with_chunks: bool) -> Result<std::path::PathBuf, String> {
    let mut config = format!(
        "silent\nshow-error\nfail\ncompressed\nheader = \"Authorization: AnaplanAuthToken {TOKEN}\"\n"
    );
    if let Some(root) = &server.root_certificate {
        let _ = writeln!(config, "cacert = \"{}\"", root.display());
    }
    for chunk in 0..if with_chunks { server.chunks } else { 0 } {
        let _ = writeln!(config, "url = \"{}/chunks/{chunk}\"", server.dump_url);
    }
    let path = setting.fresh("curl.config")?;
    fs::write(&path, config).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}
