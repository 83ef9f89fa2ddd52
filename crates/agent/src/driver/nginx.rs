//! A gateway on a plain host: one nginx, whose configuration is that of all deployments together.
//!
//! ```text
//!   <folder>/current -> trees/<digest>       what nginx runs: `nginx -p <folder> -c <folder>/current/nginx.conf`
//!   <folder>/trees/<digest>/nginx.conf       names all that follows
//!                          /deployments/<deployment>/{note.json,claims.json,*.conf}
//!                          /addresses.json, addresses/<deployment>.conf   upstreams.conf with addresses for names
//!                          /keys/<credentials>.conf
//!                          /certificates/<certificate>/{tls.crt,tls.key}
//!   <folder>/{run,logs,temp}                 nginx's own: process id, status socket, error log, log of requests
//! ```
//!
//! A change is a new tree beside the current one, made of what the order says and of links to what others have in place. It
//! goes through four gates, and at each one the current tree goes on serving:
//!
//! 1. no other deployment answers the same host on the same port, keys and certificates are there, names of endpoints are found;
//! 2. `nginx -t` accepts the tree; what it says is reported with the file and the line;
//! 3. `current` is swapped in one step, and nginx told to reload;
//! 4. every worker that takes connections is one of the new configuration: the status socket answers the tree's digest, and
//!    workers of before are gone or draining. Otherwise `current` goes back.
//!
//! So a deployment is in place as a whole or not at all, and `ready` means that traffic sees it. Whatever is cut off by a
//! crash leaves a tree that nobody names, or a `current` that nginx does not run yet; the next apply sees both.
//!
//! What is in place stands in the tree itself. INVARIANT: a note and the files that it is about are swapped together.

mod certificates;
mod conflict;
mod drift;
mod files;
mod keys;
mod names;
mod note;
mod process;
mod test;
mod traffic;
mod tree;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::PathBuf,
    sync::Arc,
};

use switchtower_domain::{cluster::ClusterId, deployment::ObjectOutcome, gateway::GatewayClass};
use switchtower_protocol::{
    capabilities::{Capabilities, CapabilityProblem},
    snapshot::Snapshot,
};
use switchtower_render::{
    Options,
    nginx::{API, CONFIG, address, host},
};

pub use self::names::Resolver;
use self::{files::Files, names::Answers, process::Process, test::Complaint, traffic::UsageLog, tree::Trees};
use crate::port::{Driver, DriverError, Failure, Object, ObjectResult, Order, Owned, Placed, TrafficLog};

/// The name of the driver.
pub const NAME: &str = "nginx";

/// Where nginx and its files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder of the configuration; an absolute path.
    pub folder: PathBuf,
    /// The program.
    pub program: PathBuf,
    /// The folder with a folder for each certificate and each set of credentials, as Kubernetes mounts Secrets.
    pub secrets: PathBuf,
    /// Whether to start nginx when it does not run.
    pub manage: bool,
}

/// Runs the deployments of a cluster on nginx.
#[derive(Debug, Clone)]
pub struct Nginx {
    settings: Settings,
    cluster_id: ClusterId,
    options: Options,
    resolver: Resolver,
}

/// Why a tree is not in force.
#[derive(Debug)]
enum Refusal {
    /// An object is wrong: the name of a file of the order, a field, a sentence.
    Object { file: String, field: Option<String>, message: String },
    /// The host is.
    Host(String),
}

impl Nginx {
    /// A driver for a folder, which is made when it is not there.
    pub fn new(settings: Settings, cluster_id: ClusterId, options: Options) -> Self {
        Self { settings, cluster_id, options, resolver: Resolver::default() }
    }

    /// The same with another way to look names up.
    #[must_use]
    pub fn asking(self, resolver: Resolver) -> Self {
        Self { resolver, ..self }
    }

    /// The names of endpoints that an order, and what is in place beside it, has.
    fn names(&self, order: &Order) -> BTreeSet<String> {
        let mut files = Trees::new(&self.settings.folder).current().unwrap_or_default();
        // What is wrong is told when it is applied.
        _ = files.put(self.cluster_id, order);
        names::all(&files)
    }

