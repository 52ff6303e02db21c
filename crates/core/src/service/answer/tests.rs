use super::*;

#[derive(Debug, Deserialize)]
struct Numbers(Vec<u32>);

impl Payload for Numbers {
    const KEY: &'static str = "numbers";
}

fn read(json: &str) -> Result<Answer<Numbers>, Fault> {
    parse(json.as_bytes())
}

#[test]
fn an_answer_is_what_was_asked_for_or_says_success() {
    for json in [
        r#"{"status":{"code":200,"message":"Success"},"numbers":[1],"somethingNew":{}}"#,
        r#"{"numbers":[1]}"#,
        r#"{"status":"OK","numbers":[1]}"#,
        "\u{feff}{\"numbers\":[1]}",
    ] {
        let numbers = read(json).unwrap().payload.unwrap();
        assert_eq!(numbers.0, [1], "{json}");
    }
    for json in [r#"{"status":{"code":"200"}}"#, r#"{"status":"SUCCESS","numbers":null}"#] {
        assert!(read(json).unwrap().says_success, "{json}");
    }
    for json in [
        "{}",
        r#"{"meta":{}}"#,
        r#"{"numbers":[]}"#,
        r#"{"status":{"code":200},"chunks":[{"id":"0"}]}"#,
        r#"{"status":{"code":200},"task":{"taskId":"T"}}"#,
        r#"{"status":{"code":200},"numbers":[],"data":{"rows":3}}"#,
        r#"{"status":{"code":200,"message":"Failure"},"numbers":[]}"#,
    ] {
        assert!(!read(json).is_ok_and(|answer| answer.says_success), "{json}");
    }
}

#[test]
fn a_total_or_a_further_page_that_cannot_be_read_is_noticed() {
    for (paging, unreadable) in [
        (r#"{"totalSize":3,"next":"https://next"}"#, None),
        (r#"{"totalSize":"3","next":null}"#, None),
        (r#"{"totalSize":-1,"next":false}"#, None),
        (r#"{"totalSize":-2}"#, Some("totalSize")),
        (r#"{"totalSize":"3 entries"}"#, Some("totalSize")),
        (r#"{"totalSize":1e30}"#, Some("totalSize")),
        (r#"{"next":true}"#, Some("next")),
        (r#"{"next":{"href":"/2"}}"#, Some("next")),
        (r#"[3]"#, Some("paging")),
        ("null", None),
    ] {
        let answer = read(&format!(r#"{{"numbers":[1],"meta":{{"paging":{paging}}}}}"#)).unwrap();
        assert_eq!(answer.paging.unreadable, unreadable, "{paging}");
    }
}

#[test]
fn an_answer_that_says_it_failed_is_a_fault_with_its_message() {
    for (json, expected) in [
        (r#"{"status":{"code":401,"message":"no"}}"#, "the service answered 401 Unauthorized (no)"),
        (r#"{"status":{"code":"404"}}"#, "the service answered 404 Not Found"),
        (
            r#"{"timestamp":"t","status":500,"error":"Oops"}"#,
            "the service answered 500 Internal Server Error (Oops)",
        ),
        (r#"{"status":{"code":429},"numbers":[1]}"#, "the service answered 429 Too Many Requests"),
        (
            r#"{"status":"FAILURE_BAD_TOKEN"}"#,
            "the service answered with an error message: FAILURE_BAD_TOKEN",
        ),
        (
            r#"{"status":{"message":"Internal error"}}"#,
            "the service answered with an error message: Internal error",
        ),
        (r#"{"error":"invalid_request"}"#, "the service answered with an error message: invalid_request"),
        (
            r#"{"status":{"code":200},"numbers":[1],"errors":[{"message":"no rows"}]}"#,
            "the service answered with an error message: no rows",
        ),
        (r#"{"status":"FAILURE","numbers":[]}"#, "the service answered with an error message: FAILURE"),
        (
            r#"{"status":{"code":200},"error":true}"#,
            "the service answered with an error message: its status is 200, but it reports an error",
        ),
    ] {
        assert_eq!(read(json).unwrap_err().to_string(), expected, "{json}");
    }
}

#[test]
fn what_is_not_one_json_object_is_malformed_and_says_where() {
    for json in [
        "",
        "null",
        "[]",
        "<html>",
        "{",
        r#"{"numbers":{}}"#,
        r#"{"numbers":[1],"numbers":[1]}"#,
        r#"{"status":{"code":500},"status":{"code":200},"numbers":[]}"#,
        r#"{"numbers":[1],"meta":{"paging":{"totalSize":2}},"meta":{}}"#,
        "{} {}",
    ] {
        assert!(matches!(read(json), Err(Fault::Malformed { .. })), "{json}");
    }
    let Err(Fault::Malformed { cut_short, .. }) = read(r#"{"numbers":[1"#) else { panic!() };
    assert!(cut_short);
    let fault = read("{\n \"other\": 1,\n \"numbers\" : [ x ]\n}").unwrap_err().to_string();
    assert!(fault.contains("line 3") && fault.contains("\"numbers\" : [ x"), "{fault}");
}

#[test]
fn escapes_do_not_hide_the_text_near_a_problem() {
    assert_eq!(unescaped(r#"a\u003db\/c\n\u00zz\"#), r#"a=b/c\n\u00zz\"#);
}

#[test]
fn the_message_of_an_error_is_found_in_each_shape() {
    for (body, message) in [
        (r#"{"status":{"code":404,"message":"Not Found"},"path":"/2/0/x"}"#, Some("Not Found")),
        (
            r#"{"status":"FAILURE_BAD_CREDENTIAL","statusMessage":"incorrect credentials"}"#,
            Some("incorrect credentials"),
        ),
        (r#"{"status":"FAILURE_BAD_TOKEN"}"#, Some("FAILURE_BAD_TOKEN")),
        (r#"{"status":"SUCCESS"}"#, None),
        (r#"{"error":"invalid_grant"}"#, Some("invalid_grant")),
        (r#"{"type":"about:blank","status":401,"title":"Unauthorized"}"#, Some("Unauthorized")),
        ("<html>502</html>", None),
        ("", None),
        ("{}", None),
        ("{\"status\":{\"message\":7}}", None),
    ] {
        assert_eq!(error_message(body.as_bytes()).as_deref(), message, "{body}");
    }
}

#[test]
fn a_start_names_its_task_in_either_place() {
    for json in [
        r#"{"task":{"taskId":"T1"}}"#,
        r#"{"taskId":"T1"}"#,
        r#"{"status":{"code":429},"task":{"taskId":"T1"}}"#,
    ] {
        assert_eq!(started_task(json.as_bytes()).unwrap().as_str(), "T1", "{json}");
    }
    assert!(matches!(started_task(br#"{"status":{"code":429}}"#), Err(Fault::Status { status: 429, .. })));
    assert!(matches!(started_task(br#"{"status":{"code":200}}"#), Err(Fault::NoPayload("task"))));
}
