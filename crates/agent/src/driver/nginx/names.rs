//! Names of endpoints: they are looked up here, so that nginx never does.
//!
//! nginx refuses all of its configuration when it does not find one name, so that one tenant's dead name would keep everybody from
//! publishing. Here it is the affair of its own deployment:
//!
//! * an order that names what cannot be found is refused, and what was there before goes on serving;
//! * what is in place keeps the addresses that were last found, and the deployment's next look tells of it;
//! * where none were ever found, requests are answered 502.
//!
//! Every look at a deployment looks all names up again, so that a name that moves is followed within a minute or so.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt, io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::{StreamExt, future::BoxFuture, stream};
use switchtower_domain::deployment::ConditionStatus;
use switchtower_render::nginx::address;

use super::{
    Refusal,
    files::{Deployment, Files},
};
use crate::port::{Finding, Order};

/// How long a name may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer holds: deployments are looked at one after the other, and name the same.
const HOLDS: Duration = Duration::from_secs(20);
/// How many names are looked up at the same time.
const AT_ONCE: usize = 32;
/// The most names that a finding tells.
const TOLD: usize = 8;

/// The addresses of a name, or why there are none.
pub(super) type Answer = Result<Vec<IpAddr>, String>;
/// Answers by name.
pub(super) type Answers = BTreeMap<String, Answer>;

/// A way to look a name up.
type LookUp = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync;

/// Who looks names up.
#[derive(Clone)]
pub struct Resolver {
    look_up: Arc<LookUp>,
    known: Arc<Mutex<HashMap<String, (Instant, Answer)>>>,
    holds: Duration,
}

impl Default for Resolver {
    /// The host's own way, as nginx goes it too.
    fn default() -> Self {
        let look_up = |name: String| -> BoxFuture<'static, _> {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        };
        Self { look_up: Arc::new(look_up), known: Arc::default(), holds: HOLDS }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

impl Resolver {
    /// Another way, whose answers hold for no time at all.
    pub fn by(look_up: impl Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync + 'static) -> Self {
        Self { look_up: Arc::new(look_up), holds: Duration::ZERO, ..Self::default() }
    }

    /// Looks names up, all at the same time.
    pub(super) async fn answers(&self, names: BTreeSet<String>) -> Answers {
        let answers = names.into_iter().map(|name| async move {
            let answer = match self.known(&name) {
                Some(answer) => answer,
                None => self.ask(&name).await,
            };
            (name, answer)
        });
        stream::iter(answers).buffer_unordered(AT_ONCE).collect().await
    }

    fn known(&self, name: &str) -> Option<Answer> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (since, _)| since.elapsed() < self.holds);
        known.get(name).map(|(_, answer)| answer.clone())
    }

    async fn ask(&self, name: &str) -> Answer {
        let answer = match tokio::time::timeout(PATIENCE, (self.look_up)(name.to_owned())).await {
            Ok(Ok(addresses)) if addresses.is_empty() => Err("it has no address".to_owned()),
            // In an order of their own: servers of names turn them around with every answer.
            Ok(Ok(addresses)) => Ok(addresses.into_iter().collect::<BTreeSet<_>>().into_iter().collect()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("nobody answered in {} seconds", PATIENCE.as_secs())),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.to_owned(), (Instant::now(), answer.clone()));
        answer
    }
}

/// The names of all endpoints of a tree.
pub(super) fn all(files: &Files) -> BTreeSet<String> {
    files.deployments().flat_map(|(_, deployment)| of(deployment).into_keys()).collect()
}

/// The names of a deployment, by the line that has them.
fn of(deployment: &Deployment) -> BTreeMap<String, usize> {
    deployment.text(address::FILE).map(|text| address::names(&text)).unwrap_or_default()
}

/// Gives every name of a tree its addresses. Tells what is wrong with those of the order, when it goes on all the same.
pub(super) fn add(
    files: &mut Files,
    old: &Files,
    answers: &Answers,
    order: &Order,
) -> Result<Option<Finding>, Refusal> {
    let own = files.deployment(order.deployment_id);
    let same = own.as_ref().zip(old.deployment(order.deployment_id)).is_some_and(|(own, was)| own.is_as(&was));
    let own = own.as_ref().map(of).unwrap_or_default();
    let (mut addresses, mut lost) = (BTreeMap::new(), Vec::new());
    for name in all(files) {
        let why = match answers.get(&name) {
            Some(Ok(found)) => {
                addresses.insert(name, found.clone());
                continue;
            }
            Some(Err(why)) => why.as_str(),
            // Another program has changed the tree since.
            None => "it was not looked up",
        };
        let last = old.addresses().get(&name);
        match own.get(&name) {
            Some(line) if !same || last.is_none() => return Err(refusal(&name, *line, why)),
            Some(_) => lost.push(format!("`{name}` ({why})")),
            None => tracing::warn!(%name, %why, "the name of an endpoint is not found; what was last known goes on"),
        }
        if let Some(last) = last {
            addresses.insert(name, last.clone());
        }
    }
    files.set_addresses(addresses);
    Ok((!lost.is_empty()).then(|| finding(&lost)))
}

fn refusal(name: &str, line: usize, why: &str) -> Refusal {
    Refusal::Object {
        file: address::FILE.to_owned(),
        field: Some(format!("line {line}")),
        message: format!(
            "The host of an endpoint, `{name}`, is not found from here: {why}. Correct the backend, or see to the names."
        ),
    }
}

fn finding(lost: &[String]) -> Finding {
    let more = match lost.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let told = lost.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join(", ");
    Finding {
        kind: "NamesFound",
        status: ConditionStatus::False,
        reason: "HostNotFound".to_owned(),
        message: format!("Hosts of endpoints are not found any more: {told}{more}. Their last addresses are used."),
    }
}
