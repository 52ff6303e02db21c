use proptest::prelude::*;

use super::locator::LATEST;
use super::*;

fn read(text: &str) -> Locator {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> LocatorError {
    text.parse::<Locator>().expect_err(text)
}

#[test]
fn every_documented_url_is_read_and_its_path_has_a_short_form() {
    let process = "/2/0/workspaces/0a80/models/F111/processes/118000000001";
    for (tail, url, short) in [
        ("", "", ""),
        ("/tasks", "", ""),
        ("/tasks?sort=-creationTime", "", ""),
        ("/tasks/B7EA", "/tasks/B7EA", "/B7EA"),
        ("/tasks/B7EA/?includeProcessDetails=true#x", "/tasks/B7EA", "/B7EA"),
        ("/tasks/B7EA/dumps/117000000015", "/tasks/B7EA/dumps/117000000015", "/B7EA/117000000015"),
        ("/tasks/B7EA/dumps/117000000015/chunks", "/tasks/B7EA/dumps/117000000015", "/B7EA/117000000015"),
        ("/tasks/B7EA/dumps/117000000015/chunks/", "/tasks/B7EA/dumps/117000000015", "/B7EA/117000000015"),
        ("/tasks/B7EA/dumps/117000000015/chunks/2", "/tasks/B7EA/dumps/117000000015", "/B7EA/117000000015"),
    ] {
        assert_eq!(read(&format!("{process}{tail}")).to_string(), format!("0a80/F111/118000000001{short}"));
        let read_url = read(&format!("https://api.anaplan.com{process}{tail}"));
        assert_eq!(read_url.to_string(), format!("https://api.anaplan.com{process}{url}"), "{tail}");
    }
    assert_eq!(read("/2/0/workspaces/0a80/models/F111/processes").to_string(), "0a80/F111");
}

#[test]
fn bad_text_shows_where_and_what_was_expected() {
    for (text, at, expected) in [
        ("", 0, "a URL of the API"),
        ("0a80", 4, "/MODEL"),
        ("0a80//118", 5, "/MODEL"),
        ("0a80/F111/118/B7EA/112/7", 23, "nothing more"),
        ("0a80/F111/112000000001/B7EA/112000000001", 28, "one dump"),
        ("0a80/F111/%ff", 10, "UTF-8"),
        ("0a80/../118", 5, "\".\" or \"..\""),
        ("0a80/%2e%2e/118", 5, "\".\" or \"..\""),
        ("https://api.anaplan.com/1/3/workspaces/0a80", 24, "/2/0/"),
        ("https://api.anaplan.com", 23, "/2/0/"),
        ("https://api.anaplan.com/2/0/users/me", 28, "workspaces/ or models/"),
        ("https://api.anaplan.com/2/0/models/F1/exports/116", 38, "processes/ or imports/"),
        ("https://api.anaplan.com/2/0/models/F1/processes/118/runs", 52, "tasks/"),
        ("https://api.anaplan.com/2/0/models/F1/processes/118/tasks/B7/dump", 61, "dumps/"),
        ("https://api.anaplan.com/2/0/models/F1/imports/112/tasks/B7/dumps/1", 59, "dump"),
        ("https://api.anaplan.com:99999/2/0/models/F1", 23, "a port"),
        ("ftp://api.anaplan.com/2/0/models/F1", 0, "https://"),
    ] {
        let error = refused(text);
        assert_eq!((error.at, error.expected.contains(expected)), (at, true), "{text}: {error}");
    }
}

#[test]
fn within_a_known_model_the_short_form_may_begin_at_the_process() {
    let model = read("0a80/F111").model().clone();
    let read = |text: &str| Locator::parse_within(text, Some(&model)).unwrap().to_string();
    assert_eq!(read("118000000001"), "0a80/F111/118000000001");
    assert_eq!(read("118000000001/B7EA/112000000015"), "0a80/F111/118000000001/B7EA/112000000015");
    assert_eq!(read("w/m/118000000001/B7EA"), "w/m/118000000001/B7EA");
    let workspace = "8a81b01068d4b6820169da807d121234";
    assert_eq!(read(&format!("{workspace}/m/118000000001")), format!("{workspace}/m/118000000001"));
}

fn any_id() -> impl Strategy<Value = Id> {
    prop_oneof![
        4 => "[A-Z0-9]{1,8}",
        2 => "112[0-9]{9}",
        1 => Just("models".to_owned()),
        1 => Just("workspaces".to_owned()),
        1 => Just("2".to_owned()),
        4 => any::<String>(),
    ]
    .prop_filter_map("not an identifier", |text| text.parse().ok())
}

fn any_locator() -> impl Strategy<Value = Locator> {
    let ids = (prop::option::of(any_id()), any_id(), any_id(), any_id(), any_id());
    (ids, 0usize..4, any::<bool>(), any::<bool>()).prop_map(
        |((workspace, model, action, task, object), depth, import, latest)| {
            let kind = if import { ActionKind::Import } else { ActionKind::Process };
            // An identifier that says "latest" means the word.
            let task = if latest || task.as_str() == LATEST { TaskChoice::Latest } else { TaskChoice::Id(task) };
            Locator {
                model: ModelAddress { origin: None, workspace, id: model },
                action: (depth > 0).then_some((kind, action)),
                task: (depth > 1).then_some(task),
                object: (depth > 2 && !import).then_some(object),
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(locator in any_locator()) {
        let text = locator.to_string();
        prop_assert!(text.bytes().all(|b| b.is_ascii_graphic()), "{}", text);
        prop_assert_eq!(text.parse::<Locator>().unwrap(), locator, "{}", text);
    }

    #[test]
    fn a_url_made_of_a_dump_is_read_back(locator in any_locator()) {
        let is_import = matches!(locator.action, Some((ActionKind::Import, _)));
        let has_dump = matches!(locator.task, Some(TaskChoice::Id(_))) && (is_import || locator.object.is_some());
        prop_assert_eq!(locator.dump().is_ok(), has_dump);
        if let Ok(dump) = locator.dump() {
            let url = format!("https://eu3.api.anaplan.com{}/0?x=1", dump.chunks_path());
            let mut again = url.parse::<Locator>().unwrap();
            let origin = again.model.origin.take().unwrap();
            prop_assert_eq!(origin.host(), "eu3.api.anaplan.com");
            prop_assert_eq!(again, locator);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), prefix in "(https?://)?(api.anaplan.com)?(/2/0/)?(models/)?") {
        for text in [&text, &format!("{prefix}{text}")] {
            if let Err(error) = text.parse::<Locator>() {
                prop_assert!(!error.to_string().contains(char::is_control));
            }
        }
    }
}
