//! Typed identifiers: `<prefix>_<ulid>`, lower case, one type per kind.

use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::Ulid;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// What has identifiers of its own.
pub trait Prefixed: 'static {
    /// The part before the underscore, three letters.
    const PREFIX: &'static str;
    /// The name of the identifier in the OpenAPI document, `ClusterId`.
    const ID_NAME: &'static str;
}

/// An identifier of a `K`: 48 bits of milliseconds and 80 random bits, so ids sort by time.
pub struct Id<K> {
    ulid: Ulid,
    kind: PhantomData<fn() -> K>,
}

/// The regular expression of the part after the prefix.
const ULID_PATTERN: &str = "[0-7][0-9a-hjkmnp-tv-z]{25}";

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of the form `{prefix}_<26 characters>`")]
pub struct ParseIdError {
    prefix: &'static str,
}

impl<K: Prefixed> Id<K> {
    /// Makes an id from a time in milliseconds since 1970 and 80 random bits.
    pub fn from_parts(milliseconds: u64, random: u128) -> Self {
        Self::from_ulid(Ulid::from_parts(milliseconds, random))
    }

    const fn from_ulid(ulid: Ulid) -> Self {
        Self { ulid, kind: PhantomData }
    }

    /// The id whose number is zero; used where a well-known one is needed.
    pub const fn nil() -> Self {
        Self::from_ulid(Ulid::nil())
    }

    /// The id that follows this one in sort order, for several ids in one millisecond.
    pub fn next(self) -> Self {
        Self::from_ulid(self.ulid.increment().unwrap_or(self.ulid))
    }

    /// The smallest id of that millisecond: a bound for range queries.
    pub const fn floor(milliseconds: u64) -> Self {
        Self::from_ulid(Ulid::from_parts(milliseconds, 0))
    }

    /// Milliseconds since 1970 at which the id was made.
    pub const fn timestamp_ms(&self) -> u64 {
        self.ulid.timestamp_ms()
    }

    /// The 26 characters after the prefix, fit for a Kubernetes name.
    pub fn suffix(&self) -> String {
        self.ulid.to_string().to_ascii_lowercase()
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.ulid == other.ulid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ulid.cmp(&other.ulid)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ulid.hash(state);
    }
}

impl<K: Prefixed> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.suffix())
    }
}

impl<K: Prefixed> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Prefixed> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = ParseIdError { prefix: K::PREFIX };
        let suffix =
            text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or_else(|| error.clone())?;
        let ulid = Ulid::from_string(suffix).map_err(|_| error.clone())?;
        let id = Self::from_ulid(ulid);
        // One spelling only: what parses is what prints.
        if id.suffix() == suffix { Ok(id) } else { Err(error) }
    }
}

impl<K: Prefixed> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Prefixed> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl<K: Prefixed> PartialSchema for Id<K> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(format!("^{}_{ULID_PATTERN}$", K::PREFIX)))
            .examples([format!("{}_01k2m5z8h3v9q4x7n6p0r2s1t5", K::PREFIX)])
            .into()
    }
}

impl<K: Prefixed> ToSchema for Id<K> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(K::ID_NAME)
    }
}

/// Declares what has ids but is no resource of its own.
macro_rules! identified {
    ($($(#[$doc:meta])* $marker:ident, $alias:ident, $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $marker {}
        impl Prefixed for $marker {
            const PREFIX: &'static str = $prefix;
            const ID_NAME: &'static str = stringify!($alias);
        }
        #[doc = concat!("The id of ", stringify!($marker), ", `", $prefix, "_…`.")]
        pub type $alias = Id<$marker>;
    )*};
}

identified! {
    /// An event of the log.
    EventMarker, EventId, "evt";
    /// A report of an agent.
    ReportMarker, ReportId, "rep";
    /// A route of an API service.
    RouteMarker, RouteId, "rte";
    /// A backend of an API service.
    BackendMarker, BackendId, "bkd";
    /// A live-feed connection.
    ConnectionMarker, ConnectionId, "con";
}

/// Declares the id alias and the prefix of a resource kind.
macro_rules! resource_id {
    ($kind:ty, $alias:ident, $prefix:literal) => {
        impl $crate::id::Prefixed for $kind {
            const PREFIX: &'static str = $prefix;
            const ID_NAME: &'static str = stringify!($alias);
        }
        #[doc = concat!("The id of a ", stringify!($kind), ", `", $prefix, "_…`.")]
        pub type $alias = $crate::id::Id<$kind>;
    };
}
pub(crate) use resource_id;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_as_it_parses() {
        let id = EventId::from_parts(1_700_000_000_000, 42);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let route = RouteId::from_parts(1, 1).to_string();
        assert!(route.parse::<BackendId>().is_err());
    }

    #[test]
    fn upper_case_and_ambiguous_letters_are_refused() {
        let text = RouteId::from_parts(1_700_000_000_000, 77).to_string();
        assert!(text.to_ascii_uppercase().parse::<RouteId>().is_err());
        assert!("rte_0000000000000000000000000o".parse::<RouteId>().is_err());
    }
}