    fn lock(&self) -> io::Result<File> {
        for folder in host::FOLDERS {
            fs::create_dir_all(self.settings.folder.join(folder))?;
        }
        let lock = File::create(self.settings.folder.join("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    fn unusable(&self, error: &io::Error) -> DriverError {
        DriverError::Unusable(format!("The folder `{}` cannot be used: {error}.", self.settings.folder.display()))
    }

    fn apply_now(&self, order: &Order, answers: &Answers) -> Result<Placed, DriverError> {
        let unusable = |error: io::Error| self.unusable(&error);
        let _lock = self.lock().map_err(unusable)?;
        let trees = Trees::new(&self.settings.folder);
        let old = trees.current().map_err(unusable)?;
        let before = old.deployment(order.deployment_id);
        if let Some(noted) = before.as_ref().filter(|before| before.note.generation > order.generation) {
            return Err(DriverError::Superseded(noted.note.generation));
        }
        let mut placed = drift::results(order, before.as_ref());
        if drift::leaves(order) && placed.results.iter().any(|result| result.outcome == ObjectOutcome::Drifted) {
            return Ok(placed);
        }
        let mut files = old.clone();
        files.put(self.cluster_id, order).map_err(DriverError::Unusable)?;
        let found = names::add(&mut files, &old, answers, order);
        match found.and_then(|found| self.enforce(&trees, &old, &mut files, order).map(|()| found)) {
            Ok(found) => {
                placed.findings.extend(found);
                Ok(placed)
            }
            Err(Refusal::Host(message)) => Err(DriverError::Unusable(message)),
            Err(Refusal::Object { file, field, message }) => Ok(refused(order, &file, field, &message).into()),
        }
    }

    /// Puts a tree in force, through all gates.
    fn enforce(&self, trees: &Trees, old: &Files, files: &mut Files, order: &Order) -> Result<(), Refusal> {
        conflict::check(files, order.deployment_id)?;
        keys::add(files, &self.settings.secrets, order.deployment_id)?;
        certificates::add(files, old, &self.settings.secrets, order.deployment_id)?;
        let host = |error: io::Error| Refusal::Host(self.unusable(&error).to_string());
        let process = Process::new(&self.settings);
        let (is, was) = (files.deployment(order.deployment_id), old.deployment(order.deployment_id));
        let untouched = is.zip(was).is_none_or(|(is, was)| is.is_as(&was));
        let (digest, name) = loop {
            let digest = files.seal(&self.settings.folder).map_err(Refusal::Host)?;
            if untouched && trees.is_current(&digest).map_err(host)? && process.serves(&digest) {
                return trees.note(files, order.deployment_id).map_err(host);
            }
            let name = trees.write(files, &digest).map_err(host)?;
            let Err(complaint) = test::test(&self.settings, &trees.main(&name)) else { break (digest, name) };
            trees.tidy(None).map_err(host)?;
            // Each round takes one back at least, so there is an end.
            if !certificates::take_back(files, old, &complaint.sentence, order.deployment_id) {
                let own = certificates::complaint_of(files, &complaint.sentence, order.deployment_id);
                return Err(own.unwrap_or_else(|| complaint_of(complaint, order)));
            }
        };
        let was = trees.swap(&name).map_err(host)?;
        if let Err(trouble) = process.reload(&digest) {
            // What serves stays what `current` names, so that a restart does not change it either.
            if let Some(was) = was.filter(|_| trouble.goes_on()) {
                trees.swap(&was).map_err(host)?;
                if trouble.is_pending() {
                    process.back();
                }
            }
            return Err(Refusal::Host(trouble.to_string()));
        }
        trees.tidy(was.as_deref()).map_err(host)
    }
}

/// Whose fault it is that nginx refuses a tree.
fn complaint_of(complaint: Complaint, order: &Order) -> Refusal {
    let Complaint { place, sentence } = complaint;
    let name = order.deployment_id.suffix();
    let (own, endpoints) = (format!("deployments/{name}/"), address::file(&name));
    match place {
        // Each line of it stands for the same one of the other.
        Some((file, line)) => match file.strip_prefix(&own).or((file == endpoints).then_some(address::FILE)) {
            Some(file) => Refusal::Object {
                file: file.to_owned(),
                field: Some(format!("line {line}")),
                message: format!("nginx refuses line {line}: {sentence}."),
            },
            None => Refusal::Host(format!("nginx refuses line {line} of `{file}`: {sentence}.")),
        },
        None => Refusal::Host(format!("nginx refuses the configuration: {sentence}.")),
    }
}

/// An order of which nothing is in force, since one object is wrong.
fn refused(order: &Order, file: &str, field: Option<String>, message: &str) -> Vec<ObjectResult> {
    let mut results: Vec<_> = order
        .objects
        .iter()
        .map(|object| {
            if object.key.name == file {
                let failed = ObjectResult::failed(object.key.clone(), message.to_owned());
                failed.at(field.clone())
            } else {
                let message = format!("It waits: `{file}` is refused, and a deployment changes as a whole.");
                ObjectResult::failed(object.key.clone(), message)
            }
        })
        .collect();
    // The culprit first: a summary names the first one.
    results.sort_by_key(|result| result.key.name != file);
    results
}

impl Driver for Nginx {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, snapshot: &Snapshot) -> Result<Vec<Object>, Vec<Failure>> {
        super::plan::plan_of(GatewayClass::Nginx, snapshot, &self.options)
    }

    async fn owned(&self) -> Result<Vec<Owned>, DriverError> {
        let trees = Trees::new(&self.settings.folder);
        let files = trees.current().map_err(|error| self.unusable(&error))?;
        Ok(files.notes().filter(|note| note.cluster_id == self.cluster_id).map(note::Note::to_owned_objects).collect())
    }

    async fn apply(&self, order: &Order) -> Result<Placed, DriverError> {
        let answers = self.resolver.answers(self.names(order)).await;
        let (this, order) = (self.clone(), order.clone());
        let applied = tokio::task::spawn_blocking(move || this.apply_now(&order, &answers)).await;
        applied.map_err(|error| DriverError::Unusable(format!("The apply broke off: {error}.")))?
    }

    async fn survey(&self) -> Capabilities {
        let problem = test::runs(&self.settings).err();
        let problems = problem.map(|message| CapabilityProblem { code: "nginx_missing".to_owned(), message });
        let problems: Vec<_> = problems.into_iter().collect();
        let classes = if problems.is_empty() { vec![GatewayClass::Nginx.name().to_owned()] } else { Vec::new() };
        let apis = vec![format!("{API}/{CONFIG}")];
        let driver = NAME.to_owned();
        let usage = self.traffic().is_some();
        Capabilities { driver, gateway_classes: classes, apis, problems, usage, ..Capabilities::default() }
    }

    fn traffic(&self) -> Option<Arc<dyn TrafficLog>> {
        Some(Arc::new(UsageLog::new(&self.settings)))
    }
}
