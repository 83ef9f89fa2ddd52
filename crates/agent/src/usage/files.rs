//! The log as files: the one that is written to, and the one before it until it has been read.
//!
//! ```text
//!   usage.log      written to
//!   usage.log.old  renamed; written to until its writers have opened the new one, read to its end, deleted
//! ```

use std::{
    ffi::OsStr,
    fs::{self, File, Metadata},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{port::TrafficLog, state::file};

/// The longest line, in bytes. What is longer is read as several, and none of them is one.
const MAX_LINE: u64 = 4096;
/// How much is read at once.
const CHUNK: usize = 256 * 1024;
/// How long nobody must have written to a renamed file. Writers hold lines back for a second, and reopen within one.
const QUIET: Duration = Duration::from_secs(5);

/// The end of the name of the file that keeps the counts.
pub const KEPT: &str = ".json";
/// The end of the name of the file that is locked by who counts.
pub const LOCK: &str = ".lock";

/// How far has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The file, whatever its name is by now.
    inode: u64,
    /// Up to where, in bytes.
    offset: u64,
}

/// The files of a log.
#[derive(Debug, Clone)]
pub struct Files {
    current: PathBuf,
    old: PathBuf,
}

impl Files {
    /// The files of a log at a path.
    pub fn new(path: &Path) -> Self {
        Self { current: path.to_owned(), old: beside(path, ".old") }
    }

    /// The end of what is there now; `None` when nothing is.
    pub fn end(&self) -> io::Result<Option<Position>> {
        let found = metadata(&self.current)?;
        Ok(found.map(|found| Position { inode: found.ino(), offset: found.len() }))
    }

    /// Hands over lines from a position on, and moves it; about `most` bytes at once. Whether the end was reached: a line that
    /// is not whole yet is left for later.
    pub fn read(&self, position: &mut Option<Position>, most: u64, mut line: impl FnMut(&[u8])) -> io::Result<bool> {
        let mut left = most;
        loop {
            let place = match position {
                Some(at) => self.find(at.inode)?,
                None => None,
            };
            let (Some(at), Some(place)) = (position.as_mut(), place) else {
                // Nothing was read yet, or the file is gone: a file of that name is another one, and new.
                let Some(found) = metadata(&self.current)? else { return Ok(true) };
                *position = Some(Position { inode: found.ino(), offset: 0 });
                continue;
            };
            if !advance(&place, at, &mut left, &mut line)? {
                return Ok(false);
            }
            let next = metadata(&self.current)?.filter(|next| next.ino() != at.inode);
            match next {
                Some(next) if is_quiet(&place)? => *position = Some(Position { inode: next.ino(), offset: 0 }),
                _ => return Ok(true),
            }
        }
    }

    /// Whether the file at a position is shorter than what was read of it; the position is its beginning then.
    pub fn rewind(&self, position: &mut Option<Position>) -> io::Result<bool> {
        let Some(at) = position else { return Ok(false) };
        let Some(place) = self.find(at.inode)? else { return Ok(false) };
        let cut = metadata(&place)?.is_some_and(|found| found.len() < at.offset);
        if cut {
            at.offset = 0;
        }
        Ok(cut)
    }

    /// Where a file is by now: others may rename logs, too.
    fn find(&self, inode: u64) -> io::Result<Option<PathBuf>> {
        for path in [&self.current, &self.old] {
            if metadata(path)?.is_some_and(|found| found.ino() == inode) {
                return Ok(Some(path.clone()));
            }
        }
        let stem = self.current.file_name().unwrap_or(OsStr::new("")).as_encoded_bytes();
        for entry in fs::read_dir(self.current.parent().unwrap_or(Path::new(".")))? {
            let path = entry?.path();
            let rest = path.file_name().and_then(|name| name.as_encoded_bytes().strip_prefix(stem));
            // `.1` or `-20260102`, and not what is kept of the counting.
            let alike =
                rest.is_some_and(|rest| !rest.starts_with(KEPT.as_bytes()) && !rest.starts_with(LOCK.as_bytes()));
            if alike && metadata(&path)?.is_some_and(|found| found.is_file() && found.ino() == inode) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Whether there is a renamed file.
    pub fn is_rotating(&self) -> io::Result<bool> {
        Ok(metadata(&self.old)?.is_some())
    }

    /// Renames a file that has grown, unless the one before is still there.
    pub fn rotate(&self, most: u64, log: &dyn TrafficLog) -> io::Result<()> {
        let grown = metadata(&self.current)?.is_some_and(|found| found.len() >= most);
        if !grown || self.is_rotating()? {
            return Ok(());
        }
        fs::rename(&self.current, &self.old)?;
        if let Err(message) = log.reopen() {
            fs::rename(&self.old, &self.current)?;
            return Err(io::Error::other(message));
        }
        Ok(())
    }

    /// Deletes a renamed file that is done with, once a position beyond it has been kept.
    pub fn tidy(&self, kept: Option<Position>) -> io::Result<()> {
        let current = metadata(&self.current)?;
        if kept.is_some_and(|kept| current.is_some_and(|current| current.ino() == kept.inode)) {
            file::remove(&self.old)?;
        }
        Ok(())
    }
}

/// A path with something at its end.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_quiet(path: &Path) -> io::Result<bool> {
    // A time that is still to come was set by another clock.
    Ok(metadata(path)?
        .is_none_or(|found| found.modified().is_ok_and(|at| at.elapsed().map_or(true, |since| since >= QUIET))))
}

/// Reads a file on; whether its end was reached.
fn advance(path: &Path, at: &mut Position, left: &mut u64, line: &mut impl FnMut(&[u8])) -> io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at.offset))?;
    let mut file = BufReader::with_capacity(CHUNK, file);
    let mut bytes = Vec::new();
    while *left > 0 {
        bytes.clear();
        let read = (&mut file).take(MAX_LINE).read_until(b'\n', &mut bytes)?;
        let read = u64::try_from(read).unwrap_or(MAX_LINE);
        let whole = bytes.last() == Some(&b'\n');
        if !whole && read < MAX_LINE {
            return Ok(true);
        }
        at.offset += read;
        *left = left.saturating_sub(read);
        line(bytes.strip_suffix(b"\n").unwrap_or(&bytes));
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
