//! References: who needs whom, kept in step with every change.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, TransactWriteItem};
use switchtower_domain::{
    change::Change,
    id::Id,
    resource::{Kind, Reference, Resource},
    tenant::TenantId,
};

use super::{Commit, Refusal};
use crate::{error::StoreError, item, key::Key};

impl Commit<'_> {
    /// Keeps the rows that say who needs whom in step with a change.
    pub(super) fn references<K: Kind>(&mut self, change: &Change<K>) -> Result<(), StoreError> {
        let of = |state: Option<&Resource<K>>| state.map(|state| state.body.references()).unwrap_or_default();
        let (before, after) = (of(change.before()), of(change.after()));
        let Some(subject) = change.subject() else { return Ok(()) };
        let user = subject.id.to_string();
        for reference in before.iter().filter(|reference| !after.contains(reference)) {
            self.delete_row(&Key::Reference { target: &reference.id, user: &user }, None, Refusal::Stale)?;
            self.count(&reference.id, subject.tenant_id, "-1")?;
        }
        for reference in after.iter().filter(|reference| !before.contains(reference)) {
            let Reference { kind, id } = reference;
            let target = Key::Resource { tenant: subject.tenant_id, kind, id };
            self.referable(&target, Refusal::Missing(reference.clone()))?;
            let own = Reference { kind: K::KIND.to_owned(), id: user.clone() };
            let row = item::item(&Key::Reference { target: id, user: &user }, "reference", subject.tenant_id, &own)?;
            self.put_if(row, "attribute_not_exists(pk)", None, Refusal::Stale)?;
            self.count(id, subject.tenant_id, "1")?;
        }
        Ok(())
    }

    /// Refuses the transaction unless a resource is there, and stays.
    fn referable(&mut self, target: &Key<'_>, missing: Refusal) -> Result<(), StoreError> {
        let names = ["doc", "status"].map(|name| (format!("#{name}"), name.to_owned()));
        let check = ConditionCheck::builder()
            .table_name(String::new())
            .set_key(Some(target.values().into()))
            .condition_expression("attribute_exists(pk) AND NOT #doc.#status = :deleting")
            .set_expression_attribute_names(Some(names.into()))
            .expression_attribute_values(":deleting", AttributeValue::S("deleting".to_owned()))
            .build()
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        self.add_check(check, missing);
        Ok(())
    }

    /// Adds to the number of resources that need one.
    fn count(&mut self, target: &str, tenant: TenantId, by: &str) -> Result<(), StoreError> {
        let values = HashMap::from([(":by".to_owned(), AttributeValue::N(by.to_owned()))]);
        let row = (&Key::ReferenceCount { target }, "reference_count", tenant);
        self.update_row(row, "ADD #count :by", values, &["count"])
    }

    /// Refuses the transaction while any resource needs this one.
    pub fn unreferenced<K: Kind>(mut self, id: Id<K>) -> Self {
        self.refuse_if_referenced(&id.to_string());
        self
    }

    pub(super) fn refuse_if_referenced(&mut self, target: &str) {
        let zero = HashMap::from([(":zero".to_owned(), AttributeValue::N("0".to_owned()))]);
        let delete = Delete::builder()
            .table_name(String::new())
            .set_key(Some(Key::ReferenceCount { target }.values().into()))
            .condition_expression("attribute_not_exists(pk) OR #count <= :zero")
            .expression_attribute_names("#count", "count")
            .set_expression_attribute_values(Some(zero))
            .build()
            .map_err(|error| StoreError::Unavailable(Box::new(error)));
        match delete {
            Ok(delete) => self.rows.push((TransactWriteItem::builder().delete(delete).build(), Refusal::InUse)),
            Err(error) => self.note(Err(error)),
        }
    }
}
