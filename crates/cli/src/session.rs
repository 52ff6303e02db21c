//! What every command gets: the client, the reporter, and how results are printed.

use std::sync::Arc;
use std::time::Instant;

use anaplan_dump_core::{Client, Credentials, Locator, SignInMethod, Token, Unfinished, shown_path};
use serde_json::{Value, json};

use crate::credentials;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::progress::Reporter;
use crate::settings;
use crate::signals;
use crate::stdout::{print, print_json};

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) method: SignInMethod,
    pub(crate) reporter: Arc<Reporter>,
    pub(crate) json: bool,
    /// When the time that the user gave is over.
    pub(crate) end: Option<Instant>,
}

impl Session {
    /// A session with the settings of the command line and the environment, for what a locator names. Sends nothing.
    /// If there is no way to sign in, it is without a token, and the reason is beside it.
    pub(crate) fn open(
        environment: &Environment<'_>,
        locator: Option<&Locator>,
        unfinished: &Unfinished,
    ) -> Result<(Session, Option<Failure>), Failure> {
        let reporter = Arc::new(Reporter::new(environment.arguments.verbosity(), unfinished));
        signals::watch(Arc::clone(&reporter))?;
        reporter.keep_time();
        let (credentials, no_way) = match credentials::read(environment) {
            Ok(credentials) => (credentials, None),
            Err(failure) => (Credentials::provider(|| Err::<Token, _>("there is none")), Some(failure)),
        };
        let exposed = credentials.exposed_files().iter().map(|path| path.as_path());
        for path in environment.exposed_secrets().into_iter().chain(exposed).map(shown_path) {
            reporter.warn(&format!("{path} holds a secret, and other users can read it: chmod 600 {path}"));
        }
        let method = credentials.method();
        let client = settings::client(environment, locator, credentials, &reporter)?;
        Ok((Session { client, method, reporter, json: environment.arguments.json, end: environment.end }, no_way))
    }

    /// The same session, all whose requests end in that time.
    pub(crate) fn limited(&self) -> Session {
        let client = self.end.map_or_else(|| self.client.clone(), |end| self.client.until(end));
        Session { client, ..self.clone() }
    }

    /// Does the same for each of several locators, also after a failure, and prints the only document, or a list of
    /// those that are not null. A failure beside a document is on the screen already.
    pub(crate) fn each<T>(
        &self,
        locators: impl IntoIterator<Item = T>,
        is_one: bool,
        mut act: impl FnMut(T) -> Result<(Value, Option<Failure>), Failure>,
    ) -> Result<(), Failure> {
        let mut documents = Vec::new();
        let mut first_failure = None;
        for locator in locators {
            let (document, failure) = match act(locator) {
                Ok(done) => done,
                Err(failure) if is_one => return Err(failure),
                Err(failure) => {
                    let document = json!({ "error": failure.document() });
                    (document, Some(self.reporter.problem(failure)))
                }
            };
            documents.push(document);
            first_failure = first_failure.or(failure);
        }
        if self.json {
            documents.retain(|document| !document.is_null());
            print_json(&if is_one { documents.pop().unwrap_or_default() } else { documents.into() })?;
        }
        first_failure.map_or(Ok(()), Err)
    }

    /// Prints what the command is for: a document with `--json`, else text.
    pub(crate) fn show(&self, document: &Value, text: &dyn Fn() -> String) -> Result<(), Failure> {
        if self.json { print_json(document) } else { print(&text()) }
    }
}
