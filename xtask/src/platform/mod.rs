//! How a program is built for a platform with what this machine has, and how it is run here.

mod wine;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{cargo, in_workspace, root};

pub(crate) use wine::Wine;

/// Linux without a C library of the system's: one file that runs everywhere.
pub(crate) const MUSL: &str = "x86_64-unknown-linux-musl";
pub(crate) const MUSL_ARM: &str = "aarch64-unknown-linux-musl";
/// Linux where no musl can be built: the C library of the system, linked into the file.
pub(crate) const GNU: &str = "x86_64-unknown-linux-gnu";
pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";
pub(crate) const MAC: &str = "aarch64-apple-darwin";

/// Every target that a release can have; the static one for this kind of machine first.
pub(crate) const TARGETS: [&str; 5] = [MUSL, GNU, MUSL_ARM, WINDOWS, MAC];

/// Where distributions put their Rust, whatever stands first in the PATH.
const PACKAGED_BIN: &str = "/usr/bin";

/// A way to build for a target on this machine.
#[derive(Debug)]
pub(crate) struct Toolchain {
    pub(crate) target: &'static str,
    /// For people.
    pub(crate) name: &'static str,
    kind: Kind,
    /// For rustc, beside those of the caller.
    flags: Vec<String>,
    variables: Vec<(&'static str, OsString)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The cargo that runs this, with an installed standard library.
    Usual,
    /// A distribution's Rust, which builds the standard library from its source.
    Packaged,
    /// The same, with zig for compiling C and linking.
    Zig,
}

impl Toolchain {
    /// The first way that this machine has, or what it lacks.
    pub(crate) fn find(target: &str) -> Result<Toolchain, String> {
        let target = TARGETS.into_iter().find(|known| *known == target).ok_or_else(|| {
            format!("there is no recipe for the target {target}; there are: {}", TARGETS.join(", "))
        })?;
        let compiler = match target {
            MUSL => Some("musl-gcc"),
            GNU => Some("cc"),
            WINDOWS => Some("x86_64-w64-mingw32-gcc"),
            _ => None,
        };
        let compiler = compiler.filter(|name| is_program(name));
        if let Some(compiler) = compiler {
            if has_std(target) {
                return Ok(Toolchain::new(target, "installed Rust", Kind::Usual, compiler));
            }
            if has_std_source() && target != GNU {
                let mut toolchain =
                    Toolchain::new(target, "packaged Rust, own std", Kind::Packaged, compiler);
                if target == MUSL {
                    toolchain.link_without_unwinding()?;
                }
                return Ok(toolchain);
            }
        }
        if has_std_source() && is_program("cargo-zigbuild") && [MUSL, MUSL_ARM, MAC].contains(&target) {
            let mut toolchain = Toolchain {
                target,
                name: "packaged Rust, zig",
                kind: Kind::Zig,
                flags: vec![],
                variables: vec![],
            };
            match target {
                // zig brings its own start files.
                MUSL | MUSL_ARM => toolchain.flag("link-self-contained=no"),
                // Stripping for macOS would need a tool that zig has not.
                _ => toolchain.variables.push(("CARGO_PROFILE_RELEASE_STRIP", "false".into())),
            }
            return Ok(toolchain);
        }
        Err(match compiler {
            Some(_) => format!("no standard library for {target}: rustup target add {target}"),
            None => format!("no C compiler for {target} (musl-gcc, mingw-w64 or cargo-zigbuild)"),
        })
    }

    fn new(target: &'static str, name: &'static str, kind: Kind, compiler: &'static str) -> Toolchain {
        let mut toolchain = Toolchain { target, name, kind, flags: Vec::new(), variables: Vec::new() };
        let variable = match target {
            MUSL => "CC_x86_64_unknown_linux_musl",
            WINDOWS => "CC_x86_64_pc_windows_gnu",
            _ => "CC_x86_64_unknown_linux_gnu",
        };
        toolchain.variables.push((variable, compiler.into()));
        match (target, kind) {
            (GNU, _) => toolchain.flag("target-feature=+crt-static"),
            (_, Kind::Usual) => {}
            (MUSL, _) => {
                for flag in
                    ["linker=musl-gcc", "link-self-contained=no", "relocation-model=static", "link-arg=-lgcc"]
                {
                    toolchain.flag(flag);
                }
                toolchain.flag("target-feature=+crt-static");
                // Nothing reads them where a panic aborts.
                toolchain.flag("force-unwind-tables=no");
            }
            _ => {
                toolchain.flag(&format!("linker={compiler}"));
                toolchain.flag("link-self-contained=no");
            }
        }
        toolchain
    }

