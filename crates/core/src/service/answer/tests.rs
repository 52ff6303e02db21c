use serde_json::json;

use super::*;
use crate::service::refusal_in_answer::{error_message, started_task};

/// Whether an answer to a request for numbers brings some, or else says success.
fn read(json: &str) -> Result<bool, Fault> {
    let mut has_some = false;
    let answer = Answer::parse_list(json.as_bytes(), "numbers", &mut |_| has_some = true)?;
    answer.check("numbers")?;
    Ok(has_some || answer.is_success_without("numbers"))
}

#[test]
fn an_answer_is_what_was_asked_for_or_says_success() {
    for (json, is_good) in [
        (r#"{"status":{"code":200,"message":"Success"},"numbers":[1],"somethingNew":{}}"#, true),
        (r#"{"status":"OK","numbers":[1]}"#, true),
        ("\u{feff}{\"numbers\":[1]}", true),
        (r#"{"status":{"code":"200"}}"#, true),
        (r#"{"status":"SUCCESS","numbers":null}"#, true),
        (r#"{"status":"SUCCESS","statusMessage":"Logged out"}"#, true),
        ("{}", false),
        (r#"{"meta":{}}"#, false),
        (r#"{"numbers":[]}"#, false),
        (r#"{"status":{"code":200},"chunks":[{"id":"0"}]}"#, false),
        (r#"{"status":{"code":200},"numbers":[],"data":{"rows":3}}"#, false),
        (r#"{"status":{"code":200,"message":"Failure"},"numbers":[]}"#, false),
    ] {
        assert_eq!(read(json).unwrap(), is_good, "{json}");
    }
}

#[test]
fn a_total_or_a_further_page_that_cannot_be_read_is_noticed() {
    for (paging, unreadable) in [
        (r#"{"totalSize":3,"next":"https://next"}"#, None),
        (r#"{"totalSize":"3","next":null}"#, None),
        (r#"{"totalSize":-1,"next":false}"#, None),
        (r#"{"totalSize":-2}"#, Some("totalSize")),
        (r#"{"totalSize":1e30}"#, Some("totalSize")),
        (r#"{"next":{"href":"/2"}}"#, Some("next")),
        (r#"[3]"#, Some("paging")),
        ("null", None),
    ] {
        let answer = Answer::parse(format!(r#"{{"meta":{{"paging":{paging}}}}}"#).as_bytes()).unwrap();
        let why = unreadable.map(|field: &str| format!("its \"{field}\" cannot be read"));
        let fault = answer.paging().err().map(|fault| fault.to_string());
        assert_eq!(fault.as_deref().and_then(|fault| fault.split(',').next()), why.as_deref(), "{paging}");
    }
}

#[test]
fn an_answer_that_says_it_failed_is_a_fault_with_its_message() {
    for (json, expected) in [
        (r#"{"status":{"code":401,"message":"no"}}"#, "401 Unauthorized (no)"),
        (r#"{"status":{"code":"404"}}"#, "404 Not Found"),
        (r#"{"timestamp":"t","status":500,"error":"Oops"}"#, "500 Internal Server Error (Oops)"),
        (r#"{"status":{"code":429},"numbers":[1]}"#, "429 Too Many Requests"),
        (r#"{"status":"FAILURE_BAD_TOKEN"}"#, "with an error message: FAILURE_BAD_TOKEN"),
        (r#"{"status":{"message":"Internal error"}}"#, "with an error message: Internal error"),
        (r#"{"error":"invalid","error_description":"No."}"#, "with an error message: invalid: No."),
        (r#"{"numbers":[1],"errors":[{"message":"no rows"}]}"#, "with an error message: no rows"),
        (r#"{"status":"FAILURE","numbers":[]}"#, "with an error message: FAILURE"),
        (r#"{"status":{"code":200},"error":true}"#, "with an error message: it reports an error"),
    ] {
        let fault = read(json).unwrap_err().to_string();
        assert_eq!(fault, format!("the service answered {expected}"), "{json}");
    }
}

#[test]
fn what_is_not_one_json_object_is_malformed_and_says_where() {
    let deep = format!("{}{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    for (json, is_cut) in [
        ("", true),
        ("null", false),
        ("[]", false),
        ("<html>", false),
        ("{", true),
        (r#"{"numbers":[1"#, true),
        (r#"{"numbers":{}}"#, false),
        (r#"{"numbers":[1],"numbers":[1]}"#, false),
        (r#"{"status":{"code":500},"status":{"code":200},"numbers":[]}"#, false),
        ("{} {}", false),
        (&deep, false),
    ] {
        let Err(Fault::Malformed { cut_short, .. }) = read(json) else { panic!("{json}") };
        assert_eq!(cut_short, is_cut, "{json}");
    }
    let fault = read("{\n \"other\": 1,\n \"numbers\" : [ x ]\n}").unwrap_err().to_string();
    assert!(fault.contains("line 3") && fault.contains("\"numbers\" : [ x"), "{fault}");
}

#[test]
fn what_is_shown_near_a_problem_has_no_escapes_and_no_part_of_a_word() {
    assert_eq!(unescaped(r#"a\u003db\/c\n\u00zz\"#), r#"a=b/c\n\u00zz\"#);
    let long = "x".repeat(300);
    let json = format!(r#"{{"numbers":[1], "token": "{long}" oops, "more": "{long}"}}"#);
    let Err(Fault::Malformed { near, .. }) = read(&json) else { panic!() };
    assert!(near.starts_with(&format!("{long}\" oops")) && near.ends_with(&long), "{near}");
}

#[test]
fn the_message_of_an_error_is_found_in_each_shape() {
    for (body, message) in [
        (r#"{"status":"FAILURE_BAD_CREDENTIAL","statusMessage":"not you"}"#, Some("not you")),
        (r#"{"status":"SUCCESS"}"#, None),
        (r#"{"error":"invalid_grant"}"#, Some("invalid_grant")),
        (r#"{"error":"invalid_grant","error_description":"It is dead."}"#, Some("It is dead.")),
        (r#"{"type":"about:blank","status":401,"title":"Unauthorized"}"#, Some("Unauthorized")),
        ("<html>502</html>", None),
        ("{\"status\":{\"message\":7}}", None),
    ] {
        assert_eq!(error_message(body.as_bytes()).as_deref(), message, "{body}");
    }
}

#[test]
fn a_start_names_its_task_in_either_place() {
    for json in
        [r#"{"task":{"taskId":"T1"}}"#, r#"{"taskId":"T1"}"#, r#"{"status":{"code":429},"task":{"taskId":"T1"}}"#]
    {
        assert_eq!(started_task(json.as_bytes()).unwrap().as_str(), "T1", "{json}");
    }
    assert!(matches!(started_task(br#"{"status":{"code":429}}"#), Err(Fault::Status { status: 429, .. })));
    assert!(matches!(started_task(br#"{"status":{"code":200}}"#), Err(Fault::NoPayload("task"))));
}

#[test]
fn a_field_of_another_type_is_read_if_its_meaning_is_clear() {
    assert_eq!(
        (text(&json!(7)).as_deref(), flag(&json!(" True ")), number(&json!("0.5"))),
        (Some("7"), Some(true), Some(0.5))
    );
    for five in [json!(5), json!("5"), json!(5.0), json!(" 5 "), json!("5.0")] {
        assert_eq!(count(&five), Some(5), "{five}");
    }
    assert_eq!(count(&json!(1_571_258_347_545.0)), Some(1_571_258_347_545));
    for odd in [json!(null), json!({}), json!([]), json!(-1), json!(1.5), json!("many"), json!(1e300)] {
        assert_eq!((flag(&odd), count(&odd)), (None, None), "{odd}");
    }
    let noon = UNIX_EPOCH + Duration::from_secs(1_571_258_347);
    for (value, expected) in [
        (json!(1_571_258_347_000u64), Some(noon)),
        (json!("1571258347000"), Some(noon)),
        (json!("2019-10-16T20:39:07Z"), Some(noon)),
        (json!(1_571_258_347u64), None),
        (json!(-1), None),
    ] {
        assert_eq!(time(&value), expected, "{value}");
    }
    for (value, expected) in [(json!("112"), "112"), (json!(0), "0")] {
        assert_eq!(id(&value).unwrap().as_str(), expected);
    }
    for odd in [json!(1.5), json!(-1), json!(null), json!(""), json!(".."), json!([]), json!(true)] {
        assert_eq!(id(&odd), None, "{odd}");
    }
    assert_eq!(entries(&json!(null)).len() + entries(&json!([])).len(), 0);
    for one in [json!({}), json!("text"), json!([7]), json!({"a": 1})] {
        assert_eq!(entries(&one).len(), 1, "{one}");
    }
}
