//! The body of a message: a doorbell, as the control plane sends it or in EventBridge's envelope.

use serde::Deserialize;
use switchtower_protocol::doorbell::Doorbell;

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Bare(Doorbell),
    Wrapped { detail: Doorbell },
}

/// The doorbell in a body, if there is one.
pub(super) fn doorbell(body: &str) -> Option<Doorbell> {
    match serde_json::from_str(body).ok()? {
        Body::Bare(doorbell) | Body::Wrapped { detail: doorbell } => Some(doorbell),
    }
}

#[cfg(test)]
mod tests {
    use switchtower_domain::{cluster::ClusterId, deployment::DeploymentId};

    use super::*;

    #[test]
    fn a_doorbell_is_heard_with_and_without_envelope() {
        let bell = Doorbell { cluster_id: ClusterId::nil(), deployment_id: DeploymentId::nil() };
        let text = serde_json::to_string(&bell).unwrap();
        let envelope = format!(r#"{{"version":"0","id":"1","detail-type":"deployment.desired","detail":{text}}}"#);
        assert_eq!(doorbell(&text), Some(bell));
        assert_eq!(doorbell(&envelope), Some(bell));
    }

    #[test]
    fn what_is_no_doorbell_is_none() {
        for body in ["", "{}", "[]", r#"{"cluster_id":"clu_x"}"#, r#"{"detail":{}}"#] {
            assert_eq!(doorbell(body), None, "{body}");
        }
    }
}
