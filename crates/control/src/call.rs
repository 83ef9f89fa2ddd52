//! One call of a use case: who, when, in which tenant.

use std::sync::{Arc, Mutex, PoisonError};

use switchtower_domain::{
    access::{Caller, Granted},
    change::Stamp,
    context::Context,
    id::Id,
    operation::Operation,
    resource::{Kind, Resource},
    tenant::TenantId,
};
use switchtower_store::{CursorKey, Page, StoreError, read::Found};

use crate::error::Error;

/// A call.
#[derive(Clone)]
pub struct Call {
    /// Who is calling.
    pub caller: Caller,
    /// When, in which request.
    pub context: Context,
    /// What the tenant's cursors are signed with.
    pub cursor_key: CursorKey,
    /// What was read along with the caller's credentials.
    pub ahead: ReadAhead,
}

/// The row of the resource that a request names, read in the same call as the caller's credentials.
///
/// It saves a call of each request for one resource. A row is looked at once, and after the caller was authorized: what a
/// change was decided on and proved stale is read anew.
#[derive(Debug, Clone, Default)]
pub struct ReadAhead(Arc<Mutex<Found>>);

impl ReadAhead {
    /// Of rows that were read.
    pub fn new(found: Found) -> Self {
        Self(Arc::new(Mutex::new(found)))
    }

    /// The resource, if it was read and has not been looked at yet.
    pub(crate) fn take<K: Kind>(&self, tenant: TenantId, id: Id<K>) -> Result<Option<Resource<K>>, StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).resource(tenant, id)
    }
}

impl Call {
    /// The proof that the caller may do something.
    pub fn authorize(&self, operation: &Operation) -> Result<Granted, Error> {
        Ok(self.caller.authorize(operation)?)
    }

    /// The stamp of a change.
    pub fn stamp(&self) -> Stamp {
        self.context.stamp(&self.caller)
    }

    /// A part of a list.
    pub fn page(&self, limit: u32, cursor: Option<String>) -> Page {
        Page { limit, cursor, key: self.cursor_key.clone() }
    }
}

/// SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    sha256_of(text.as_bytes())
}

/// SHA-256 of bytes, in hexadecimal.
pub fn sha256_of(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two digests are the same, in time that does not tell where they differ.
pub fn same(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// The digest that stands for a user in keys: of the issuer and the subject.
pub fn user_digest(issuer: &str, subject: &str) -> String {
    sha256(&format!("{issuer}\n{subject}"))
}
