use proptest::prelude::*;

use super::*;
use crate::address::Locator;
use crate::service::Outcome;

fn parse(json: &str) -> Result<Task, Fault> {
    Task::parse(&"W/M/118000000001/B7EA".parse::<Locator>().unwrap().task().unwrap(), json.as_bytes())
}

fn task(json: &str) -> Task {
    parse(json).unwrap_or_else(|fault| panic!("{json}: {fault}"))
}

fn objects(task: &Task) -> Vec<(String, bool)> {
    let dumps = task.dumps().into_iter();
    dumps.map(|dump| (dump.address.object().as_str().to_owned(), dump.is_reported)).collect()
}

#[test]
fn the_documented_sample_is_read() {
    let task = task(
        r#"{ "meta": {"schema": "x"}, "status": {"code": 200, "message": "Success"},
        "task": { "type": "taskInformation", "taskId": "B7EA", "currentStep": "Complete.", "progress": 1,
          "result": { "failureDumpAvailable": true, "nestedResults": [
            { "failureDumpAvailable": false, "objectId": "117000000003", "successful": true },
            { "failureDumpAvailable": true, "objectId": "112000000015", "objectName": "Cost centres from ERP",
              "successful": true, "details": [
                { "localMessageText": "Cost centres: 90 (0/90) rows successful, 5 ignored",
                "occurrences": 0, "type": "hierarchyRowsProcessedWithFailures",
                "values": [ "successRowCount", "90", "failedCount", "3", "ignoredCount", "5" ] } ] } ],
            "objectId": "118000000001", "successful": true },
          "taskState": "COMPLETE", "creationTime": 1571258347545 } }"#,
    );
    assert_eq!(task.state, TaskState::Complete);
    assert_eq!(objects(&task), [("112000000015".to_owned(), true)]);
    let rows = task.actions()[1].rows;
    assert_eq!((rows.successful, rows.failed, rows.ignored), (Some(90), Some(3), Some(5)));
    assert_eq!(task.actions()[0].rows, RowCounts::default());
    assert_eq!(task.outcome(), Outcome::Failed);
}

#[test]
fn whatever_is_missing_null_or_unknown_is_no_error() {
    for json in [
        r#"{"task":{}}"#,
        r#"{"task":{"taskState":"PAUSED"}}"#,
        r#"{"task":{"result":null,"taskState":null,"currentStep":null,"progress":null}}"#,
        r#"{"task":{"result":{"nestedResults":null,"details":null,"objectId":null}}}"#,
        r#"{"task":{"result":{"nestedResults":[{}],"details":[{"values":null}]}}}"#,
    ] {
        let task = task(json);
        assert!(!task.is_over() && task.dumps().is_empty(), "{json}");
    }
}

#[test]
fn dumps_of_any_depth_are_found_each_object_once() {
    let task = task(
        r#"{"task":{"taskState":"COMPLETE","result":{"failureDumpAvailable":true,"nestedResults":[
          {"objectId":"112000000001","failureDumpAvailable":true},
          {"objectId":"118000000002","failureDumpAvailable":false,"nestedResults":[
            {"objectId":"112000000003","failureDumpAvailable":true,"nestedResults":[
              {"objectId":112000000004,"failureDumpAvailable":true}]}]},
          {"objectId":"112000000001","failureDumpAvailable":true},
          {"failureDumpAvailable":true}]}}}"#,
    );
    let reported = |id: &str| (id.to_owned(), true);
    assert_eq!(objects(&task), [reported("112000000001"), reported("112000000003"), reported("112000000004")]);
}

#[test]
fn counts_are_read_from_the_values_or_from_the_text_where_they_are_empty() {
    let warned = "Cost: centres: 13 (0/13) rows successful, 0 (0/0) rows has warnings, 2 failed, 0 ignored ";
    for (text, values, expected) in [
        ("90 (0/90) rows successful, 5 ignored", "", (Some(90), None, Some(5))),
        (warned, "", (Some(13), Some(2), Some(0))),
        ("many rows successful", "", (None, None, None)),
        ("", r#""failedCount",3"#, (None, Some(3), None)),
        ("", r#""failedCount""#, (None, None, None)),
        ("", r#""failedCount",-1"#, (None, None, None)),
        ("", r#"1,2,"failedCount""#, (None, None, None)),
    ] {
        let detail = format!(r#"{{"localMessageText":"{text}","values":[{values}]}}"#);
        let rows = task(&format!(r#"{{"task":{{"result":{{"details":[{detail}]}}}}}}"#)).actions()[0].rows;
        assert_eq!((rows.successful, rows.failed, rows.ignored), expected, "{detail}");
    }
}

#[test]
fn the_rejected_rows_of_a_dump_are_those_of_its_object_and_no_count_is_too_large() {
    let of = |object: &str, failed: u64| {
        format!(r#"{{"objectId":"{object}","details":[{{"values":["failedCount",{failed}]}}]}}"#)
    };
    let nested = [of("112000000001", u64::MAX), of("112000000001", 1), of("112000000002", 3)].join(",");
    let task = task(&format!(r#"{{"task":{{"result":{{"nestedResults":[{nested}]}}}}}}"#));
    let dump = |object: &str| task.address.dump(object.parse().unwrap());
    let objects = ["112000000001", "112000000002", "112000000003"];
    assert_eq!(objects.map(|object| task.rows_in(&dump(object))), [Some(u64::MAX), Some(3), None]);
    assert_eq!(task.rows_in(&task.address.own_dump()), Some(u64::MAX));
}

#[test]
fn a_dump_has_no_rows_only_where_its_action_says_so() {
    let counts = |values: &str| format!(r#","details":[{{"values":[{values}]}}]"#);
    let good = r#""successful":true"#;
    for (action, expected) in [
        (good.to_owned(), Some(0)),
        (format!(r#"{good},"failureDumpAvailable":false"#), Some(0)),
        (format!(r#"{good},"failureDumpAvailable":true{}"#, counts(r#""failedCount",0,"ignoredCount",4"#)), Some(0)),
        (
            format!(r#"{good},"failureDumpAvailable":true{}"#, counts(r#""failedCount",0,"warningsRowCount",2"#)),
            Some(2),
        ),
        (format!(r#"{good},"failureDumpAvailable":true{}"#, counts(r#""warningsRowCount",2"#)), Some(2)),
        (format!(r#"{good},"failureDumpAvailable":true"#), None),
        (format!(r#"{good}{}"#, counts(r#""failedCount","many""#)), None),
        (r#""successful":false"#.to_owned(), None),
        (r#""objectId":"118""#.to_owned(), None),
    ] {
        let task = task(&format!(r#"{{"task":{{"result":{{{action}}}}}}}"#));
        assert_eq!(task.rows_in(&task.address.own_dump()), expected, "{action}");
    }
    let unfinished = task(r#"{"task":{}}"#);
    assert_eq!(unfinished.rows_in(&unfinished.address.own_dump()), None);
}

proptest! {
    #[test]
    fn nesting_without_end_is_an_error_not_a_crash(depth in 0usize..5000) {
        let (open, close) = (r#"{"nestedResults":["#.repeat(depth), "]}".repeat(depth));
        let json = format!(r#"{{"task":{{"result":{open}{close}}}}}"#);
        let _ = parse(&json).map(|task| task.dumps());
    }
}
