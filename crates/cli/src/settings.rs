//! Options and environment variables to a client. An option wins over its variable; what cannot be
//! used is refused, never ignored.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use anaplan_dump_core::{
    ActionAddress, ActionKind, ActionResult, Category, Client, DumpAddress, Error, Id, Locator,
    LocatorDefaults, ModelAddress, Origin, RequestObserver, RetryPolicy, TaskAddress, TaskChoice, Token,
    TokenKind, endpoint,
};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::progress::Reporter;
use crate::units::parse_duration;

/// Largest token file, in bytes: tokens have some hundred characters.
const MAX_TOKEN_BYTES: u64 = 64 * 1024;

/// What the options and the environment say.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) client: Client,
    defaults: LocatorDefaults,
}

impl Settings {
    pub(crate) fn read(arguments: &Arguments, reporter: &Arc<Reporter>) -> Result<Settings, Failure> {
        let mut builder = Client::builder(token(arguments)?)
            .api(api(arguments)?)
            .retry(retry_policy(arguments)?)
            .observer(Arc::clone(reporter) as Arc<dyn RequestObserver>);
        if let Some(limit) = duration(&arguments.stall_timeout, "--stall-timeout", "ANAPLAN_STALL_TIMEOUT")? {
            builder = builder.stall_timeout(limit);
        }
        if let Some(path) = setting(&arguments.ca_file, "ANAPLAN_CA_FILE")? {
            let pem =
                std::fs::read(&path).map_err(|e| unreadable("the file of root certificates", &path, &e))?;
            builder = builder.root_certificates(pem);
        }
        let defaults = LocatorDefaults { workspace: id("ANAPLAN_WORKSPACE")?, model: id("ANAPLAN_MODEL")? };
        Ok(Settings { client: builder.build()?, defaults })
    }

    /// Reads a locator; the short form may leave out what the environment names.
    pub(crate) fn locator(&self, text: &str) -> Result<Locator, Failure> {
        Ok(Locator::parse_with(text, &self.defaults)?)
    }
}

/// Digits of the identifier of a process or import, as seen on the live service. Anything else may be
/// a name.
const ACTION_ID_DIGITS: usize = 12;

impl Settings {
    /// The model that a locator names, or the one of the environment.
    pub(crate) fn model_locator(&self, text: Option<&str>) -> Result<Locator, Failure> {
        match (text, &self.defaults) {
            (Some(text), _) => Ok(Locator::parse_with(text, &LocatorDefaults::default())?),
            (None, LocatorDefaults { workspace: Some(workspace), model: Some(model) }) => {
                let (workspace, model) = (Some(workspace.clone()), model.clone());
                Ok(ModelAddress { origin: None, workspace, model }.into())
            }
            (None, _) => Err(Failure::Usage(
                "a model is needed: WORKSPACE/MODEL, or ANAPLAN_WORKSPACE and ANAPLAN_MODEL set".into(),
            )),
        }
    }

