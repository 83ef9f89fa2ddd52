//! Fields that start with `x-`, kept as JSON text until somebody wants them, so that many of them stay small in memory.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::loose::Text;
use crate::note::cut;

/// The most bytes of one object's extensions, as JSON: what a route may have.
const MAX_BYTES: usize = 4_000;
/// The most extensions of one object: what a route may have.
const MAX_KEYS: usize = 16;
/// The deepest nesting of an extension.
const MAX_DEPTH: usize = 12;
/// Numbers beyond are not kept, since not every store of JSON can.
const MAX_NUMBER: f64 = 1e100;

/// The extensions of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    /// The fields of a JSON object, without its braces.
    text: String,
    count: usize,
    /// What few objects have.
    remarks: Option<Box<Remarks>>,
}

/// What is to be told of the extensions of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Remarks {
    /// The first key that belongs to another gateway.
    pub(crate) foreign: Option<Foreign>,
    /// The first key that did not fit.
    pub(crate) omitted: Option<String>,
    /// How many did not fit.
    pub(crate) omitted_count: u32,
}

/// An extension that configures another gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Foreign {
    pub(crate) key: String,
    pub(crate) prefix: &'static str,
    pub(crate) owner: &'static str,
}

/// How the extensions of other gateways start, and whose they are.
const GATEWAYS: [(&str, &str); 14] = [
    ("x-amazon-apigateway-", "Amazon API Gateway"),
    ("x-apigee-", "Apigee"),
    ("x-apisix-", "APISIX"),
    ("x-google-", "Google's API gateways"),
    ("x-gravitee", "Gravitee"),
    ("x-ibm-", "IBM API Connect"),
    ("x-kong-", "Kong"),
    ("x-kusk", "Kusk"),
    ("x-ms-", "Microsoft's gateways and tools"),
    ("x-traefik-", "Traefik"),
    ("x-tyk-", "Tyk"),
    ("x-wso2-", "WSO2"),
    ("x-yc-apigateway-", "Yandex API Gateway"),
    ("x-zuplo-", "Zuplo"),
];

impl Extensions {
    /// Reads the value of the current field.
    pub(super) fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let before = self.text.len();
        let fits = if self.count < MAX_KEYS && key.len() <= 256 {
            if before > 0 {
                self.text.push(',');
            }
            write_text(&mut self.text, key);
            self.text.push(':');
            map.next_value_seed(Json { out: &mut self.text, depth: MAX_DEPTH })? && self.text.len() <= MAX_BYTES
        } else {
            map.next_value::<IgnoredAny>()?;
            false
        };
        if fits {
            self.count += 1;
            if let Some(foreign) = foreign(key) {
                self.remarks.get_or_insert_default().foreign.get_or_insert(foreign);
            }
        } else {
            self.text.truncate(before);
            let remarks = self.remarks.get_or_insert_default();
            remarks.omitted.get_or_insert_with(|| cut(key, 256));
            remarks.omitted_count += 1;
        }
        self.text.shrink_to_fit();
        Ok(())
    }

    /// What is to be told of them.
    pub(crate) fn remarks(&self) -> Option<&Remarks> {
        self.remarks.as_deref()
    }

    /// Whether they are written alike.
    pub(crate) fn are_written_like(&self, other: &Self) -> bool {
        self.text == other.text
    }

    /// The extensions as JSON.
    pub(crate) fn values(&self) -> BTreeMap<String, Value> {
        if self.text.is_empty() {
            return BTreeMap::new();
        }
        serde_json::from_str(&format!("{{{}}}", self.text)).unwrap_or_default()
    }
}

fn foreign(key: &str) -> Option<Foreign> {
    let (prefix, owner) = GATEWAYS.into_iter().find(|(prefix, _)| key.starts_with(prefix))?;
    Some(Foreign { key: key.to_owned(), prefix, owner })
}

/// Writes a value as JSON text; answers whether it fits.
struct Json<'a> {
    out: &'a mut String,
    depth: usize,
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

impl Json<'_> {
    const fn has_room(&self) -> bool {
        self.depth > 0 && self.out.len() <= MAX_BYTES
    }

    fn write(self, text: &str) -> bool {
        self.out.push_str(text);
        true
    }
}

impl<'de> DeserializeSeed<'de> for Json<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Json<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<bool, E> {
        Ok(self.write(if value { "true" } else { "false" }))
    }

    fn visit_i64<E>(self, value: i64) -> Result<bool, E> {
        Ok(self.write(&value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<bool, E> {
        Ok(self.write(&value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        let kept = value == 0.0 || (value.abs() <= MAX_NUMBER && value.abs() >= 1.0 / MAX_NUMBER);
        Ok(kept && self.write(&Value::from(value).to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        if text.len() > MAX_BYTES {
            return Ok(false);
        }
        write_text(self.out, text);
        Ok(true)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(self.write("null"))
    }

    fn visit_none<E>(self) -> Result<bool, E> {
        Ok(self.write("null"))
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<bool, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        let mut fits = self.has_room();
        self.out.push('[');
        let start = self.out.len();
        while fits {
            let comma = self.out.len() > start;
            let before = self.out.len();
            if comma {
                self.out.push(',');
            }
            match seq.next_element_seed(Json { out: self.out, depth: self.depth - 1 })? {
                Some(written) => fits = written && self.out.len() <= MAX_BYTES,
                None => {
                    self.out.truncate(before);
                    self.out.push(']');
                    return Ok(true);
                }
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut fits = self.has_room();
        self.out.push('{');
        let start = self.out.len();
        while fits {
            let Some(Text(key)) = map.next_key()? else {
                self.out.push('}');
                return Ok(true);
            };
            if self.out.len() > start {
                self.out.push(',');
            }
            write_text(self.out, key.as_deref().unwrap_or_default());
            self.out.push(':');
            let written = map.next_value_seed(Json { out: self.out, depth: self.depth - 1 })?;
            // Not every store of JSON has empty keys.
            fits = key.is_some_and(|key| !key.is_empty()) && written && self.out.len() <= MAX_BYTES;
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }
}
