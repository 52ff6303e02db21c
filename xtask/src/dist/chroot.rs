//! The static program where there is nothing but itself, the address of a name server and a root certificate.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use xtask::fake::{Dump, FakeServer, Service, TOKEN, dump_file};

use super::name_server;
use crate::cargo::PROGRAM;

/// Where the program is: without a PATH it is not found by its name.
const TOOLS: [&str; 3] = ["/usr/sbin/chroot", "/usr/bin/chroot", "/sbin/chroot"];

/// Bytes of the dump, in three chunks and a rest.
const BYTES: usize = 700_000;
const CHUNK: usize = 200_000;

/// Downloads a dump over TLS from a host that a name server has to find. `Err(Ok(why))` where this machine does not
/// allow it.
pub(crate) fn check(program: &Path) -> Result<(), Result<String, String>> {
    let there_is_none = || Ok("there is no chroot".to_owned());
    let tool = TOOLS.iter().map(Path::new).find(|path| path.is_file()).ok_or_else(there_is_none)?;
    let chroot = |root: &Path| {
        let mut command = Command::new(tool);
        command.arg(root).arg(format!("/{PROGRAM}")).env_clear().stdin(Stdio::null());
        command
    };
    name_server::start().map_err(|error| Ok(format!("no name server can listen: {error}")))?;
    let root = tempfile::tempdir().map_err(|error| Err(error.to_string()))?;
    let failed = |error: std::io::Error| Err(format!("{}: {error}", root.path().display()));
    fs::copy(program, root.path().join(PROGRAM)).map_err(failed)?;
    let bare = chroot(root.path()).arg("--version").output().map_err(failed)?;
    if !bare.status.success() {
        let why = String::from_utf8_lossy(&bare.stderr).trim_end().to_owned();
        return Err(if why.starts_with("chroot:") { Ok(why) } else { Err(why) });
    }

    let dump = dump_file::generate(1, BYTES);
    let server = FakeServer::start_on(Service::with_dump(Dump::from_bytes(dump.clone(), CHUNK)), 0, true);
    let server = server.map_err(Err)?;
    fs::create_dir(root.path().join("etc")).map_err(failed)?;
    let resolver = format!("nameserver {}\n", name_server::ADDRESS);
    fs::write(root.path().join("etc/resolv.conf"), resolver).map_err(failed)?;
    fs::write(root.path().join("root.pem"), server.ca_pem()).map_err(failed)?;
    let output = chroot(root.path())
        .args(["get", &server.locator(), "-o", "/dump.csv"])
        .env("ANAPLAN_API_URL", format!("https://{}:{}", name_server::NAME, server.address().port()))
        .env("ANAPLAN_CA_FILE", "/root.pem")
        .env("ANAPLAN_TOKEN", TOKEN)
        .output()
        .map_err(failed)?;
    if !output.status.success() {
        return Err(Err(format!("in an empty root: {}", String::from_utf8_lossy(&output.stderr))));
    }
    match fs::read(root.path().join("dump.csv")).map_err(failed)? == dump {
        true => Ok(()),
        false => Err(Err("in an empty root: the dump arrived changed".to_owned())),
    }
}
