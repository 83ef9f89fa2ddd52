//! The clock and the randomness of one request, as values.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{access::Caller, change::Stamp, id::Id};

/// Where random bits come from.
pub trait Entropy: Send + Sync {
    /// 32 random bytes, fit for secrets.
    fn bytes(&self) -> [u8; 32];
}

/// What a use case is given besides its input: the time, the request and randomness.
#[derive(Clone)]
pub struct Context {
    /// The time of the request.
    pub now: Timestamp,
    /// The id of the request, written in its events.
    pub request_id: String,
    entropy: Arc<dyn Entropy>,
}

impl Context {
    /// A context.
    pub fn new(now: Timestamp, request_id: impl Into<String>, entropy: Arc<dyn Entropy>) -> Self {
        Self { now, request_id: request_id.into(), entropy }
    }

    /// The same context for a request of that id.
    #[must_use]
    pub fn named(self, request_id: impl Into<String>) -> Self {
        Self { request_id: request_id.into(), ..self }
    }

    /// A new id.
    pub fn id<K: crate::id::Prefixed>(&self) -> Id<K> {
        let [a, b, c, d, e, f, g, h, i, j, ..] = self.entropy.bytes();
        let random = u128::from_be_bytes([0, 0, 0, 0, 0, 0, a, b, c, d, e, f, g, h, i, j]);
        // INVARIANT: the clock stands after 1970.
        let milliseconds = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        Id::from_parts(milliseconds, random)
    }

    /// 32 random bytes, fit for secrets.
    pub fn secret(&self) -> [u8; 32] {
        self.entropy.bytes()
    }

    /// The stamp of a caller's change.
    pub fn stamp(&self, caller: &Caller) -> Stamp {
        Stamp { now: self.now, actor: caller.actor().clone() }
    }
}