    fn flag(&mut self, flag: &str) {
        self.flags.extend(["-C".to_owned(), flag.to_owned()]);
    }

    /// The standard library names functions that unwind, which gcc's library for musl has not. A program that
    /// aborts on a panic never calls them.
    fn link_without_unwinding(&mut self) -> Result<(), String> {
        const RETURN_NOTHING: &[&str] = &[
            "Backtrace",
            "DeleteException",
            "FindEnclosingFunction",
            "GetCFA",
            "GetDataRelBase",
            "GetGR",
            "GetIP",
            "GetIPInfo",
            "GetLanguageSpecificData",
            "GetRegionStart",
            "GetTextRelBase",
            "RaiseException",
            "Resume",
            "SetGR",
            "SetIP",
        ];
        let folder = root().join("target/dist/no-unwinding");
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(failed)?;
        let functions: String = RETURN_NOTHING
            .iter()
            .map(|name| format!("long _Unwind_{name}(void) {{ return 0; }}\n"))
            .collect();
        fs::write(folder.join("unwind.c"), functions).map_err(failed)?;
        let run = |program: &str, arguments: &[&str]| {
            let status =
                Command::new(program).args(arguments).current_dir(&folder).status().map_err(failed)?;
            if status.success() {
                Ok(())
            } else {
                Err(format!("{program} {}: {status}", arguments.join(" ")))
            }
        };
        run("musl-gcc", &["-Os", "-c", "unwind.c", "-o", "unwind.o"])?;
        run("ar", &["rcsD", "libunwind.a", "unwind.o"])?;
        self.flags.extend(["-L".to_owned(), format!("native={}", folder.display())]);
        Ok(())
    }

    /// Cargo with this subcommand for the target, in the folder of the workspace. Further flags of rustc
    /// stand in `flags`.
    pub(crate) fn command(&self, subcommand: &str, flags: &[String]) -> Command {
        let packaged = Path::new(PACKAGED_BIN);
        let mut command = match self.kind {
            Kind::Usual => cargo(),
            Kind::Packaged => in_workspace(packaged.join("cargo")),
            Kind::Zig => in_workspace("cargo-zigbuild"),
        };
        command.arg(if self.kind == Kind::Zig { "zigbuild" } else { subcommand });
        command.args(["--locked", "--target", self.target]);
        if self.kind != Kind::Usual {
            command.env("RUSTC_BOOTSTRAP", "1").env("CARGO", packaged.join("cargo"));
            command.env("RUSTC", packaged.join("rustc")).env("RUSTDOC", packaged.join("rustdoc"));
            // The outer cargo names the folders of another Rust.
            command.env_remove("LD_LIBRARY_PATH").env_remove("RUSTUP_TOOLCHAIN");
            match subcommand {
                "test" => command.arg("-Zbuild-std=std,panic_abort,panic_unwind,test"),
                // No backtraces: there are no symbols in a program without them, and what reads symbols is large.
                _ => command.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]),
            };
        }
        let flags: Vec<&str> = self.flags.iter().chain(flags).map(String::as_str).collect();
        // Unlike RUSTFLAGS, a path with a blank stays one flag.
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The folder of the Rust that builds, as it could appear in a program.
    pub(crate) fn sysroot(&self) -> Option<PathBuf> {
        match self.kind {
            Kind::Usual => sysroot("rustc"),
            _ => sysroot(&format!("{PACKAGED_BIN}/rustc")),
        }
    }
}

fn sysroot(rustc: &str) -> Option<PathBuf> {
    print(Command::new(rustc).args(["--print", "sysroot"]))
}

fn has_std(target: &str) -> bool {
    print(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))
        .is_some_and(|folder| folder.is_dir())
}

fn has_std_source() -> bool {
    sysroot(&format!("{PACKAGED_BIN}/rustc"))
        .is_some_and(|folder| folder.join("lib/rustlib/src/rust/library/std").is_dir())
}

/// The path that a command prints.
fn print(command: &mut Command) -> Option<PathBuf> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end()))
}

/// Whether a program of this name is in the PATH.
pub(crate) fn is_program(name: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
