//! The lists that must agree, compared: a failure says what to add where. `docs/adding-a-resource.md` tells the order.

mod arrows;
mod completeness;
mod document;
mod repository;
