//! Products: what is their own besides create, get, list and replace.

use switchtower_domain::{operation, product::Product, resource::Resource};

use crate::{Call, Control, Error, resource::Target};

impl Control {
    /// Deletes a product that is not active and that no publish names.
    pub async fn product_delete(&self, call: &Call, target: Target<Product>) -> Result<(), Error> {
        self.delete(call, &operation::product_delete, target).await
    }

    /// Lets a product be published.
    pub async fn product_activate(&self, call: &Call, target: Target<Product>) -> Result<Resource<Product>, Error> {
        self.act(call, &operation::product_activate, target, Resource::<Product>::activate).await
    }

    /// Takes a product back to be worked on; what is deployed stays.
    pub async fn product_draft(&self, call: &Call, target: Target<Product>) -> Result<Resource<Product>, Error> {
        self.act(call, &operation::product_draft, target, Resource::<Product>::back_to_draft).await
    }

    /// Keeps a product for the record; what is deployed stays.
    pub async fn product_archive(&self, call: &Call, target: Target<Product>) -> Result<Resource<Product>, Error> {
        self.act(call, &operation::product_archive, target, Resource::<Product>::archive).await
    }
}
