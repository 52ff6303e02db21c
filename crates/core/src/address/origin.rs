//! Origins: scheme, host and port of a service, and whether a token may go there.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use super::LocatorError;

/// Path under which the service keeps version 2.0 of its API.
pub(super) const API_ROOT: &str = "/2/0";

/// The regions that the hosts without a region serve, as the vendor's own table names them.
const SHARED: [&str; 8] = ["us1", "us2", "us5", "us7", "eu1", "eu2", "eu4", "ap1"];

/// The other regions, as their hosts name them.
const OWN: [&str; 11] = ["ae1", "au1a", "ca1a", "eu3", "eu5", "gb1", "id1", "in1", "me1", "sg1", "us9"];

/// What the hosts of a region are named after; nothing for the shared ones. People write a region with and without an
/// `a` at the end, as browsers show some: `us1a`, `ca1`.
fn label(region: &str) -> Option<&'static str> {
    let name = region.trim().to_ascii_lowercase();
    let is_meant = |known: &&str| known.trim_end_matches('a') == name.strip_suffix('a').unwrap_or(&name);
    if SHARED.iter().any(is_meant) { Some("") } else { OWN.into_iter().find(is_meant) }
}

/// The hosts of a region: of the API, to sign in at, and of OAuth.
fn hosts(label: &str) -> [Origin; 3] {
    let names = match label {
        "" => ["api.anaplan.com", "auth.anaplan.com", "us1a.app.anaplan.com"].map(str::to_owned),
        "au1a" => ["api.au1a", "au1a", "au1a"].map(|name| format!("{name}.app2.anaplan.com")),
        label => ["api", "auth", "app"].map(|service| format!("{label}.{service}.anaplan.com")),
    };
    names.map(|host| Origin { is_https: true, host, port: None })
}

/// Scheme, host and port of a service, such as `https://eu3.api.anaplan.com`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    is_https: bool,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// The API host of every customer whose region has no other: `https://api.anaplan.com`.
    pub fn anaplan() -> Origin {
        let [api, ..] = hosts("");
        api
    }

    /// The API origin of a region such as `eu3`.
    ///
    /// # Errors
    ///
    /// [`LocatorError`] for an unknown region; it names those that are known.
    pub fn of_region(name: &str) -> Result<Origin, LocatorError> {
        if let Some([api, ..]) = label(name).map(hosts) {
            return Ok(api);
        }
        let known: Vec<&str> = Origin::region_names().collect();
        let expected = format!("a region ({}); name any other host by its URL", known.join(", "));
        // A longer text may be a secret in the wrong place, so the error does not repeat it.
        let shown = if name.trim().len() <= 5 { name } else { "(a text longer than any region)" };
        Err(LocatorError::at(shown, 0, &expected))
    }

    /// The names of all regions, such as `eu3`.
    pub fn region_names() -> impl Iterator<Item = &'static str> {
        SHARED.into_iter().chain(OWN).map(|name| name.trim_end_matches('a'))
    }

    /// The sign-in and the OAuth host that belong to this API, if it is that of a region.
    pub(crate) fn sign_in_hosts(&self) -> Option<(Origin, Origin)> {
        let mut regions = OWN.into_iter().chain([""]).map(hosts);
        regions.find(|[api, ..]| api == self).map(|[_, auth, oauth]| (auth, oauth))
    }

    /// Whether this is a host of Anaplan that serves browsers, such as `us5a.app.anaplan.com`. Some serve OAuth too.
    pub(crate) fn is_for_browsers(&self) -> bool {
        let is_app = [".app.anaplan.com", ".app2.anaplan.com"].iter().any(|end| self.host.ends_with(end));
        is_app && !self.host.starts_with("api.")
    }

    /// The API of the region that a host is named after.
    pub(crate) fn api_of_region(&self) -> Option<Origin> {
        let (name, _) = self.host.split_once('.')?;
        label(name).map(|label| {
            let [api, ..] = hosts(label);
            api
        })
    }

    pub(crate) fn of_url(url: &str) -> Option<Origin> {
        Origin::split(url)?.ok().map(|(origin, _)| origin)
    }

    /// Whether the origin is reached over TLS.
    #[doc(hidden)]
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The host in lower case; an IPv6 address is in brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port, if it is not the scheme's own.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether the host is `anaplan.com` or below it, spoken to over TLS.
    #[doc(hidden)]
    pub fn is_anaplan(&self) -> bool {
        self.is_https && (self.host == "anaplan.com" || self.host.ends_with(".anaplan.com"))
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `::1`.
    #[doc(hidden)]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || bare(&self.host).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Splits a URL into its origin and the byte offset of what follows (path, query, fragment). `None` if
    /// `text` is not a URL at all.
    pub(super) fn split(text: &str) -> Option<Result<(Origin, usize), LocatorError>> {
        let (scheme, _) = text.split_once("://")?;
        let start = scheme.len() + "://".len();
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Some(Err(unreadable(text, 0, "a URL that begins with https://"))),
        };
        let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |i| start + i);
        Some(Self::authority(is_https, text, start, end).map(|origin| (origin, end)))
    }

    fn authority(is_https: bool, text: &str, start: usize, end: usize) -> Result<Origin, LocatorError> {
        let authority = &text[start..end];
        let host_end = match authority.find(']') {
            Some(bracket) => bracket + 1,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, port) = authority.split_at(host_end);
        if !is_host(host) {
            return Err(unreadable(text, start, "a host name such as api.anaplan.com"));
        }
        let is_number = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = port.strip_prefix(':').filter(is_number).and_then(|digits| digits.parse::<u16>().ok());
        if !port.is_empty() && number.is_none_or(|number| number == 0) {
            return Err(unreadable(text, start + host_end, "a port from 1 to 65535"));
        }
        let default_port = if is_https { 443 } else { 80 };
        let port = number.filter(|port| *port != default_port);
        Ok(Origin { is_https, host: host.to_ascii_lowercase(), port })
    }
}

