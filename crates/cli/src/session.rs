//! What every command gets: the client, the model that locators may leave out, and the reporter.

use std::sync::Arc;

use anaplan_dump_core::{Client, ModelAddress, Unfinished};

use crate::arguments::Arguments;
use crate::credentials;
use crate::failure::Failure;
use crate::progress::Reporter;
use crate::settings;
use crate::signals;
use crate::text::safe_path;

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    /// The model of the environment.
    pub(crate) model: Option<ModelAddress>,
    pub(crate) reporter: Arc<Reporter>,
}

impl Session {
    /// A session with the settings of the command line and the environment. Sends nothing.
    pub(crate) fn new(arguments: &Arguments, unfinished: &Unfinished) -> Result<Session, Failure> {
        let reporter = Arc::new(Reporter::new(arguments.verbosity(), unfinished));
        signals::watch(Arc::clone(&reporter))?;
        let events = Arc::clone(&reporter);
        let credentials = credentials::read(arguments)?;
        for path in credentials.exposed_files() {
            let path = safe_path(path);
            reporter.warn(&format!("{path} holds a secret, and other users can read it: chmod 600 {path}"));
        }
        let builder = settings::client(arguments, credentials)?.on_event(move |event| events.event(event));
        let builder = builder.unfinished(unfinished);
        Ok(Session { client: settings::build(builder, arguments)?, model: settings::model()?, reporter })
    }
}
