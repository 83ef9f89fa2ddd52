//! What the cluster serves, what the agent may do there, and what to do about what is missing.

use futures::{StreamExt, stream};
use serde_json::Value;
use switchtower_domain::gateway::GatewayClass;
use switchtower_protocol::capabilities::{Capabilities, CapabilityProblem, MAX_MESSAGE, MAX_PROBLEMS};
use switchtower_render::label;

use super::{
    Kubernetes,
    cluster::Resource,
    findings::{BACKEND_OFF, BACKEND_ON},
    live,
    trouble::{Trouble, not_served},
};
use crate::driver::kind::{KINDS, Kind};

/// The kind of the class of gateways.
const GATEWAY_CLASS: (&str, &str) = ("gateway.networking.k8s.io/v1", "GatewayClass");
/// What the agent does with objects.
const VERBS: [&str; 5] = ["get", "list", "create", "patch", "delete"];
/// Questions asked at the same time.
const AT_ONCE: usize = 8;

/// Looks around.
pub(super) async fn survey(driver: &Kubernetes) -> Capabilities {
    let mut found = Capabilities {
        driver: super::NAME.to_owned(),
        namespace: Some(driver.options.namespace.clone()),
        gateway_class_name: Some(driver.options.envoy_gateway_class.clone()),
        ..Capabilities::default()
    };
    driver.cluster.forget();
    let problems = match look(driver, &mut found).await {
        Ok(problems) => problems,
        Err(trouble) => vec![problem("target_unreachable", in_words(trouble))],
    };
    found.problems = problems.into_iter().take(MAX_PROBLEMS).collect();
    found
}

async fn look(driver: &Kubernetes, found: &mut Capabilities) -> Result<Vec<CapabilityProblem>, Trouble> {
    let kinds = KINDS.iter().map(|kind| (kind.api_version, kind.kind)).chain([GATEWAY_CLASS]);
    driver.cluster.learn(kinds).await?;
    let resource = |kind: &Kind| driver.cluster.resource(kind.api_version, kind.kind);
    let (served, missing): (Vec<&Kind>, Vec<&Kind>) = KINDS.iter().partition(|kind| resource(kind).is_some());
    found.apis = served.iter().map(|kind| kind.api()).collect();
    let unserved = missing.iter().map(|kind| problem("api_not_served", not_served(kind.kind, kind.api_version)));
    let mut problems: Vec<_> = unserved.collect();
    let class = class(driver).await?;
    let usable = class.as_ref().is_none_or(|problem| problem.code != "gateway_class_missing");
    if usable && missing.iter().all(|kind| !kind.vital) {
        found.gateway_classes.push(GatewayClass::Envoy.name().to_owned());
    }
    problems.extend(class);
    let resources: Vec<_> = served.into_iter().filter_map(resource).collect();
    problems.extend(rights(driver, &resources).await?);
    problems.extend(backend_off(driver, &resources).await?);
    Ok(problems)
}

/// What is wrong with the class that gateways name.
async fn class(driver: &Kubernetes) -> Result<Option<CapabilityProblem>, Trouble> {
    let name = &driver.options.envoy_gateway_class;
    let missing = || {
        let text = format!(
            "There is no GatewayClass `{name}`; make one for Envoy Gateway's controller, or give the agent its name by --gateway-class."
        );
        Some(problem("gateway_class_missing", text))
    };
    let Some(resource) = driver.cluster.resource(GATEWAY_CLASS.0, GATEWAY_CLASS.1) else { return Ok(missing()) };
    let class = match driver.cluster.get(&resource, None, name).await {
        Ok(Some(class)) => class,
        Ok(None) => return Ok(missing()),
        Err(Trouble::Forbidden(message)) => {
            let text = format!(
                "The agent may not read the GatewayClass `{name}`, so nobody knows whether it is there: {message}."
            );
            return Ok(Some(problem("forbidden", text)));
        }
        Err(trouble) => return Err(trouble),
    };
    let conditions = class.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let accepted = conditions.into_iter().find(|condition| live::text(condition, "/type") == Some("Accepted"));
    if accepted.and_then(|condition| live::text(condition, "/status")) == Some("True") {
        return Ok(None);
    }
    let why = accepted.and_then(|condition| live::text(condition, "/message")).unwrap_or("no controller has answered");
    let text = format!("The GatewayClass `{name}` is not accepted: {why}. See whether Envoy Gateway runs.");
    Ok(Some(problem("gateway_class_not_accepted", text)))
}

/// What the agent may not do.
async fn rights(driver: &Kubernetes, resources: &[Resource]) -> Result<Vec<CapabilityProblem>, Trouble> {
    let namespace = driver.options.namespace.as_str();
    let mut questions = Vec::new();
    for resource in resources {
        questions.extend(VERBS.map(|verb| ask(driver, resource.clone(), verb)));
    }
    let answers: Vec<_> = stream::iter(questions).buffered(AT_ONCE).collect().await;
    let mut problems = Vec::new();
    for resource in resources {
        let mut refused = Vec::new();
        for (_, verb, may) in answers.iter().filter(|(of, ..)| of == resource) {
            match may {
                Ok(true) => {}
                Ok(false) => refused.push(*verb),
                Err(Trouble::Unreachable(message)) => return Err(Trouble::Unreachable(message.clone())),
                // Who may not even ask finds out by trying.
                Err(_) => {}
            }
        }
        if !refused.is_empty() {
            let text = format!(
                "The agent may not {} {}.{} in the namespace `{namespace}`; grant it the role in infra/kubernetes/agent.yaml.",
                refused.join(", "),
                resource.plural,
                resource.group()
            );
            problems.push(problem("forbidden", text));
        }
    }
    Ok(problems)
}

async fn ask(
    driver: &Kubernetes,
    resource: Resource,
    verb: &'static str,
) -> (Resource, &'static str, Result<bool, Trouble>) {
    let may = driver.cluster.may(verb, &resource, Some(&driver.options.namespace)).await;
    (resource, verb, may)
}

/// Whether Envoy Gateway has its Backend API off. Only the status of a Backend tells: its configuration is in a namespace
/// that is none of the agent's business.
async fn backend_off(driver: &Kubernetes, resources: &[Resource]) -> Result<Option<CapabilityProblem>, Trouble> {
    let Some(backends) = resources.iter().find(|resource| resource.kind == "Backend") else { return Ok(None) };
    let labels = format!("{}={}", label::MANAGED_BY, label::MANAGER);
    let backends = match driver.cluster.list(backends, &driver.options.namespace, &labels).await {
        Ok(backends) => backends,
        Err(trouble @ Trouble::Unreachable(_)) => return Err(trouble),
        Err(_) => return Ok(None),
    };
    let conditions = |backend: &Value| backend.pointer("/status/conditions").and_then(Value::as_array).cloned();
    let off = |condition: &Value| live::text(condition, "/message").is_some_and(|text| text.contains(BACKEND_OFF));
    let is_off = backends.iter().filter_map(conditions).flatten().any(|condition| off(&condition));
    Ok(is_off.then(|| problem("backend_api_off", BACKEND_ON.to_owned())))
}

fn problem(code: &str, message: String) -> CapabilityProblem {
    CapabilityProblem { code: code.to_owned(), message: message.chars().take(MAX_MESSAGE).collect() }
}

fn in_words(trouble: Trouble) -> String {
    match trouble {
        Trouble::Unreachable(message) => message,
        Trouble::Forbidden(message) | Trouble::Refused(_, message) => {
            format!("The cluster's API server does not tell what it serves: {message}.")
        }
        other => format!("The cluster's API server does not tell what it serves: {other:?}."),
    }
}
