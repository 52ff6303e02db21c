//! What every command gets: the client, the model that locators may leave out, and the reporter.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anaplan_dump_core::{Client, Credentials, ModelAddress, SignInMethod, Token, Unfinished};

use crate::arguments::Arguments;
use crate::credentials;
use crate::env_file;
use crate::failure::Failure;
use crate::progress::Reporter;
use crate::settings;
use crate::signals;
use crate::text::safe_path;

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) method: SignInMethod,
    /// The model of the environment.
    pub(crate) model: Option<ModelAddress>,
    pub(crate) reporter: Arc<Reporter>,
}

impl Session {
    /// The same session with a time limit for all that follows.
    pub(crate) fn within(&self, limit: Duration) -> Session {
        let end = Instant::now().checked_add(limit);
        let client = end.map_or_else(|| self.client.clone(), |end| self.client.until(end));
        Session { client, ..self.clone() }
    }

    /// A session with the settings of the command line and the environment. Sends nothing.
    pub(crate) fn new(arguments: &Arguments, unfinished: &Unfinished) -> Result<Session, Failure> {
        let (session, no_way) = Session::open(arguments, unfinished)?;
        no_way.map_or(Ok(session), Err)
    }

    /// The same, also if there is no way to sign in: then with the reason, and without a token.
    pub(crate) fn open(
        arguments: &Arguments,
        unfinished: &Unfinished,
    ) -> Result<(Session, Option<Failure>), Failure> {
        let reporter = Arc::new(Reporter::new(arguments.verbosity(), unfinished));
        signals::watch(Arc::clone(&reporter))?;
        let events = Arc::clone(&reporter);
        let env_file = match settings::setting(&arguments.env_file, "ANAPLAN_ENV_FILE")? {
            Some(path) => {
                let name = arguments.env_file.as_ref().map_or("ANAPLAN_ENV_FILE", |_| "--env-file");
                // A way to sign in that is set outside of the file wins as a whole.
                let is_set = credentials::is_set(arguments)?;
                env_file::read(name, &path, |name| !(is_set && credentials::is_variable(name)))?
            }
            None => None,
        };
        let (credentials, no_way) = match credentials::read(arguments) {
            Ok(credentials) => (credentials, None),
            Err(failure) => (Credentials::provider(|| Err::<Token, _>("there is none")), Some(failure)),
        };
        for path in env_file.iter().chain(credentials.exposed_files()) {
            let path = safe_path(path);
            reporter.warn(&format!("{path} holds a secret, and other users can read it: chmod 600 {path}"));
        }
        let method = credentials.method();
        let builder = settings::client(arguments, credentials)?.on_event(move |event| events.event(event));
        let client = settings::build(builder.unfinished(unfinished), arguments)?;
        Ok((Session { client, method, model: settings::model()?, reporter }, no_way))
    }
}
