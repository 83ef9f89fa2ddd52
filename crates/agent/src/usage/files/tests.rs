use std::{
    fs::OpenOptions,
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
    time::SystemTime,
};

use tempfile::TempDir;

use super::*;

struct Log {
    folder: TempDir,
    path: PathBuf,
    reopened: AtomicUsize,
}

impl TrafficLog for Log {
    fn path(&self) -> &Path {
        &self.path
    }

    fn reopen(&self) -> Result<(), String> {
        self.reopened.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { path: folder.path().join("usage.log"), folder, reopened: AtomicUsize::new(0) }
    }

    fn files(&self) -> Files {
        Files::new(&self.path)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Nobody has written to a file for a while.
    fn quiet(&self, name: &str) {
        let file = OpenOptions::new().append(true).open(self.folder.path().join(name)).unwrap();
        file.set_modified(SystemTime::now() - 2 * QUIET).unwrap();
    }

    fn read(&self, position: &mut Option<Position>) -> Vec<String> {
        let mut lines = Vec::new();
        while !self.files().read(position, 1, |line| lines.push(String::from_utf8_lossy(line).into_owned())).unwrap() {}
        lines
    }
}

#[test]
fn lines_are_read_once_and_a_part_of_one_waits_for_the_rest() {
    let (log, mut position) = (Log::new(), None);
    assert_eq!(log.read(&mut position), [""; 0]);
    log.write("usage.log", "one\ntwo\nthr");
    assert_eq!(log.read(&mut position), ["one", "two"]);
    assert_eq!(log.read(&mut position), [""; 0]);
    log.write("usage.log", "ee\n");
    assert_eq!(log.read(&mut position), ["three"]);
}

#[test]
fn a_bounded_part_is_read_at_once() {
    let (log, mut position, mut lines) = (Log::new(), None, 0);
    log.write("usage.log", &"0123456\n".repeat(100));
    let ended = log.files().read(&mut position, 80, |_| lines += 1).unwrap();
    assert_eq!((ended, lines), (false, 10));
}

#[test]
fn a_line_without_end_is_read_in_parts() {
    let (log, mut position) = (Log::new(), None);
    log.write("usage.log", &format!("{}\nnext\n", "x".repeat(10_000)));
    let lines = log.read(&mut position);
    assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [4096, 4096, 1808, 4]);
}

#[test]
fn a_log_that_was_cut_short_is_read_from_its_beginning() {
    let (log, mut position) = (Log::new(), None);
    log.write("usage.log", "one\ntwo\n");
    log.read(&mut position);
    assert!(!log.files().rewind(&mut position).unwrap());
    fs::write(&log.path, "new\n").unwrap();
    assert!(log.files().rewind(&mut position).unwrap());
    assert_eq!(log.read(&mut position), ["new"]);
}

#[test]
fn a_grown_log_is_renamed_read_to_its_end_and_deleted() {
    let (log, mut position) = (Log::new(), None);
    log.write("usage.log", "one\n");
    log.read(&mut position);
    log.files().rotate(5, &log).unwrap();
    assert_eq!(log.reopened.load(Ordering::SeqCst), 0, "it is not that large");
    log.files().rotate(4, &log).unwrap();
    assert_eq!(log.reopened.load(Ordering::SeqCst), 1);

    // One worker has not heard of it yet.
    log.write("usage.log.old", "two\n");
    log.write("usage.log", "four\n");
    assert_eq!(log.read(&mut position), ["two"]);
    log.files().tidy(position).unwrap();
    log.files().rotate(1, &log).unwrap();
    assert!(log.files().is_rotating().unwrap(), "somebody may still write to it");
    log.write("usage.log.old", "three\n");
    log.quiet("usage.log.old");
    assert_eq!(log.read(&mut position), ["three", "four"]);
    log.files().tidy(position).unwrap();
    assert!(!log.files().is_rotating().unwrap());
    log.write("usage.log", "five\n");
    assert_eq!(log.read(&mut position), ["five"]);
}

#[test]
fn a_renamed_log_stays_until_there_is_another_one() {
    let (log, mut position) = (Log::new(), None);
    log.write("usage.log", "one\n");
    log.read(&mut position);
    log.files().rotate(1, &log).unwrap();
    log.quiet("usage.log.old");
    assert_eq!(log.read(&mut position), [""; 0]);
    log.files().tidy(position).unwrap();
    assert!(log.files().is_rotating().unwrap());
}

#[test]
fn a_log_that_others_renamed_is_read_to_its_end_and_left() {
    let (log, mut position) = (Log::new(), None);
    log.write("usage.log", "one\n");
    log.read(&mut position);
    fs::rename(&log.path, log.folder.path().join("usage.log.1")).unwrap();
    log.write("usage.log.1", "two\n");
    log.write("usage.log", "three\n");
    log.quiet("usage.log.1");
    assert_eq!(log.read(&mut position), ["two", "three"]);
    log.files().tidy(position).unwrap();
    assert!(log.folder.path().join("usage.log.1").exists());
}

#[test]
fn a_log_that_is_gone_makes_way_for_the_next_one() {
    let (log, mut position) = (Log::new(), None);
    log.write("usage.log", "one\n");
    log.read(&mut position);
    fs::rename(&log.path, log.folder.path().join("elsewhere")).unwrap();
    assert_eq!(log.read(&mut position), [""; 0]);
    log.write("usage.log", "two\n");
    assert_eq!(log.read(&mut position), ["two"]);
}

#[test]
fn a_log_that_nobody_reopens_keeps_its_name() {
    struct Deaf(PathBuf);
    impl TrafficLog for Deaf {
        fn path(&self) -> &Path {
            &self.0
        }

        fn reopen(&self) -> Result<(), String> {
            Err("nginx cannot be told.".to_owned())
        }
    }
    let log = Log::new();
    log.write("usage.log", "one\n");
    let error = log.files().rotate(1, &Deaf(log.path.clone())).unwrap_err();
    assert!(error.to_string().contains("cannot be told"), "{error}");
    assert!(log.path.exists());
}
