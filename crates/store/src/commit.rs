//! The one way to write: changes, their events and what goes with them, in one transaction.

mod reference;

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update},
};
use jiff::Timestamp;
use serde::Serialize;
use switchtower_domain::{
    access::Granted,
    actor::Actor,
    change::Change,
    cluster::ClusterId,
    context::Context,
    event::{Event, EventDraft},
    id::EventId,
    resource::{Kind, Reference, Resource, Revision},
    tenant::TenantId,
};

use crate::{
    Store,
    error::StoreError,
    event::event_item,
    item::{self, Item},
    key::Key,
};

/// The most rows of one transaction.
pub(crate) const MAX_ROWS: usize = 100;

/// What a refused condition means.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    Stale,
    AlreadyExists,
    NameTaken { kind: &'static str, name: String },
    Missing(Reference),
    InUse,
}

/// A transaction in the making.
///
/// INVARIANT: it starts from a proof of authorization, and a change brings its events along.
#[must_use = "nothing is written until it is sent"]
pub struct Commit<'a> {
    granted: &'a Granted,
    context: &'a Context,
    rows: Vec<(TransactWriteItem, Refusal)>,
    next_event: EventId,
    events: Vec<EventId>,
    failure: Option<StoreError>,
}

impl<'a> Commit<'a> {
    /// An empty transaction.
    pub fn new(granted: &'a Granted, context: &'a Context) -> Self {
        Self { granted, context, rows: Vec::new(), next_event: context.id(), events: Vec::new(), failure: None }
    }

    /// Writes a change of a resource: its row, the claim on its name, its events.
    pub fn change<K: Kind>(mut self, change: &Change<K>) -> Self {
        let Some(subject) = change.subject() else { return self };
        let (own, other) = (self.granted.tenant_id(), subject.body.shared_with());
        if subject.tenant_id != own && other != Some(own) {
            // INVARIANT: every row is bound to the tenant that the authorization was for, or shared with it.
            self.note(Err(StoreError::corrupt(subject.id.to_string(), "a change of another tenant's resource")));
            return self;
        }
        let result = self.references(change).and_then(|()| match (change.before(), change.after()) {
            (None, Some(after)) => self.create(after),
            (Some(before), Some(after)) => self.update(before, after),
            (Some(before), None) => self.delete(before),
            (None, None) => Ok(()),
        });
        self.note(result);
        let tenants = [Some(subject.tenant_id), other.filter(|other| *other != subject.tenant_id)];
        for draft in change.events() {
            for tenant in tenants.into_iter().flatten() {
                self = self.event_of(tenant, subject.id.to_string(), draft);
            }
        }
        self
    }

    /// Writes an event of the log.
    pub fn event(self, subject: String, draft: &EventDraft) -> Self {
        let tenant = self.granted.tenant_id();
        self.event_of(tenant, subject, draft)
    }

    /// Writes an event of a tenant's log. Another tenant's log does not tell who it was.
    fn event_of(mut self, tenant: TenantId, subject: String, draft: &EventDraft) -> Self {
        let own = self.granted.tenant_id();
        let actor = if tenant == own { self.granted.actor().clone() } else { Actor::Tenant(own) };
        let event = Event {
            id: self.next_event,
            kind: draft.kind.to_owned(),
            tenant_id: tenant,
            subject,
            actor,
            at: self.context.now,
            request_id: self.context.request_id.clone(),
            cluster_id: draft.cluster,
            data: draft.data.clone(),
        };
        self.next_event = self.next_event.next();
        self.events.push(event.id);
        let row = event_item(&event, draft.rings);
        self.put_new(row, Refusal::AlreadyExists)
    }

    /// Writes a row that must be new.
    pub fn insert(self, key: &Key<'_>, kind: &str, tenant: TenantId, doc: &impl Serialize) -> Self {
        let row = item::item(key, kind, tenant, doc);
        self.put_new(row, Refusal::AlreadyExists)
    }

