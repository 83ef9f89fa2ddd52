//! The log of the requests that nginx answers.

use std::path::{Path, PathBuf};

use switchtower_render::nginx::host;

use super::{Settings, process::Process};
use crate::port::TrafficLog;

/// The log in a folder.
#[derive(Debug)]
pub(super) struct UsageLog {
    settings: Settings,
    path: PathBuf,
}

impl UsageLog {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { settings: settings.clone(), path: settings.folder.join(host::USAGE_LOG) }
    }
}

impl TrafficLog for UsageLog {
    fn path(&self) -> &Path {
        &self.path
    }

    fn reopen(&self) -> Result<(), String> {
        Process::new(&self.settings).reopen()
    }
}
