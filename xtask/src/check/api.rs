//! The public API of the library in a file, so that a change of it shows. It is read from the pages of rustdoc:
//! what they list is what users can name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::outcome::Outcome;
use crate::cargo::{cargo, root, stream};

const LISTED: &str = "crates/core/api.txt";

/// Where the API is written as it is, to copy from.
const FOUND: &str = "target/api.txt";

/// Compares the API with the file.
pub(super) fn check() -> Outcome {
    find().and_then(|found| compare(&found)).into()
}

fn find() -> Result<String, String> {
    // In a folder of its own: no page of an older build stays in it.
    let target = root().join("target/api");
    let _ = fs::remove_dir_all(target.join("doc"));
    let mut command = cargo();
    command.args([
        "doc",
        "--package",
        "anaplan-dump-core",
        "--no-deps",
        "--all-features",
        "--locked",
        "--quiet",
    ]);
    command.arg("--target-dir").arg(&target);
    let mut output = String::new();
    if !stream(command, |line| output += &format!("{line}\n"))? {
        return Err(output);
    }
    let folder = target.join("doc/anaplan_dump_core");
    let all = read(&folder.join("all.html"))?;
    let mut lines = BTreeSet::new();
    for page in all.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let is_item = ["struct.", "enum.", "trait.", "fn.", "constant.", "type."]
            .iter()
            .any(|kind| page.rsplit('/').next().is_some_and(|name| name.starts_with(kind)));
        if is_item {
            lines.extend(items(page, &read(&folder.join(page))?));
        }
    }
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

fn compare(found: &str) -> Result<String, String> {
    let listed = read(&root().join(LISTED)).unwrap_or_default();
    if listed == found {
        return Ok(format!("{} entries", found.lines().count()));
    }
    fs::write(root().join(FOUND), found).map_err(|error| format!("{FOUND}: {error}"))?;
    let lines = |text: &'_ str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (old, new) = (lines(&listed), lines(found));
    let gone = old.difference(&new).map(|line| format!("- {line}\n"));
    let added = new.difference(&old).map(|line| format!("+ {line}\n"));
    let changes: String = gone.chain(added).collect();
    Err(format!(
        "{changes}The public API is not the one in {LISTED}. If it should change: cp {FOUND} {LISTED}"
    ))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The declaration of an item, its members and the traits that it implements.
fn items(page: &str, html: &str) -> Vec<String> {
    let name = page.trim_end_matches(".html").split_once('.').map_or(page, |(_, name)| name);
    // What follows are traits that every type has.
    let html = html.split("id=\"synthetic-implementations\"").next().unwrap_or_default();
    let (own, traits) = html.split_once("id=\"trait-implementations\"").unwrap_or((html, ""));
    let mut found: Vec<String> = between(own, "item-decl\"><code>", "</code>").collect();
    // Fields, variants and what a trait requires stand in the declaration.
    for kind in ["method.", "associatedconstant."] {
        for member in own.split(&format!("id=\"{kind}")).skip(1) {
            let id = member.split('"').next().unwrap_or_default();
            let signature = between(member, "code-header\">", "</h4>").next();
            found.push(format!("{name}::{id}: {}", signature.unwrap_or_default()));
        }
    }
    found.extend(between(traits, "<h3 class=\"code-header\">", "</h3>"));
    found.into_iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// The texts between two marks, without tags, on one line each.
fn between<'a>(html: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = String> + 'a {
    html.split(start).skip(1).filter_map(move |rest| rest.split_once(end).map(|(inside, _)| plain(inside)))
}

fn plain(html: &str) -> String {
    // A button to show more: what it shows is here as well.
    let (before, rest) = html.split_once("<summary").unwrap_or((html, ""));
    let html = [before, rest.split_once("</summary>").map_or(rest, |(_, after)| after)].concat();
    let mut text = String::new();
    let mut is_tag = false;
    for character in html.chars() {
        match character {
            '<' => is_tag = true,
            '>' => is_tag = false,
            _ if !is_tag => text.push(character),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&#39;", "'");
    text.replace("&quot;", "\"").replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_traits_are_found_and_those_of_every_type_are_not() {
        let html = "<pre class=\"rust item-decl\"><code>pub struct A(<a>u8</a>);</code></pre>\
            <section id=\"method.b\"><h4 class=\"code-header\">pub fn <a>b</a>(&amp;self) -&gt; u8</h4></section>\
            <h2 id=\"trait-implementations\"></h2><h3 class=\"code-header\">impl Debug for A</h3>\
            <h2 id=\"synthetic-implementations\"></h2><h3 class=\"code-header\">impl Send for A</h3>";
        let expected = ["pub struct A(u8);", "A::b: pub fn b(&self) -> u8", "impl Debug for A"];
        assert_eq!(items("struct.A.html", html), expected);
    }
}
