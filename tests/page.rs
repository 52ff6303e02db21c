//! What only a browser can say of the page of `explain --html`: Chromium, as Debian packages it.

use std::process::{Command, Stdio};

use crate::support::{Scene, program};

/// How long the browser may take, in seconds. Far more than it ever takes.
const DEADLINE: &str = "120";

/// Hostile fields and messages, in a dump whose values a browser could mistake for markup.
const DUMP: &str = "\"Code\",\"<b>Amount</b>\",\"_Line_\",\"_Error_1_\"
\"A1\",\"<script>document.title='owned'</script>\",\"2\",\"Invalid number: <script>document.title='owned'</script>\"
\"A2\",\"=cmd|' /C calc'!A0\",\"3\",\"Invalid number: =cmd|' /C calc'!A0\"
\"A3\",\"\",\"4\",\"</h3><img src=x onerror=document.title='owned'>\"
\"A4\",\"1 &amp; 2\",\"5\",\"Invalid number: 1 &amp; 2\"
";

/// Runs the browser on a page of the scene's folder, if it is installed.
fn browse(scene: &Scene, page: &str) -> Option<String> {
    let chromium = program("chromium")?;
    let profile = tempfile::tempdir().expect("a scratch folder");
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", DEADLINE]).arg(chromium);
    command.args(["--headless", "--no-sandbox", "--disable-gpu"]);
    command.args(["--no-first-run", "--disable-background-networking", "--disable-component-update"]);
    command.args(["--disable-sync", "--window-size=500,1200", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    command.arg(format!("file://{}", scene.path(page).display()));
    command.env("HOME", profile.path()).stdin(Stdio::null());
    let output = command.output().expect("the browser starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{stderr}", output.status);
    Some(String::from_utf8(output.stdout).expect("the document is UTF-8"))
}

/// The names of the elements of a document.
fn elements_of(document: &str) -> Vec<&str> {
    let tags = document.split('<').skip(1).filter(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic()));
    let mut names: Vec<&str> = tags.filter_map(|tag| tag.split([' ', '>', '\n']).next()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn a_browser_shows_hostile_fields_as_text_and_a_page_fits_a_narrow_window() {
    let scene = Scene::with_chunks(3);
    let long = "x".repeat(300);
    scene.write(
        "dump.csv",
        format!("{DUMP}\"{long}\",\"2\",\"6\",\"Invalid code: {long}\"\n\"A5\",\"2\",\"7\",\"{long}\"\n"),
    );
    scene.run("explain dump.csv --html page.html").notes("page.html: the report as a page\n").any_stdout();
    // The page forbids scripts; a copy with one reports how wide it is.
    let page = scene.text("page.html");
    let (head, policy) = page.split_once("<meta http-equiv").expect("a policy");
    let (_, rest) = policy.split_once(">\n").expect("its end");
    let measure = "<script>const all = document.documentElement; document.title += \
        `: ${all.scrollWidth} of ${all.clientWidth}`</script></body>";
    let page = format!("{head}{}", rest.replace("</body>", measure));
    scene.write("measured.html", &page);
    let Some(document) = browse(&scene, "measured.html") else { return };
    let (_, title) = document.split_once("<title>").expect("a title");
    let (title, _) = title.split_once("</title>").expect("its end");
    // It would be another one if a script of the dump had run.
    let widths = title.strip_prefix("What is wrong in dump.csv: ").unwrap_or_else(|| panic!("{title}"));
    let (width, window) = widths.split_once(" of ").unwrap_or_else(|| panic!("{title}"));
    assert_eq!(width, window, "the page must be scrolled sideways");
    // A browser would add the elements of markup that came from the dump.
    assert_eq!(elements_of(&document), elements_of(&page));
}