    /// The process or import of a locator; a process may be given by its name.
    pub(crate) fn action(&self, locator: &Locator) -> Result<ActionAddress, Failure> {
        let action = locator.action()?;
        let id = action.id.as_str();
        let is_id = id.len() == ACTION_ID_DIGITS && id.bytes().all(|b| b.is_ascii_digit());
        if is_id || action.kind == ActionKind::Import {
            return Ok(action);
        }
        match self.client.find_process(&action.model, id) {
            Ok(found) => Ok(found),
            // With a task the rest of the locator stands on its own: an identifier of another shape.
            Err(Error::NoSuchProcess { .. }) if matches!(locator.task_choice(), Some(TaskChoice::Id(_))) => {
                Ok(action)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The task of a locator; `latest` is the newest one.
    pub(crate) fn task(&self, locator: &Locator) -> Result<TaskAddress, Failure> {
        let action = self.action(locator)?;
        match locator.task_choice() {
            Some(TaskChoice::Id(id)) => Ok(action.task(id.clone())),
            Some(TaskChoice::Latest) => {
                let newest = self.client.tasks(&action)?.into_iter().find_map(|task| Id::new(task.id).ok());
                newest.map(|id| action.task(id)).ok_or_else(|| Failure::no_tasks(&action))
            }
            // Says what is missing.
            None => Ok(locator.task()?),
        }
    }

    /// The dump of a locator.
    pub(crate) fn dump(&self, locator: &Locator) -> Result<DumpAddress, Failure> {
        let complete = locator.dump()?;
        let action = self.action(locator)?;
        Ok(action.task(complete.task().task.clone()).dump(complete.object().clone()))
    }

    /// The name that a task has for one of its objects. Whether the object left a dump is for the dump
    /// itself to say.
    pub(crate) fn object_name(&self, task: &TaskAddress, object: &Id) -> Result<Option<String>, Failure> {
        let task = match self.client.task(task) {
            Ok(task) => task,
            Err(error) if error.category() == Category::NotThere => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let is_object = |action: &&ActionResult| action.object_id.as_deref() == Some(object.as_str());
        Ok(task.actions().into_iter().find(is_object).and_then(|action| action.object_name.clone()))
    }

    /// A locator that names the task from anywhere: a URL where it was reached at an origin of its own.
    pub(crate) fn copyable_task(&self, task: &TaskAddress) -> String {
        match &task.action.model.origin {
            Some(origin) => format!("{origin}{}", endpoint::task(task)),
            None => task.to_string(),
        }
    }
}

/// The value of an option or else of its variable; an empty variable counts as not set.
fn setting(option: &Option<String>, variable: &str) -> Result<Option<String>, Failure> {
    match option {
        Some(value) => Ok(Some(value.clone())),
        None => match std::env::var(variable) {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{variable} is not UTF-8"))),
        },
    }
}

fn variable(name: &str) -> Result<Option<String>, Failure> {
    setting(&None, name)
}

fn api(arguments: &Arguments) -> Result<Origin, Failure> {
    if arguments.api_url.is_some() && arguments.region.is_some() {
        return Err(Failure::Usage("--api-url and --region say the same thing: give one of them".into()));
    }
    // An option of either kind wins over both variables.
    let (url, region) = match (&arguments.api_url, &arguments.region) {
        (None, None) => (variable("ANAPLAN_API_URL")?, variable("ANAPLAN_REGION")?),
        (url, region) => (url.clone(), region.clone()),
    };
    match (url, region) {
        (Some(_), Some(_)) => Err(both("ANAPLAN_API_URL", "ANAPLAN_REGION")),
        (Some(url), None) => Ok(url.parse()?),
        (None, Some(region)) => Ok(Origin::of_region(&region)?),
        (None, None) => Ok(Origin::anaplan()),
    }
}

fn token(arguments: &Arguments) -> Result<Token, Failure> {
    if let Some(path) = &arguments.token_file {
        return token_from_file(path);
    }
    let mut found = Vec::new();
    for name in ["ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN", "ANAPLAN_TOKEN_FILE"] {
        found.extend(variable(name)?.map(|value| (name, value)));
    }
    match found.as_slice() {
        [] => Err(Failure::Usage(
            "there is no token: set ANAPLAN_TOKEN or ANAPLAN_BEARER_TOKEN, or name a file with --token-file"
                .into(),
        )),
        [("ANAPLAN_TOKEN_FILE", path)] => token_from_file(path),
        [("ANAPLAN_BEARER_TOKEN", text)] => Ok(Token::new(TokenKind::Bearer, text)?),
        [(_, text)] => Ok(Token::new(TokenKind::AnaplanAuthToken, text)?),
        [(first, _), (second, _), ..] => Err(both(first, second)),
    }
}

/// Two settings that contradict each other.
fn both(first: &str, second: &str) -> Failure {
    Failure::Usage(format!("{first} and {second} are both set: unset one of them"))
}

fn token_from_file(path: &str) -> Result<Token, Failure> {
    let mut text = String::new();
    let read = match path {
        "-" => std::io::stdin().lock().take(MAX_TOKEN_BYTES).read_to_string(&mut text),
        path => {
            std::fs::File::open(path).and_then(|file| file.take(MAX_TOKEN_BYTES).read_to_string(&mut text))
        }
    };
    read.map_err(|error| unreadable("the token file", path, &error))?;
    Ok(Token::new(TokenKind::AnaplanAuthToken, &text)?)
}

fn retry_policy(arguments: &Arguments) -> Result<RetryPolicy, Failure> {
    let mut policy = RetryPolicy::default();
    if let Some(text) = setting(&arguments.retries, "ANAPLAN_RETRIES")? {
        policy.retries = text
            .trim()
            .parse()
            .map_err(|_| Failure::Usage("--retries (ANAPLAN_RETRIES) is not a whole number".into()))?;
    }
    if let Some(longest) = duration(&arguments.max_wait, "--max-wait", "ANAPLAN_MAX_WAIT")? {
        policy.max_wait = longest;
        policy.first_wait = policy.first_wait.min(longest);
    }
    Ok(policy)
}

fn duration(option: &Option<String>, name: &str, variable: &str) -> Result<Option<Duration>, Failure> {
    let Some(text) = setting(option, variable)? else {
        return Ok(None);
    };
    match parse_duration(&text) {
        Some(duration) => Ok(Some(duration)),
        None => Err(Failure::Usage(format!(
            "{name} ({variable}) is not a duration such as 500ms, 30s, 5m, 2h or plain seconds"
        ))),
    }
}

fn id(name: &'static str) -> Result<Option<Id>, Failure> {
    let Some(text) = variable(name)? else {
        return Ok(None);
    };
    Id::new(text.trim()).map(Some).map_err(|why| Failure::Usage(format!("{name}: {why}")))
}

fn unreadable(setting: &'static str, path: &str, error: &std::io::Error) -> Failure {
    let problem = format!("{} cannot be read: {error}", anaplan_dump_core::Printable(path));
    Error::Setting { setting, problem }.into()
}
