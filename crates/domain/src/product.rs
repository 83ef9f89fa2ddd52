//! Products: API services offered together.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api_service::ApiServiceId,
    change::{Change, Stamp, WrongState},
    event::EventDraft,
    field::FieldErrors,
    id::resource_id,
    name::{Labels, Name},
    resource::{EditError, Editable, Kind, Reference, Resource},
};

resource_id!(Product, ProductId, "prd");

/// `draft` ⇄ `active` -> `archived`. Only active products are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// Being worked on.
    Draft,
    /// Ready to be published.
    Active,
    /// Kept for the record.
    Archived,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Product {
    /// Its version.
    pub version: Option<String>,
    /// What it offers.
    pub description: Option<String>,
    /// Words to find it by.
    pub categories: Vec<String>,
    /// The API services that it offers.
    pub api_services: Vec<ApiServiceId>,
    /// Where its documentation is.
    pub docs_url: Option<String>,
    /// Where its logo is.
    #[serde(default)]
    pub logo_url: Option<String>,
    /// Whether it may be published.
    pub status: ProductStatus,
}

/// What makes or replaces a product.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductInput {
    /// The name.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// Its version.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub version: Option<String>,
    /// What it offers.
    #[serde(default)]
    #[schema(max_length = 5000)]
    pub description: Option<String>,
    /// Words to find it by.
    #[serde(default)]
    #[schema(max_items = 16, required = false)]
    pub categories: Vec<String>,
    /// The API services that it offers, at most 16.
    #[serde(default)]
    #[schema(max_items = 16, required = false)]
    pub api_services: Vec<ApiServiceId>,
    /// Where its documentation is: an `https` URL.
    #[serde(default)]
    #[schema(max_length = 2000, pattern = r"^https://[^\s]+$")]
    pub docs_url: Option<String>,
    /// Where its logo is: an `https` URL.
    #[serde(default)]
    #[schema(max_length = 2000, pattern = r"^https://[^\s]+$")]
    pub logo_url: Option<String>,
}

impl Kind for Product {
    const KIND: &'static str = "product";

    fn references(&self) -> Vec<Reference> {
        self.api_services.iter().copied().map(Reference::to).collect()
    }

    fn pointer_to(&self, reference: &Reference) -> String {
        let position = self.api_services.iter().position(|id| Reference::to(*id) == *reference);
        position.map_or_else(|| "/api_services".to_owned(), |index| format!("/api_services/{index}"))
    }
}

impl Editable for Product {
    type Input = ProductInput;
    const EVENTS: [&'static str; 3] = ["product.created", "product.updated", "product.deleted"];

    fn name_of(input: &ProductInput) -> &Name {
        &input.name
    }

    fn labels_of(input: &ProductInput) -> &Labels {
        &input.labels
    }

    fn draft(input: ProductInput) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        for (index, id) in input.api_services.iter().enumerate() {
            let again = input.api_services.get(..index).is_some_and(|earlier| earlier.contains(id));
            errors.require(!again, format!("/api_services/{index}"), "duplicate", "Name each API service once.");
        }
        for (index, category) in input.categories.iter().enumerate() {
            let fits = (1..=63).contains(&category.chars().count());
            errors.require(fits, format!("/categories/{index}"), "length", "A category has 1 to 63 characters.");
        }
        errors.or(Self {
            version: input.version,
            description: input.description,
            categories: input.categories,
            api_services: input.api_services,
            docs_url: input.docs_url,
            logo_url: input.logo_url,
            status: ProductStatus::Draft,
        })
    }

    fn amend(self, input: ProductInput) -> Result<Self, EditError> {
        if self.status == ProductStatus::Archived {
            return Err(self.wrong_state("update", "`draft` or `active`").into());
        }
        let emptied = self.status == ProductStatus::Active && input.api_services.is_empty();
        if emptied {
            let detail = "An active product needs an API service; turn it to `draft` first.";
            return Err(FieldErrors::one("/api_services", "required", detail).into());
        }
        let status = self.status;
        Ok(Self { status, ..Self::draft(input)? })
    }

    fn input(resource: &Resource<Self>) -> ProductInput {
        let body = resource.body.clone();
        ProductInput {
            name: resource.name.clone(),
            labels: resource.labels.clone(),
            version: body.version,
            description: body.description,
            categories: body.categories,
            api_services: body.api_services,
            docs_url: body.docs_url,
            logo_url: body.logo_url,
        }
    }

    fn deletable(&self) -> Result<(), WrongState> {
        match self.status {
            ProductStatus::Draft | ProductStatus::Archived => Ok(()),
            ProductStatus::Active => Err(self.wrong_state("delete", "`draft` or `archived`")),
        }
    }
}

impl Product {
    fn wrong_state(&self, verb: &'static str, allowed: &'static str) -> WrongState {
        WrongState { kind: Self::KIND, verb, state: self.status.name().to_owned(), allowed }
    }
}

impl Resource<Product> {
    /// Lets the product be published. It needs an API service.
    pub fn activate(self, stamp: &Stamp) -> Result<Change<Product>, WrongState> {
        if self.body.status != ProductStatus::Draft {
            return Err(self.body.wrong_state("activate", "`draft`"));
        }
        if self.body.api_services.is_empty() {
            let state = "without API services".to_owned();
            let allowed = "one with an API service";
            return Err(WrongState { kind: Product::KIND, verb: "activate", state, allowed });
        }
        Ok(self.turn(ProductStatus::Active, "product.activated", stamp))
    }

    /// Takes the product back to be worked on; what is deployed stays.
    pub fn back_to_draft(self, stamp: &Stamp) -> Result<Change<Product>, WrongState> {
        match self.body.status {
            ProductStatus::Active => Ok(self.turn(ProductStatus::Draft, "product.drafted", stamp)),
            _ => Err(self.body.wrong_state("draft", "`active`")),
        }
    }

    /// Keeps the product for the record; what is deployed stays.
    pub fn archive(self, stamp: &Stamp) -> Result<Change<Product>, WrongState> {
        match self.body.status {
            ProductStatus::Draft | ProductStatus::Active => {
                Ok(self.turn(ProductStatus::Archived, "product.archived", stamp))
            }
            ProductStatus::Archived => Err(self.body.wrong_state("archive", "`draft` or `active`")),
        }
    }

    fn turn(self, status: ProductStatus, event: &'static str, stamp: &Stamp) -> Change<Product> {
        let body = Product { status, ..self.body.clone() };
        self.become_body(body, stamp, EventDraft::new(event))
    }
}

impl ProductStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_api_service_is_told_at_its_place() {
        let ids = [ApiServiceId::from_parts(1, 1), ApiServiceId::from_parts(1, 2)];
        let input = ProductInput {
            name: "shop".parse().unwrap(),
            labels: Labels::default(),
            version: None,
            description: None,
            categories: vec![],
            api_services: ids.to_vec(),
            docs_url: None,
            logo_url: None,
        };
        let product = Product::draft(input).unwrap();
        assert_eq!(product.pointer_to(&Reference::to(ids[1])), "/api_services/1");
    }
}
