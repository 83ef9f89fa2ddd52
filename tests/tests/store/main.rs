//! The store against the emulator's DynamoDB.
