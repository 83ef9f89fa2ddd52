//! The mapping file: what v1 does not say, and a person must.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::Deserialize;
use switchtower_domain::{gateway::GatewayClass, name::Name, product_publish::Environment};

use crate::wanted::Key;

/// The most bytes of a mapping file.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What a person decides; YAML or JSON.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// The cluster of every publish that nothing else maps.
    pub default_cluster: Option<Name>,
    /// Clusters by publish, environment and region, in this order of precedence.
    pub clusters: Clusters,
    /// Classes for gateways whose own is not served here, such as `kong: envoy`.
    pub gateway_classes: BTreeMap<String, GatewayClass>,
    /// Environments for those that are none here, such as `qa: staging`.
    pub environments: BTreeMap<String, Environment>,
    /// What `{domain}` in host name templates stands for.
    pub domain: Option<String>,
    /// Where clients' API keys are in the clusters: the name of a Secret, or of a folder on a plain host.
    pub credentials_ref: Option<String>,
    /// Where the keys of token issuers are, by issuer.
    pub jwks_uris: BTreeMap<String, String>,
    /// Names for rows, such as `api_services/12: orders-v1`.
    pub names: BTreeMap<String, Name>,
}

/// Which publish goes to which cluster.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clusters {
    /// By id or name of the publish in v1.
    pub publishes: BTreeMap<String, Name>,
    /// By environment as v1 spells it.
    pub environments: BTreeMap<String, Name>,
    /// By region of the publish, or of its gateway.
    pub regions: BTreeMap<String, Name>,
}

/// Why a mapping file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the mapping file `{path}`: {problem}")]
pub struct MappingError {
    path: String,
    problem: String,
}

/// What is known of a publish before it has a cluster.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whereabouts<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) environment: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
}

impl Mapping {
    /// Reads a mapping file.
    pub fn read(path: &Path) -> Result<Self, MappingError> {
        let failed = |problem: String| MappingError { path: path.display().to_string(), problem };
        let length = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
        if length > MAX_BYTES {
            return Err(failed("it has more than 4 MiB".to_owned()));
        }
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        serde_saphyr::from_str(&text).map_err(|error| failed(error.to_string()))
    }

    /// The cluster of a publish, by what is most particular of it.
    pub(crate) fn cluster(&self, publish: Whereabouts<'_>) -> Option<&Name> {
        let Clusters { publishes, environments, regions } = &self.clusters;
        publishes
            .get(publish.id)
            .or_else(|| publish.name.and_then(|name| publishes.get(name)))
            .or_else(|| publish.environment.and_then(|environment| environments.get(environment)))
            .or_else(|| publish.region.and_then(|region| regions.get(region)))
            .or(self.default_cluster.as_ref())
    }

    /// Every cluster that it names.
    pub fn cluster_names(&self) -> BTreeSet<&Name> {
        let Clusters { publishes, environments, regions } = &self.clusters;
        let named = publishes.values().chain(environments.values()).chain(regions.values());
        named.chain(self.default_cluster.as_ref()).collect()
    }

    /// The name that a person gave to a row.
    pub(crate) fn name(&self, key: &Key) -> Option<&Name> {
        self.names.get(&key.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(yaml: &str) -> Mapping {
        serde_saphyr::from_str(yaml).unwrap()
    }

    #[test]
    fn the_most_particular_mapping_wins() {
        let mapping = mapping(
            "default_cluster: rest\nclusters:\n  publishes: { '7': by-id, shop: by-name }\n  environments: { stage: lab }\n  regions: { eu-1: paris }\n",
        );
        let cluster = |id, name, environment, region| {
            mapping.cluster(Whereabouts { id, name, environment, region }).unwrap().as_str().to_owned()
        };
        assert_eq!(cluster("7", Some("shop"), Some("stage"), Some("eu-1")), "by-id");
        assert_eq!(cluster("8", Some("shop"), Some("stage"), Some("eu-1")), "by-name");
        assert_eq!(cluster("8", None, Some("stage"), Some("eu-1")), "lab");
        assert_eq!(cluster("8", None, Some("prod"), Some("eu-1")), "paris");
        assert_eq!(cluster("8", None, None, None), "rest");
        assert_eq!(mapping.cluster_names().len(), 5);
    }

    #[test]
    fn a_field_that_nobody_knows_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{\"cluster\": \"x1\"}").unwrap();
        let error = Mapping::read(file.path()).unwrap_err().to_string();
        assert!(error.contains("cluster"), "{error}");
    }
}
