//! Trouble in the service or on the way: tried again, then told; never taken for data.

use xtask::fake::{ErrorBody, Fault, When};

use crate::support::{Scene, assert_same_bytes, three_chunks};

const SERVICE_TROUBLE: [u16; 4] = [500, 502, 503, 504];

fn html(code: u16) -> Fault {
    Fault::Status { code, retry_after: None, body: ErrorBody::Html }
}

#[test]
fn a_gateways_html_page_is_told_as_its_status_and_not_shown() {
    for code in SERVICE_TROUBLE {
        let scene = Scene::with_dump(three_chunks());
        scene.server.fault(html(code), When::any());
        let outcome = scene.command("get DUMP -o dump.csv").env("ANAPLAN_RETRIES", "2").run().exits_with(5);
        outcome
            .complains("gave up after 3 tries")
            .complains(&format!("the service answered {code}"))
            .complains("try again later")
            .never_mentions("<h")
            .never_mentions("center");
        assert_eq!(scene.server.requests().len(), 3, "{}", scene.describe());
        scene.holds(&[]);
    }
}

#[test]
fn trouble_that_passes_is_told_and_the_dump_arrives_whole() {
    let dump = three_chunks();
    let expected = dump.bytes();
    for code in SERVICE_TROUBLE.into_iter().chain([409, 423, 429]) {
        let scene = Scene::with_dump(dump.clone());
        scene.server.fault(html(code), When::path("chunks").times(1));
        scene.server.fault(html(code), When::path("chunks/1").times(2));
        let outcome = scene.run("get DUMP -o dump.csv").exits_with(0);
        outcome.complains(&format!("the service answered {code}; waiting ")).complains("then retry 2 of 12");
        assert_same_bytes(&scene.read("dump.csv"), &expected);
    }
}

#[test]
fn quiet_means_that_waits_are_not_told() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(html(503), When::path("chunks/1").times(2));
    scene.run("get DUMP -q").exits_with(0).complains_exactly("");
}

#[test]
fn verbose_tells_each_try() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(html(503), When::path("chunks/1").times(1));
    let url = format!("GET {}/chunks/1  ", scene.server.dump_url());
    scene
        .run("get DUMP -v")
        .exits_with(0)
        .complains(&format!("{url}503  "))
        .complains(&format!("{url}200  "));
}

#[test]
fn no_retries_means_one_request() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(html(503), When::any());
    scene.run("chunks DUMP --retries 0").exits_with(5).complains("gave up after 1 try in");
    assert_eq!(scene.server.requests().len(), 1, "{}", scene.describe());
}

#[test]
fn an_error_page_in_place_of_a_chunk_is_never_saved() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(html(500), When::path("chunks/1"));
    let file = scene.command("get DUMP -o dump.csv").env("ANAPLAN_RETRIES", "1").run().exits_with(5);
    file.complains("1 of 3 chunks are there");
    scene.holds(&["dump.csv.part", "dump.csv.part.journal"]);
    let chunks = scene.server.service().dump_chunks();
    assert_same_bytes(&scene.read("dump.csv.part"), &chunks[0]);
    let piped = scene.command("get DUMP -o -").env("ANAPLAN_RETRIES", "1").run().exits_with(5);
    assert_same_bytes(&piped.output.stdout, &chunks[0]);
}

#[test]
fn the_sign_in_page_of_a_network_is_not_taken_for_a_list() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::HtmlOk, When::path("chunks"));
    scene
        .command("chunks DUMP")
        .env("ANAPLAN_RETRIES", "1")
        .run()
        .exits_with(5)
        .complains("an HTML page came instead")
        .complains("whether a proxy asks for a sign-in");
}

#[test]
fn the_sign_in_page_of_a_network_is_not_taken_for_a_chunk() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::HtmlOk, When::path("chunks/0"));
    for command in ["get DUMP -o dump.csv", "get DUMP -o -"] {
        let outcome = scene.command(command).env("ANAPLAN_RETRIES", "1").run().exits_with(5);
        outcome.says_exactly("").complains("an HTML page came instead").complains("0 of 3 chunks are there");
    }
    scene.holds(&[]);
}

#[test]
fn a_chunk_that_is_cut_or_reset_is_fetched_again() {
    let dump = three_chunks();
    let expected = dump.bytes();
    for fault in [Fault::CutBody { after_bytes: 4_000 }, Fault::ResetInBody { after_bytes: 4_000 }] {
        let scene = Scene::with_dump(dump.clone());
        scene.server.fault(fault, When::path("chunks/1").times(1));
        scene.run("get DUMP -o dump.csv").exits_with(0).complains("retry 1 of 12");
        assert_same_bytes(&scene.read("dump.csv"), &expected);
        scene.server.fault(Fault::CutBody { after_bytes: 4_000 }, When::path("chunks/2").times(1));
        let piped = scene.run("get DUMP -o -").exits_with(0).complains("retry 1 of 12");
        assert_same_bytes(&piped.output.stdout, &expected);
    }
}

#[test]
fn a_connection_that_is_closed_at_once_is_a_network_failure() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::RefuseConnections { connections: 100 }, When::any());
    let outcome = scene.command("chunks DUMP").env("ANAPLAN_RETRIES", "1").run().exits_with(5);
    outcome.complains("gave up after 2 tries").complains("the connection was closed before the answer came");
}
