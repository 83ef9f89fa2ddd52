//! Gateway templates: what is their own besides create, get, list and replace.

use switchtower_domain::{gateway::Gateway, operation, resource::Resource};

use crate::{Call, Control, Error, resource::Target};

impl Control {
    /// Deletes a gateway template that no publish names.
    pub async fn gateway_delete(&self, call: &Call, target: Target<Gateway>) -> Result<(), Error> {
        self.delete(call, &operation::gateway_delete, target).await
    }

    /// Lets a gateway template be published with.
    pub async fn gateway_activate(&self, call: &Call, target: Target<Gateway>) -> Result<Resource<Gateway>, Error> {
        self.act(call, &operation::gateway_activate, target, Resource::<Gateway>::activate).await
    }

    /// Keeps a gateway template from being published with; what is deployed stays.
    pub async fn gateway_deactivate(&self, call: &Call, target: Target<Gateway>) -> Result<Resource<Gateway>, Error> {
        self.act(call, &operation::gateway_deactivate, target, Resource::<Gateway>::deactivate).await
    }
}