    /// Writes a row, whatever stands there.
    pub fn put(mut self, key: &Key<'_>, kind: &str, tenant: TenantId, doc: &impl Serialize) -> Self {
        match item::item(key, kind, tenant, doc) {
            Ok(row) => self.put_item(row),
            Err(error) => self.note(Err(error)),
        }
        self
    }

    /// Removes a row, if it is there.
    pub fn remove(mut self, key: &Key<'_>) -> Self {
        let result = self.delete_row(key, None, Refusal::Stale);
        self.note(result);
        self
    }

    /// Refuses the transaction unless a resource still has the revision that the decision was made on.
    pub fn unchanged<K: Kind>(mut self, resource: &Resource<K>) -> Self {
        let id = resource.id.to_string();
        let values = HashMap::from([(":revision".to_owned(), revision(resource.revision))]);
        let key = item::resource_key(resource, &id);
        let result = self.check(&key, "revision = :revision", values, Refusal::Stale);
        self.note(result);
        self
    }

    /// Counts one more change of what is desired on a cluster.
    pub fn bump_desired_version(mut self, cluster: ClusterId) -> Self {
        let one = HashMap::from([(":one".to_owned(), AttributeValue::N("1".to_owned()))]);
        let add = "ADD desired_version :one";
        let row = (&Key::DesiredVersion { cluster }, "desired_version", self.tenant());
        let result = self.update_row(row, add, one, &[]);
        self.note(result);
        self
    }

    /// The ids of the events that were written so far.
    pub fn events(&self) -> &[EventId] {
        &self.events
    }

