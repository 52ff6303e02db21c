//! The hosts of a client: from what was given to the origins of the API, of signing in and of OAuth.

use crate::address::Origin;
use crate::error::{Error, Result};

#[derive(Debug, Clone, Default)]
pub(super) struct GivenHosts {
    pub(super) api: Option<Origin>,
    /// Of the locator that the client is for, if it is a URL.
    pub(super) locator: Option<Origin>,
    pub(super) auth: Option<Origin>,
    pub(super) oauth: Option<Origin>,
}

#[derive(Debug, Clone)]
pub(super) struct Hosts {
    /// The API of addresses that name none.
    pub(super) api: Origin,
    /// The API of the locator, or else the same.
    pub(super) home: Origin,
    /// The host to sign in at. Where it is not known it is asked for before a secret leaves.
    pub(super) auth: Option<Origin>,
    /// The host to get OAuth tokens from, likewise.
    pub(super) oauth: Option<Origin>,
}

impl Hosts {
    /// The one place that chooses hosts.
    pub(super) fn choose(given: GivenHosts) -> Result<Hosts> {
        let api = given.api.unwrap_or_else(Origin::anaplan);
        for origin in [Some(&api), given.auth.as_ref(), given.oauth.as_ref()].into_iter().flatten() {
            if !origin.is_https() && !origin.is_loopback() {
                let reason = "plain http is for this machine only; use https";
                return Err(Error::UntrustedOrigin { origin: origin.clone(), reason });
            }
        }
        check_api(&api)?;
        let mut hosts = Hosts { home: api.clone(), api, auth: None, oauth: None };
        if let Some(locator) = &given.locator {
            hosts.home = hosts.of_address(Some(locator))?.clone();
        }
        let (auth, oauth) = hosts.home.sign_in_hosts().unzip();
        (hosts.auth, hosts.oauth) = (given.auth.or(auth), given.oauth.or(oauth));
        Ok(hosts)
    }

    /// The API to ask about an address with this origin.
    pub(super) fn of_address<'a>(&'a self, origin: Option<&'a Origin>) -> Result<&'a Origin> {
        let Some(origin) = origin else { return Ok(&self.api) };
        check_api(origin)?;
        if origin.is_anaplan() || origin.is_loopback() || *origin == self.api {
            return Ok(origin);
        }
        let reason = "it is neither Anaplan's over https, nor this machine, nor the API URL";
        Err(Error::UntrustedOrigin { origin: origin.clone(), reason })
    }
}

fn check_api(origin: &Origin) -> Result<()> {
    match origin.is_for_browsers() {
        true => Err(Error::NotAnApi { origin: origin.clone(), api: origin.api_of_region() }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `eu3.api` is the API of Anaplan's region, other hosts are whole.
    fn origin(host: &str) -> Option<Origin> {
        let anaplan = if host.contains(".example") { "" } else { ".anaplan.com" };
        (!host.is_empty()).then(|| format!("https://{host}{anaplan}").parse().unwrap())
    }

    fn host(origin: Option<&Origin>) -> &str {
        origin.map_or("", |origin| origin.host().trim_end_matches(".anaplan.com"))
    }

    #[test]
    fn the_locator_and_else_the_api_decide_where_to_sign_in() {
        for (api, locator, home, auth, oauth) in [
            ("", "", "api", "auth", "us1a.app"),
            ("gb1.api", "", "gb1.api", "gb1.auth", "gb1.app"),
            ("", "eu3.api", "eu3.api", "eu3.auth", "eu3.app"),
            ("gb1.api", "ca1a.api", "ca1a.api", "ca1a.auth", "ca1a.app"),
            ("", "api.au1a.app2", "api.au1a.app2", "au1a.app2", "au1a.app2"),
            ("gateway.example", "api", "api", "auth", "us1a.app"),
            // Hosts that the table of regions lacks: nothing is guessed.
            ("", "zz9.api", "zz9.api", "", ""),
            ("zz9.api", "", "zz9.api", "", ""),
            ("gateway.example", "gateway.example", "gateway.example", "", ""),
        ] {
            let given = GivenHosts { api: origin(api), locator: origin(locator), ..GivenHosts::default() };
            let Hosts { home: chosen, auth: sign_in, oauth: grants, .. } = Hosts::choose(given.clone()).unwrap();
            let chosen = (host(Some(&chosen)), host(sign_in.as_ref()), host(grants.as_ref()));
            assert_eq!(chosen, (home, auth, oauth), "{given:?}");
            let named = GivenHosts { auth: origin("a.example"), oauth: origin("o.example"), ..given };
            let hosts = Hosts::choose(named).unwrap();
            assert_eq!((host(hosts.auth.as_ref()), host(hosts.oauth.as_ref())), ("a.example", "o.example"));
        }
    }

    #[test]
    fn no_secret_goes_over_plain_http_to_another_machine_or_to_a_host_for_browsers() {
        let given = GivenHosts::default;
        let plain: Option<Origin> = "http://auth.example.com".parse().ok();
        for given in [GivenHosts { auth: plain.clone(), ..given() }, GivenHosts { oauth: plain, ..given() }] {
            assert!(matches!(Hosts::choose(given), Err(Error::UntrustedOrigin { .. })));
        }
        for (browser, api) in [("eu4.app", "api"), ("au1a.app2", "api.au1a.app2"), ("zz9.app", "")] {
            let browser = origin(browser);
            for given in [GivenHosts { api: browser.clone(), ..given() }, GivenHosts { locator: browser, ..given() }] {
                let error = Hosts::choose(given).unwrap_err();
                assert!(matches!(&error, Error::NotAnApi { api: found, .. } if host(found.as_ref()) == api), "{error}");
            }
        }
        assert!(Hosts::choose(GivenHosts { oauth: origin("us1a.app"), ..given() }).is_ok(), "it serves OAuth");
    }
}
