//! Agents' endpoints: the control plane's half of the wire contract in `switchtower-protocol`.

pub mod deployments;
pub mod heartbeats;
pub mod queue_credentials;
pub mod registrations;
pub mod reports;
pub mod usage;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use switchtower_protocol::{heartbeat::Heartbeat, registration::RegistrationRequest, report::Report};

    use crate::edge::body::decode;

    fn codes<T: serde::de::DeserializeOwned + utoipa::ToSchema + 'static>(value: Value) -> Vec<(String, String)> {
        let errors = decode::<T>(value).err().map(|errors| errors.into_vec()).unwrap_or_default();
        errors.into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    fn pair(pointer: &str, code: &str) -> (String, String) {
        (pointer.to_owned(), code.to_owned())
    }

    #[test]
    fn a_heartbeat_needs_no_more_than_a_version_and_a_number() {
        assert_eq!(codes::<Heartbeat>(json!({ "version": "0.1.0", "applied_version": 0 })), []);
        let errors = codes::<Heartbeat>(json!({ "version": "", "applied_version": -1, "mood": "good" }));
        assert!(errors.contains(&pair("/version", "too_short")), "{errors:?}");
        assert!(errors.contains(&pair("/applied_version", "too_small")), "{errors:?}");
        assert!(errors.contains(&pair("/mood", "unknown_field")), "{errors:?}");
    }

    #[test]
    fn a_report_is_bounded() {
        let report = |objects: usize| {
            let object = json!({ "kind": "HTTPRoute", "name": "orders", "outcome": "created" });
            let id = "dep_01k2m5z8h3v9q4x7n6p0r2s1t5";
            json!({ "deployment_id": id, "generation": 1, "outcome": "applied", "objects": vec![object; objects] })
        };
        assert_eq!(codes::<Report>(report(2000)), []);
        assert_eq!(codes::<Report>(report(2001)), [pair("/objects", "too_many")]);
        let long = json!([{ "kind": "a", "name": "b", "outcome": "failed", "message": "x".repeat(1001) }]);
        let mut value = report(0);
        value["objects"] = long;
        assert_eq!(codes::<Report>(value), [pair("/objects/0/message", "too_long")]);
    }

    #[test]
    fn a_registration_tells_all_that_is_wrong_with_it_at_once() {
        let value = json!({ "token": "", "public_key": "short", "name": "Not A Name", "driver": "directory" });
        let errors = codes::<RegistrationRequest>(value);
        let wrong: Vec<_> = errors.iter().map(|(pointer, _)| pointer.as_str()).collect();
        for field in ["/token", "/public_key", "/name", "/version"] {
            assert!(wrong.contains(&field), "{errors:?}");
        }
    }
}
