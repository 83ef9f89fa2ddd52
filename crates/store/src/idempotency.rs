//! Idempotency keys: one request at a time, and its answer for 24 hours.

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use switchtower_domain::tenant::TenantId;

use crate::{Store, error::StoreError, item, key::Key};

/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a request may run before another may take its place; above every function's timeout.
const RUNNING: SignedDuration = SignedDuration::from_secs(60);

/// An answer, kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Location` and `ETag`, when there were.
    pub headers: Vec<(String, String)>,
    /// The body, without secrets.
    pub body: String,
}

#[derive(Serialize, Deserialize)]
struct Record {
    request_sha256: String,
    answer: Option<Answer>,
}

/// What is known of an idempotency key.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: the request is ours to run.
    Ours,
    /// The same request was answered.
    Answered(Answer),
    /// The same request is running.
    Running,
    /// The key came with another request.
    Mismatch,
}

impl Store {
    /// Claims a key for a request, both by their digests.
    pub async fn idempotency_claim(
        &self,
        tenant: TenantId,
        digest: &str,
        request_sha256: &str,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let key = Key::Idempotency { digest };
        let record = Record { request_sha256: request_sha256.to_owned(), answer: None };
        let row = item::expiring(
            item::item(&key, "idempotency", tenant, &record)?,
            now.saturating_add(RUNNING).unwrap_or(now),
        );
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        let result = put
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
            .send()
            .await;
        match result {
            Ok(_) => return Ok(Claim::Ours),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => {}
            Err(error) => return Err(StoreError::from_sdk(error)),
        }
        let Some(row) = self.get_item(&key).await? else { return Ok(Claim::Running) };
        let record: Record = item::doc(row)?;
        Ok(match record.answer {
            _ if record.request_sha256 != request_sha256 => Claim::Mismatch,
            Some(answer) => Claim::Answered(answer),
            None => Claim::Running,
        })
    }

    /// Keeps the answer to a claimed key.
    pub async fn idempotency_answer(
        &self,
        tenant: TenantId,
        digest: &str,
        request_sha256: &str,
        answer: Answer,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = Key::Idempotency { digest };
        let record = Record { request_sha256: request_sha256.to_owned(), answer: Some(answer) };
        let row =
            item::expiring(item::item(&key, "idempotency", tenant, &record)?, now.saturating_add(KEPT).unwrap_or(now));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        put.send().await.map(drop).map_err(StoreError::from_sdk)
    }

    /// Gives a claimed key back: its request changed nothing.
    pub async fn idempotency_release(&self, digest: &str) -> Result<(), StoreError> {
        let key = Key::Idempotency { digest };
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key.values().into()));
        delete.send().await.map(drop).map_err(StoreError::from_sdk)
    }
}
