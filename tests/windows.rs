//! Files that other programs hold open, and names that Windows keeps for itself.

use std::fs::File;
use std::os::windows::fs::OpenOptionsExt;

use crate::support::{Scene, dump_of};

/// Others may read: how a spreadsheet holds a file.
const FILE_SHARE_READ: u32 = 1;

#[test]
fn a_file_that_a_spreadsheet_has_open_is_replaced_by_the_same_command_once_it_is_closed() {
    let scene = Scene::with_chunks(3);
    scene.write("dump.csv", "old");
    let spreadsheet = File::options().read(true).share_mode(FILE_SHARE_READ).open(scene.path("dump.csv"));
    let spreadsheet = spreadsheet.expect("the file opens");
    scene
        .get("--force")
        .exits_with(7)
        .stderr_has("close dump.csv in other programs; everything is kept: the same command continues from it");
    scene.has("dump.csv", b"old");
    drop(spreadsheet);
    scene.get("--force").stderr_has("3 of 3 chunks").asks_for(&[]).saves(&dump_of(3, 1));
}

#[test]
fn the_null_device_is_written_to_and_other_devices_are_refused() {
    let scene = Scene::with_chunks(3);
    scene.run("get DUMP -o NUL").asks_for(&["0", "1", "2"]);
    for name in ["aux.csv", "COM1", "report:x", "dump.csv."] {
        let outcome = scene.command("get DUMP -o").arg(name).run();
        outcome.exits_with(2).stderr_has("choose another one").without_a_connection();
    }
}