    /// Writes everything, or nothing.
    pub async fn send(self, store: &Store) -> Result<(), StoreError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.rows.len() > MAX_ROWS {
            return Err(StoreError::TooLarge { bytes: self.rows.len(), limit: MAX_ROWS });
        }
        let (rows, refusals): (Vec<_>, Vec<_>) = self.rows.into_iter().unzip();
        let rows = rows.into_iter().map(|row| on_table(row, &store.table)).collect();
        let result = store.client.transact_write_items().set_transact_items(Some(rows)).send().await;
        match result {
            Ok(_) => Ok(()),
            Err(error) => Err(match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    let reasons = cancelled.cancellation_reasons();
                    let codes = reasons.iter().map(|reason| reason.code().unwrap_or_default());
                    refused(codes.zip(refusals)).unwrap_or_else(|| StoreError::from_sdk(error))
                }
                Some(other) if other.code() == Some("TransactionInProgressException") => StoreError::Stale,
                _ => StoreError::from_sdk(error),
            }),
        }
    }

    pub(crate) fn note(&mut self, result: Result<(), StoreError>) {
        if let Err(error) = result {
            self.failure.get_or_insert(error);
        }
    }

    fn create<K: Kind>(&mut self, after: &Resource<K>) -> Result<(), StoreError> {
        self.claim(after)?;
        if let Some(other) = after.body.shared_with() {
            let id = after.id.to_string();
            let key = Key::Shared { tenant: other, kind: K::KIND, id: &id };
            let row = item::item(&key, "shared", other, &after.tenant_id)?;
            self.put_if(row, "attribute_not_exists(pk)", None, Refusal::AlreadyExists)?;
        }
        let row = item::resource_item(after)?;
        self.put_if(row, "attribute_not_exists(pk)", None, Refusal::AlreadyExists)
    }

    fn update<K: Kind>(&mut self, before: &Resource<K>, after: &Resource<K>) -> Result<(), StoreError> {
        if before.name != after.name && K::UNIQUE_NAME {
            self.claim(after)?;
            self.delete_row(&name_key(before), None, Refusal::Stale)?;
        }
        let row = item::resource_item(after)?;
        self.put_if(row, "revision = :revision", Some(before.revision), Refusal::Stale)
    }

    fn delete<K: Kind>(&mut self, before: &Resource<K>) -> Result<(), StoreError> {
        if K::UNIQUE_NAME {
            self.delete_row(&name_key(before), None, Refusal::Stale)?;
        }
        let id = before.id.to_string();
        if let Some(other) = before.body.shared_with() {
            self.delete_row(&Key::Shared { tenant: other, kind: K::KIND, id: &id }, None, Refusal::Stale)?;
        }
        self.refuse_if_referenced(&id);
        self.delete_row(&item::resource_key(before, &id), Some(before.revision), Refusal::Stale)
    }

    pub(crate) fn check(
        &mut self,
        key: &Key<'_>,
        condition: &str,
        values: HashMap<String, AttributeValue>,
        refusal: Refusal,
    ) -> Result<(), StoreError> {
        let check = ConditionCheck::builder()
            .table_name(String::new())
            .set_key(Some(key.values().into()))
            .condition_expression(condition)
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .build()
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        self.add_check(check, refusal);
        Ok(())
    }

    /// Adds a check of a row. A transaction looks at a row once, so that a second check of it joins the first one; when the
    /// two fail, nobody can tell which did, so that what was decided on has to be read anew.
    pub(crate) fn add_check(&mut self, check: ConditionCheck, refusal: Refusal) {
        let mut checks =
            self.rows.iter_mut().filter_map(|(row, refusal)| Some((row.condition_check.as_mut()?, refusal)));
        match checks.find(|(known, _)| known.key == check.key) {
            Some((known, known_refusal)) => {
                known.condition_expression =
                    format!("({}) AND ({})", known.condition_expression, check.condition_expression);
                join_maps(&mut known.expression_attribute_names, check.expression_attribute_names);
                join_maps(&mut known.expression_attribute_values, check.expression_attribute_values);
                *known_refusal = Refusal::Stale;
            }
            None => self.rows.push((TransactWriteItem::builder().condition_check(check).build(), refusal)),
        }
    }

    /// Updates a row that is a number, with the fields that every row has.
    fn update_row(
        &mut self,
        (key, kind, tenant): (&Key<'_>, &str, TenantId),
        add: &str,
        mut values: HashMap<String, AttributeValue>,
        names: &[&str],
    ) -> Result<(), StoreError> {
        values.insert(":kind".to_owned(), AttributeValue::S(kind.to_owned()));
        values.insert(":tenant".to_owned(), AttributeValue::S(tenant.to_string()));
        values.insert(":schema".to_owned(), AttributeValue::N("1".to_owned()));
        let names = names.iter().chain(&["schema"]).map(|name| (format!("#{name}"), (*name).to_owned())).collect();
        let update = Update::builder()
            .table_name(String::new())
            .set_key(Some(key.values().into()))
            .update_expression(format!("SET kind = :kind, tenant_id = :tenant, #schema = :schema {add}"))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        self.rows.push((TransactWriteItem::builder().update(update).build(), Refusal::Stale));
        Ok(())
    }

    fn claim<K: Kind>(&mut self, resource: &Resource<K>) -> Result<(), StoreError> {
        if !K::UNIQUE_NAME {
            return Ok(());
        }
        let row = item::item(&name_key(resource), "name", resource.tenant_id, &resource.id)?;
        let refusal = Refusal::NameTaken { kind: K::KIND, name: resource.name.to_string() };
        self.put_if(row, "attribute_not_exists(pk)", None, refusal)
    }

    fn put_new(mut self, row: Result<Item, StoreError>, refusal: Refusal) -> Self {
        let result = row.and_then(|row| self.put_if(row, "attribute_not_exists(pk)", None, refusal));
        self.note(result);
        self
    }

    /// Adds a row that is written unconditionally; its parts were made by this crate.
    pub(crate) fn put_item(&mut self, row: Item) {
        let put = Put::builder().table_name(String::new()).set_item(Some(row)).build();
        match put {
            Ok(put) => self.rows.push((TransactWriteItem::builder().put(put).build(), Refusal::Stale)),
            Err(error) => self.note(Err(StoreError::Unavailable(Box::new(error)))),
        }
    }

    fn put_if(
        &mut self,
        row: Item,
        condition: &str,
        expected: Option<Revision>,
        refusal: Refusal,
    ) -> Result<(), StoreError> {
        let values = expected.map(|expected| HashMap::from([(":revision".to_owned(), revision(expected))]));
        self.put_when(row, condition, values, refusal)
    }

    pub(crate) fn put_when(
        &mut self,
        row: Item,
        condition: &str,
        values: Option<HashMap<String, AttributeValue>>,
        refusal: Refusal,
    ) -> Result<(), StoreError> {
        let put = Put::builder()
            .table_name(String::new())
            .set_item(Some(row))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .build()
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        self.rows.push((TransactWriteItem::builder().put(put).build(), refusal));
        Ok(())
    }

    fn delete_row(&mut self, key: &Key<'_>, expected: Option<Revision>, refusal: Refusal) -> Result<(), StoreError> {
        let values = expected.map(|expected| HashMap::from([(":revision".to_owned(), revision(expected))]));
        let delete = Delete::builder()
            .table_name(String::new())
            .set_key(Some(key.values().into()))
            .set_condition_expression(expected.map(|_| "revision = :revision".to_owned()))
            .set_expression_attribute_values(values)
            .build()
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        self.rows.push((TransactWriteItem::builder().delete(delete).build(), refusal));
        Ok(())
    }

    /// Carries the tenant along for helpers that add rows.
    pub(crate) fn tenant(&self) -> TenantId {
        self.granted.tenant_id()
    }

    /// Carries the time along for helpers that add rows.
    pub(crate) fn now(&self) -> Timestamp {
        self.context.now
    }
}

