//! Windows programs on this machine, with wine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::is_program;
use crate::cargo::root;

/// Where Debian has it, outside the PATH.
const DEBIAN: &str = "/usr/lib/wine/wine64";

/// What Rust's standard library wants of Windows, and wine 8 lacks.
const RANDOM_DLL: &str = "bcryptprimitives.dll";
const RANDOM_SOURCE: &str = "#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) {
    while (count) {
        ULONG part = count > 0x40000000 ? 0x40000000 : (ULONG)count;
        if (!SystemFunction036(bytes, part)) return FALSE;
        bytes += part;
        count -= part;
    }
    return TRUE;
}
";

/// An installed wine, and a folder with an empty Windows.
#[derive(Debug)]
pub(crate) struct Wine {
    program: PathBuf,
    prefix: PathBuf,
}

impl Wine {
    /// Finds wine, and makes the folder unless an earlier run has.
    pub(crate) fn find() -> Result<Wine, String> {
        let program = ["wine64", "wine"].into_iter().find(|name| is_program(name)).map(PathBuf::from);
        let program = program
            .or_else(|| Path::new(DEBIAN).is_file().then(|| DEBIAN.into()))
            .ok_or("wine is not installed")?;
        let wine = Wine { program, prefix: root().join("target/wine") };
        let system = wine.prefix.join("drive_c/windows/system32");
        if !system.is_dir() {
            fs::create_dir_all(&wine.prefix).map_err(|e| format!("{}: {e}", wine.prefix.display()))?;
            run(wine.command().args(["wineboot", "-i"]))?;
        }
        if !system.join(RANDOM_DLL).is_file() {
            let source = wine.prefix.join("random.c");
            fs::write(&source, RANDOM_SOURCE).map_err(|e| format!("{}: {e}", source.display()))?;
            let mut compile = Command::new("x86_64-w64-mingw32-gcc");
            compile.args(["-shared", "-Os", "-s", "-o"]).arg(system.join(RANDOM_DLL));
            run(compile.arg(source).arg("-ladvapi32"))?;
        }
        Ok(wine)
    }

    /// Wine, about to run the program that is the first argument.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        self.prepare(&mut command);
        command
    }

    /// Makes cargo run what it builds for Windows.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", &self.program);
        command.env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all");
        // In the C locale wine makes no file whose name is beyond ASCII.
        if env::var("LC_ALL").map_or(true, |locale| !locale.contains("UTF-8")) {
            command.env("LC_ALL", "C.UTF-8");
        }
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().display().to_string();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status.map_err(|error| format!("{program}: {error}"))? {
        status if status.success() => Ok(()),
        status => Err(format!("{program}: {status}")),
    }
}
