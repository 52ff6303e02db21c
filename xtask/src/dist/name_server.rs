//! A name server that knows one name, for a program in an empty root folder.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};

/// Where it listens: an address of this machine that nothing else uses, and the port that resolvers ask.
pub(super) const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 77);
const PORT: u16 = 53;

/// The name that it knows, which leads to this machine.
pub(super) const NAME: &str = "localhost.test";

/// Answers for as long as the process lives.
pub(super) fn start() -> io::Result<()> {
    let socket = UdpSocket::bind((ADDRESS, PORT))?;
    std::thread::Builder::new().name("name-server".to_owned()).spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            if let Some(answer) = answer(&query[..length]) {
                // A resolver that is gone asks again or not.
                let _ = socket.send_to(&answer, from);
            }
        }
    })?;
    Ok(())
}

/// The answer to a query; an address where one of the fourth version is asked for.
fn answer(query: &[u8]) -> Option<Vec<u8>> {
    const HEADER: usize = 12;
    const NO_SUCH_NAME: u8 = 3;
    let mut name = Vec::new();
    let mut rest = query.get(HEADER..)?;
    while let Some((length @ 1.., after)) = rest.split_first() {
        name.push(String::from_utf8_lossy(after.get(..usize::from(*length))?).to_lowercase());
        rest = after.get(usize::from(*length)..)?;
    }
    let question = query.get(HEADER..query.len() - rest.len() + 5)?;
    let is_known = name.join(".") == NAME;
    let has_address = is_known && question.ends_with(&[0, 1, 0, 1]);
    let mut answer = query.get(..2)?.to_vec();
    // An answer, recursion wished for and available.
    answer.extend([0x81, 0x80 | if is_known { 0 } else { NO_SUCH_NAME }]);
    answer.extend([0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
    answer.extend(question);
    if has_address {
        // The name of the question, type A, class IN, valid for a minute, four bytes.
        answer.extend([0xc0, HEADER as u8, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(Ipv4Addr::LOCALHOST.octets());
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, kind: u8) -> Vec<u8> {
        let mut query = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            query.push(label.len() as u8);
            query.extend(label.as_bytes());
        }
        query.extend([0, 0, kind, 0, 1]);
        query
    }

    #[test]
    fn the_name_has_one_address_and_others_are_not_there() {
        let known = answer(&query(NAME, 1)).unwrap();
        assert!(known.ends_with(&[127, 0, 0, 1]) && known[7] == 1);
        assert_eq!(answer(&query(NAME, 28)).unwrap()[3..8], [0x80, 0, 1, 0, 0]);
        assert_eq!(answer(&query("elsewhere.test", 1)).unwrap()[3] & 15, 3);
        assert_eq!(answer(b"short"), None);
    }
}