fn join_maps<T>(known: &mut Option<HashMap<String, T>>, more: Option<HashMap<String, T>>) {
    if let Some(more) = more {
        known.get_or_insert_default().extend(more);
    }
}

fn revision(revision: Revision) -> AttributeValue {
    AttributeValue::N(revision.0.to_string())
}

/// The key of the claim on a resource's name.
fn name_key<K: Kind>(resource: &Resource<K>) -> Key<'_> {
    Key::Name { tenant: resource.tenant_id, kind: K::KIND, name: resource.name.as_str() }
}

/// Fills in the table, which a transaction learns only when it is sent.
fn on_table(mut row: TransactWriteItem, table: &str) -> TransactWriteItem {
    if let Some(put) = &mut row.put {
        put.table_name = table.to_owned();
    }
    if let Some(update) = &mut row.update {
        update.table_name = table.to_owned();
    }
    if let Some(delete) = &mut row.delete {
        delete.table_name = table.to_owned();
    }
    if let Some(check) = &mut row.condition_check {
        check.table_name = table.to_owned();
    }
    row
}

/// What the caller is told of a cancelled transaction: a taken name before a stale revision, since it is the more helpful.
fn refused<'r>(reasons: impl Iterator<Item = (&'r str, Refusal)>) -> Option<StoreError> {
    let (mut answer, mut missing) = (None, Vec::new());
    for (code, refusal) in reasons {
        match (code, refusal) {
            ("ConditionalCheckFailed", Refusal::NameTaken { kind, name }) => {
                return Some(StoreError::NameTaken { kind, name });
            }
            ("ConditionalCheckFailed", Refusal::Missing(reference)) => missing.push(reference),
            ("ConditionalCheckFailed", Refusal::InUse) => return Some(StoreError::InUse),
            ("ConditionalCheckFailed", Refusal::AlreadyExists) => answer = Some(StoreError::AlreadyExists),
            ("ConditionalCheckFailed", Refusal::Stale) | ("TransactionConflict", _) => {
                answer.get_or_insert(StoreError::Stale);
            }
            ("ItemCollectionSizeLimitExceeded" | "ValidationError", _) => return None,
            ("ThrottlingError" | "ProvisionedThroughputExceeded", _) => {
                return Some(StoreError::Throttled("a row of the transaction was throttled".into()));
            }
            _ => {}
        }
    }
    if missing.is_empty() { answer } else { Some(StoreError::Missing(missing)) }
}
