//! Where requests are written down.

use std::path::Path;

/// A log with a line for each request that a gateway of this host has answered, in the form that
/// [`usage::line`](crate::usage::line) reads. Others write to it while it is read.
pub trait TrafficLog: Send + Sync {
    /// The file: an absolute path. What is kept of the counting stands beside it.
    fn path(&self) -> &Path;

    /// After the file was renamed: has who writes go on in a new one, soon. An error is a sentence.
    fn reopen(&self) -> Result<(), String>;
}
