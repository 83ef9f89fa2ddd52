//! Plans: what is their own besides create, get, list and replace.

use switchtower_domain::{operation, plan::Plan};

use crate::{Call, Control, Error, resource::Target};

impl Control {
    /// Deletes a plan that nobody subscribed to.
    pub async fn plan_delete(&self, call: &Call, target: Target<Plan>) -> Result<(), Error> {
        self.delete(call, &operation::plan_delete, target).await
    }
}