/// The text before an `@` may be a password, so the error does not repeat it.
fn unreadable(text: &str, at: usize, expected: &str) -> LocatorError {
    match text.contains('@') {
        true => LocatorError::at("(a URL with a user name in it)", 0, "a URL without user name or password"),
        false => LocatorError::at(text, at, expected),
    }
}

/// The host without the brackets that an IPv6 address has in a URL.
pub(crate) fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn is_host(host: &str) -> bool {
    let is_name = |host: &str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    match bare(host) {
        name if name.len() == host.len() => !name.is_empty() && name.len() <= 253 && is_name(name),
        address => address.parse::<Ipv6Addr>().is_ok(),
    }
}

impl FromStr for Origin {
    type Err = LocatorError;

    /// Reads an origin such as `https://eu3.api.anaplan.com`; a trailing `/` or `/2/0` is accepted.
    fn from_str(text: &str) -> Result<Origin, LocatorError> {
        let text = text.trim();
        let split = Origin::split(text).unwrap_or_else(|| {
            // What has nothing of a URL may be a secret in the wrong place.
            let shown = if text.is_empty() || text.contains(".com") { text } else { "(a text that is no URL)" };
            Err(unreadable(shown, 0, "an origin such as https://eu3.api.anaplan.com"))
        });
        let (origin, end) = split?;
        match text[end..].trim_end_matches('/') {
            "" | API_ROOT => Ok(origin),
            _ => Err(unreadable(text, end, "nothing after the host: /2/0 is added")),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_https { "https" } else { "http" }, self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_read_and_print_the_same() {
        for (text, shown) in [
            ("https://api.au1a.app2.anaplan.com", "https://api.au1a.app2.anaplan.com"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://localhost", "http://localhost"),
            (" HTTPS://EU3.API.anaplan.com:443/2/0/ ", "https://eu3.api.anaplan.com"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn a_region_is_known_by_each_of_its_names_and_has_its_hosts() {
        let shared = ["api.anaplan.com", "auth.anaplan.com", "us1a.app.anaplan.com"];
        let canada = ["ca1a.api.anaplan.com", "ca1a.auth.anaplan.com", "ca1a.app.anaplan.com"];
        let australia = ["api.au1a.app2.anaplan.com", "au1a.app2.anaplan.com", "au1a.app2.anaplan.com"];
        for (name, hosts) in [
            ("us7", shared),
            ("us1a", shared),
            (" CA1 ", canada),
            ("ca1a", canada),
            ("au1", australia),
            ("eu3", ["eu3.api.anaplan.com", "eu3.auth.anaplan.com", "eu3.app.anaplan.com"]),
        ] {
            let api = Origin::of_region(name).unwrap();
            let (auth, oauth) = api.sign_in_hosts().unwrap();
            assert_eq!([&*api.host, &*auth.host, &*oauth.host], hosts, "{name}");
            assert_eq!((api.is_for_browsers(), oauth.is_for_browsers()), (false, true), "{name}");
            assert_eq!(oauth.api_of_region(), Some(api), "{name}");
        }
        let error = Origin::of_region("xx1").unwrap_err().to_string();
        assert!(error.contains("xx1") && error.contains("ap1") && error.contains("us9"), "{error}");
    }

    #[test]
    fn hosts_that_only_look_like_anaplan_or_loopback_are_neither() {
        for text in [
            "https://api.anaplan.com.evil.example",
            "https://evilanaplan.com",
            "http://api.anaplan.com",
            "https://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "https://0x7f.1",
            "https://api.anaplan.com.",
        ] {
            let origin: Origin = text.parse().unwrap();
            assert!(!origin.is_anaplan() && !origin.is_loopback(), "{text}");
        }
    }

    #[test]
    fn bad_origins_are_refused_and_passwords_not_repeated() {
        for text in [
            "",
            "api.anaplan.com",
            "ftp://api.anaplan.com",
            "https://",
            "https://api.anaplan.com:99999",
            "https://api.anaplan.com:+1",
            "https://a b",
            "https://[::1",
            "https://[zz]",
            "https://api.anaplan.com/1/3",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        for text in [
            "https://me:s3cret@api.anaplan.com",
            "me:s3cret@gw.example.com",
            "ftp://me:s3cret@gw.example.com",
            "https://me:s3cret/#@gw.example.com",
            "https://gw.example.com/?token=s3cret",
            "https://gw.example.com/2/0/x#s3cret",
            "s3cret",
            "eyJ0.eyJs3cret.aaaa",
        ] {
            for error in [text.parse::<Origin>().unwrap_err(), Origin::of_region(text).unwrap_err()] {
                assert!(!error.to_string().contains("s3cret"), "{error}");
            }
        }
    }
}
