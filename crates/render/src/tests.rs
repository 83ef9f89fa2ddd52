mod golden;
mod invariants;
mod property;
mod refusal;
mod schema;
mod split;
mod strategy;
mod yaml;
