//! The API against the emulator's DynamoDB: a tree like that of the URLs, and beside it what holds for all of them.

mod admin;
mod operator;
mod public;
