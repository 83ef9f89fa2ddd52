//! Host names with words in braces, which become known when a product is published.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::hostname::is_dns_name;

/// The words.
const WORDS: [&str; 5] = ["product", "publish", "environment", "cluster", "region"];

/// A host name with words in braces: `{product}.{environment}.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostnameTemplate(String);

/// What the words stand for.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "they are the words")]
pub struct TemplateValues<'a> {
    pub product: &'a str,
    pub publish: &'a str,
    pub environment: &'a str,
    pub cluster: &'a str,
    pub region: Option<&'a str>,
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a host name, perhaps with `{{product}}`, `{{publish}}`, `{{environment}}`, `{{cluster}}` or `{{region}}`"
)]
pub struct ParseTemplateError;

/// Why there is no host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// The cluster has no region.
    #[error("the cluster has no region; give it one, or take `{{region}}` out")]
    NoRegion,
    /// What came out is none.
    #[error("`{0}` is no host name")]
    NoHostname(String),
}

impl HostnameTemplate {
    /// The host name. Letters that no host name has become `-`.
    pub fn fill(&self, values: &TemplateValues<'_>) -> Result<String, FillError> {
        let region = match values.region {
            Some(region) => region,
            None if self.0.contains("{region}") => return Err(FillError::NoRegion),
            None => "",
        };
        let stands_for = [values.product, values.publish, values.environment, values.cluster, region];
        let filled = WORDS.iter().zip(stands_for).fold(self.0.clone(), |text, (word, value)| {
            let lower = value.to_ascii_lowercase();
            let label = lower.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
            text.replace(&format!("{{{word}}}"), label.trim_matches('-'))
        });
        if is_dns_name(&filled) { Ok(filled) } else { Err(FillError::NoHostname(filled)) }
    }
}

impl FromStr for HostnameTemplate {
    type Err = ParseTemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = WORDS.iter().fold(text.to_owned(), |text, word| text.replace(&format!("{{{word}}}"), "x"));
        if is_dns_name(&plain) && text.len() <= 253 { Ok(Self(text.to_owned())) } else { Err(ParseTemplateError) }
    }
}

impl fmt::Display for HostnameTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for HostnameTemplate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for HostnameTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl PartialSchema for HostnameTemplate {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(253))
            .pattern(Some(r"^(\{(product|publish|environment|cluster|region)\}|[-a-z0-9.])+$"))
            .examples(["{product}.{environment}.example.com"])
            .into()
    }
}

impl ToSchema for HostnameTemplate {}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: TemplateValues<'_> = TemplateValues {
        product: "shop",
        publish: "shop-prod",
        environment: "prod",
        cluster: "eu-1",
        region: Some("EU_West 1"),
    };

    #[test]
    fn words_become_labels() {
        let template: HostnameTemplate = "{product}-v1.{environment}.{region}.example.com".parse().unwrap();
        assert_eq!(template.fill(&VALUES).unwrap(), "shop-v1.prod.eu-west-1.example.com");
    }

    #[test]
    fn a_word_without_a_value_is_told() {
        let template: HostnameTemplate = "{region}.example.com".parse().unwrap();
        let values = TemplateValues { region: None, ..VALUES };
        assert_eq!(template.fill(&values), Err(FillError::NoRegion));
        assert!("plain.example.com".parse::<HostnameTemplate>().unwrap().fill(&values).is_ok());
    }

    #[test]
    fn other_braces_are_refused() {
        for bad in ["{product", "{tenant}.example.com", "", "*.{product}.com", "{product}..com"] {
            assert!(bad.parse::<HostnameTemplate>().is_err(), "{bad}");
        }
    }
}
