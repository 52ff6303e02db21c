//! Starting and stopping: nothing may outlive the server.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use xtask::fake::*;

use crate::client::*;

/// Starts a request, stops the server under it and returns how the connection ended.
fn stop_during(fault: Fault) -> End {
    let server = small_server();
    server.fault(fault, When::any());
    let mut stream = connect(&server);
    stream.write_all(request("GET", &dump_path("/chunks/0"), "").as_bytes()).unwrap();
    while server.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(server);
    read_all(&mut stream).end
}

#[test]
fn stopping_ends_every_wait() {
    let hour = Duration::from_secs(3600);
    for fault in [
        Fault::StallBeforeAnswer,
        Fault::Stall { after_bytes: 1 },
        Fault::Latency(hour),
        Fault::Dribble { bytes: 1, pause: hour },
        Fault::EndlessBody,
    ] {
        let name = fault.name();
        assert_ne!(stop_during(fault), End::Silent, "{name}");
    }
}

#[test]
fn a_stopped_server_listens_no_longer() {
    let server = small_server();
    let mut idle = connect(&server);
    let address = server.address();
    server.stop();
    server.stop();
    assert_ne!(read_all(&mut idle).end, End::Silent);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_taken_port_is_explained() {
    let server = small_server();
    let port = server.address().port();
    let error = FakeServer::start_on(Service::new(), port, false).unwrap_err();
    let expected = format!("the fake server cannot listen on 127.0.0.1:{port}: ");
    assert!(error.starts_with(&expected), "{error}");
}
