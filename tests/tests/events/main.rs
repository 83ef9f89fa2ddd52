//! What functions do with events, against the emulator's DynamoDB: samples of HTTP events, the outbox, the provisioner.

mod outbox;
mod provisioner;
mod samples;
