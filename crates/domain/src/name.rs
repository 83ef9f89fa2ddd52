//! Names of resources and their labels.

use std::{borrow::Cow, fmt, str::FromStr};

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// A name that is unique among its kind in a tenant: an RFC 1123 label of 2 to 63 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

/// Why a text is not a [`Name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 2 to 63 lower-case letters, digits or hyphens that start and end with a letter or digit")]
pub struct ParseNameError;

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes a name of any text, as import does: other characters become hyphens; `fallback` when nothing is left.
    pub fn slugify(text: &str, fallback: &str) -> Self {
        let mut slug = String::new();
        for character in text.chars().map(|c| c.to_ascii_lowercase()) {
            if character.is_ascii_lowercase() || character.is_ascii_digit() {
                slug.push(character);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(63);
        let slug = slug.trim_end_matches('-');
        slug.parse().unwrap_or_else(|_| Self(fallback.to_owned()))
    }
}

impl FromStr for Name {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let inner = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let fits = (2..=63).contains(&text.len());
        if fits && inner && edge(text.chars().next()) && edge(text.chars().next_back()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseNameError)
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An RFC 1123 label, unique among its kind in the tenant."))
            .min_length(Some(2))
            .max_length(Some(63))
            .pattern(Some("^[a-z0-9]([-a-z0-9]{0,61})[a-z0-9]$"))
            .examples(["orders"])
            .into()
    }
}

impl ToSchema for Name {}

/// Labels of a resource: at most 32, for selection and display.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Labels(IndexMap<String, String>);

impl Labels {
    /// The labels as pairs, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl PartialSchema for Labels {
    fn schema() -> RefOr<Schema> {
        let text = |max: usize, pattern: &str| {
            ObjectBuilder::new().schema_type(Type::String).max_length(Some(max)).pattern(Some(pattern))
        };
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Key and value pairs for selection; at most 32."))
            .max_properties(Some(32))
            .property_names(Some(text(63, "^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$").build()))
            .additional_properties(Some(text(63, "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")))
            .into()
    }
}

impl ToSchema for Labels {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_rfc_1123_label() {
        assert!("orders-2".parse::<Name>().is_ok());
        for bad in ["", "a", "-ab", "ab-", "Ab", "a_b", "a.b", &"a".repeat(64)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }

    #[test]
    fn any_text_becomes_a_name() {
        assert_eq!(Name::slugify("GitHub v3 REST API!", "api").as_str(), "github-v3-rest-api");
        assert_eq!(Name::slugify("日本", "api").as_str(), "api");
    }
}
