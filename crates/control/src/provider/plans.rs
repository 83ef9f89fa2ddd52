//! Plans: what is their own besides create, get, list and replace.

use switchtower_domain::{operation, plan::Plan, product::ProductId, resource::Resource};
use switchtower_store::Listed;

use crate::{
    Call, Control, Error,
    resource::{ListRequest, Target},
};

impl Control {
    /// The plans of the tenant, or those of one product.
    pub async fn plan_list(
        &self,
        call: &Call,
        product: Option<ProductId>,
        request: ListRequest,
    ) -> Result<Listed<Resource<Plan>>, Error> {
        match product {
            Some(product) => self.list_group(call, &operation::plan_list, &product.to_string(), request).await,
            None => self.list(call, &operation::plan_list, request).await,
        }
    }

    /// Deletes a plan that nobody subscribed to.
    pub async fn plan_delete(&self, call: &Call, target: Target<Plan>) -> Result<(), Error> {
        self.delete(call, &operation::plan_delete, target).await
    }
}
