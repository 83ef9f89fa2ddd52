//! Deployments that want the same of a host.

use switchtower_domain::deployment::DeploymentId;

use super::{
    Refusal,
    files::{CLAIMS, Files},
};

/// No two deployments answer the same host name on the same port, and a port speaks either TLS or not.
///
/// nginx would take the first one and warn; whose requests go where would depend on the order of files.
pub(super) fn check(files: &Files, id: DeploymentId) -> Result<(), Refusal> {
    let Some(own) = files.deployment(id) else { return Ok(()) };
    let refuse = |field: &str, message: String| {
        Err(Refusal::Object { file: CLAIMS.to_owned(), field: Some(field.to_owned()), message })
    };
    for (_, other) in files.deployments().filter(|(_, other)| other.note.deployment_id != id) {
        for theirs in &other.claims.listeners {
            for mine in own.claims.listeners.iter().filter(|mine| mine.port == theirs.port) {
                let (port, whose) = (mine.port, other.note.deployment_id);
                if mine.tls != theirs.tls {
                    let how = if theirs.tls { "with" } else { "without" };
                    return refuse(
                        "tls",
                        format!(
                            "Deployment {whose} uses port {port} {how} TLS. Use another port, or the same protocol."
                        ),
                    );
                }
                if let Some(name) = mine.hostnames.intersection(&theirs.hostnames).next() {
                    let what = if name == "*" { "every other host name".to_owned() } else { format!("`{name}`") };
                    return refuse(
                        "hostnames",
                        format!("Deployment {whose} answers {what} on port {port}. Use another host name or port."),
                    );
                }
            }
        }
    }
    Ok(())
}
