//! What counts a log: the files, the counter, and where both are kept between two rounds.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use switchtower_protocol::usage::{UsageReceipt, UsageReport};

use super::{
    counter::Counter,
    files::{Files, KEPT, LOCK, Position, beside},
    line::Request,
};
use crate::{
    port::{StoreError, TrafficLog},
    state::file::{self, failed},
};

/// The version of the form in which it is kept.
const VERSION: u32 = 1;
/// How large the log grows before another one is begun, in bytes.
pub const ROTATE_AT: u64 = 32 * 1024 * 1024;
/// How much of the log a round reads, in bytes.
const ROUND: u64 = 64 * 1024 * 1024;

/// What is kept: counts, and the position up to which they go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    version: u32,
    position: Option<Position>,
    /// When the last request that was read had ended, in milliseconds since 1970.
    newest_ms: u64,
    /// Requests up to then have been read, whatever stands in the log: it was cut short.
    read_ms: u64,
    counter: Counter,
}

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Whether everything has been read.
    pub ended: bool,
    /// Requests that were counted.
    pub counted: u64,
    /// Requests of hours that are over, and those before which the log was cut short.
    pub late: u64,
    /// Lines that are none.
    pub unreadable: u64,
    /// Hours of deployments that were never told, and are too old by now.
    pub given_up: usize,
}

/// Counts a log.
pub struct Meter {
    log: Arc<dyn TrafficLog>,
    files: Files,
    path: PathBuf,
    kept: Kept,
    /// What is on disk.
    written: Vec<u8>,
    rotate_at: u64,
    _lock: File,
}

impl Meter {
    /// Goes on where counting ended before. Without anything kept it begins a run, with what is logged from now on: who knows
    /// what was told of the rest.
    pub fn open(log: Arc<dyn TrafficLog>, rotate_at: u64, run: impl FnOnce() -> String) -> Result<Self, StoreError> {
        let own = log.path();
        if let Some(folder) = own.parent() {
            fs::create_dir_all(folder).map_err(|error| failed("make", folder, &error))?;
        }
        let lock = beside(own, LOCK);
        let file = File::create(&lock).map_err(|error| failed("write", &lock, &error))?;
        file.try_lock().map_err(|_| StoreError(format!("another agent counts `{}`; stop it", own.display())))?;
        let (files, path) = (Files::new(own), beside(own, KEPT));
        let kept = match file::read_json::<Kept>(&path) {
            Ok(Some(kept)) if kept.version == VERSION => Ok(kept),
            Ok(found) => Err(found.map(|kept| format!("it has form {}", kept.version))),
            Err(error) => Err(Some(error.to_string())),
        };
        let kept = match kept {
            Ok(kept) => kept,
            Err(why) => {
                if let Some(why) = why {
                    tracing::warn!("what was counted cannot be read: {why}; counting begins anew");
                }
                let position = files.end().map_err(|error| failed("read", own, &error))?;
                Kept { version: VERSION, position, newest_ms: 0, read_ms: 0, counter: Counter::new(run()) }
            }
        };
        Ok(Self { log, files, path, kept, written: Vec::new(), rotate_at, _lock: file })
    }

    /// Counts what was logged since, a bounded part of it, and keeps the counts together with the position.
    ///
    /// INVARIANT: what is counted twice is not told twice. Counts and position are kept in one step, and before they are told;
    /// so whoever goes on from them counts the same again, for the same run.
    pub fn round(&mut self, now: Timestamp) -> io::Result<Round> {
        // The agent may have ended between the renaming and the reopening.
        if self.files.is_rotating()?
            && let Err(message) = self.log.reopen()
        {
            tracing::warn!("{message}");
        }
        let mut round = Round::default();
        let Kept { position, newest_ms, read_ms, counter, .. } = &mut self.kept;
        if self.files.rewind(position)? {
            // By who made room, or by a machine that went down before it was on disk. The second leaves what has been counted.
            tracing::warn!(log = %self.log.path().display(), "the log of requests was cut short; it is read from its beginning");
            *read_ms = *newest_ms;
        }
        round.ended = self.files.read(position, ROUND, |line| match Request::parse(line) {
            Some(request) if request.at_ms > *read_ms && counter.count(&request, now) => {
                *newest_ms = request.at_ms.max(*newest_ms);
                round.counted += 1;
            }
            Some(_) => round.late += 1,
            None => round.unreadable += 1,
        })?;
        round.given_up = counter.give_up(now);
        if round.ended {
            counter.settle(now);
        }
        self.keep()?;
        self.files.tidy(self.kept.position)?;
        if round.ended {
            self.files.rotate(self.rotate_at, self.log.as_ref())?;
        }
        Ok(round)
    }

    fn keep(&mut self) -> io::Result<()> {
        let bytes = serde_json::to_vec(&self.kept)?;
        if bytes != self.written {
            file::write(&self.path, &bytes, 0o600)?;
            self.written = bytes;
        }
        Ok(())
    }

    /// What is to be told: [`Counter::report`].
    pub fn report(&mut self, most: usize, now: Timestamp) -> Option<UsageReport> {
        self.kept.counter.report(most, now)
    }

    /// Takes note that a report was accepted: [`Counter::accepted`].
    pub fn accepted(&mut self, report: &UsageReport, receipt: &UsageReceipt) {
        self.kept.counter.accepted(report, receipt);
    }

    /// Takes note that a report need not be told again as it is: [`Counter::passed`].
    pub fn passed(&mut self, report: &UsageReport) {
        self.kept.counter.passed(report);
    }
}

#[cfg(test)]
mod tests;
