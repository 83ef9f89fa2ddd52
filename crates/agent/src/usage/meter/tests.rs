use std::{fs::OpenOptions, io::Write, path::Path};

use tempfile::TempDir;

use super::*;

/// 2026-01-02T10:00:00Z.
const NOON: i64 = 1_767_348_000;

struct Log(PathBuf);

impl TrafficLog for Log {
    fn path(&self) -> &Path {
        &self.0
    }

    fn reopen(&self) -> Result<(), String> {
        OpenOptions::new().create(true).append(true).open(&self.0).map(|_| ()).map_err(|error| error.to_string())
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(NOON + 60).unwrap()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir, run: &str) -> Result<Meter, StoreError> {
    Meter::open(Arc::new(Log(folder.path().join("logs/usage.log"))), 1_000, || run.to_owned())
}

/// So many requests are answered.
fn serve(folder: &TempDir, requests: usize) {
    serve_at(folder, requests, 0);
}

/// The same, so many seconds after noon.
fn serve_at(folder: &TempDir, requests: usize, seconds: i64) {
    let at = NOON + seconds;
    let line = format!("dep_00000000000000000000000000\t{at}.123\t200\t0.012\t5120\tclient-1\n");
    let path = folder.path().join("logs/usage.log");
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(line.repeat(requests).as_bytes()).unwrap();
}

/// How many requests are to be told, and for which run.
fn told(meter: &mut Meter) -> (String, u64) {
    let report = meter.report(100, now()).unwrap();
    let requests = report.hours.iter().flat_map(|hour| &hour.slots).map(|slot| slot.requests.requests).sum();
    (report.run, requests)
}

#[test]
fn an_agent_that_starts_again_goes_on_where_it_was_for_the_same_run() {
    let folder = folder();
    let mut meter = open(&folder, "first").unwrap();
    meter.round(now()).unwrap();
    serve(&folder, 3);
    assert_eq!(meter.round(now()).unwrap(), Round { ended: true, counted: 3, ..Round::default() });
    drop(meter);
    serve(&folder, 2);
    let mut meter = open(&folder, "second").unwrap();
    assert_eq!(meter.round(now()).unwrap().counted, 2);
    assert_eq!(told(&mut meter), ("first".to_owned(), 5));
}

#[test]
fn an_agent_that_lost_its_counts_begins_a_run_at_the_end_of_the_log() {
    let folder = folder();
    let mut meter = open(&folder, "first").unwrap();
    serve(&folder, 3);
    meter.round(now()).unwrap();
    drop(meter);
    fs::write(folder.path().join("logs/usage.log.json"), "{").unwrap();
    let mut meter = open(&folder, "second").unwrap();
    assert_eq!(meter.round(now()).unwrap().counted, 0, "who knows what was told of it");
    serve(&folder, 1);
    meter.round(now()).unwrap();
    assert_eq!(told(&mut meter), ("second".to_owned(), 1));
}

#[test]
fn counts_in_a_form_of_another_version_are_not_taken_over() {
    let folder = folder();
    let mut meter = open(&folder, "first").unwrap();
    meter.kept.version = VERSION + 1;
    meter.round(now()).unwrap();
    drop(meter);
    assert_eq!(open(&folder, "second").unwrap().kept.version, VERSION);
}

#[test]
fn one_agent_counts_a_log() {
    let folder = folder();
    let _first = open(&folder, "first").unwrap();
    let error = open(&folder, "second").err().unwrap();
    assert!(error.to_string().contains("another agent"), "{error}");
}

#[test]
fn lines_that_are_none_and_lines_of_long_ago_are_skipped_and_counted() {
    let folder = folder();
    let mut meter = open(&folder, "first").unwrap();
    serve(&folder, 1);
    let path = folder.path().join("logs/usage.log");
    OpenOptions::new().append(true).open(path).unwrap().write_all(b"what?\n").unwrap();
    serve(&folder, 1);
    let round = meter.round(now()).unwrap();
    assert_eq!((round.counted, round.unreadable, round.late), (2, 1, 0));
    serve(&folder, 4);
    let later = Timestamp::from_second(NOON + 25 * 3600).unwrap();
    let round = meter.round(later).unwrap();
    assert_eq!((round.counted, round.late, round.given_up), (0, 4, 1));
}

#[test]
fn a_log_that_was_cut_short_is_read_without_what_was_counted_of_it() {
    let folder = folder();
    let path = folder.path().join("logs/usage.log");
    let mut meter = open(&folder, "first").unwrap();
    serve(&folder, 5);
    meter.round(now()).unwrap();
    // Two lines were on disk when the machine went down; then there was one more.
    let length = fs::metadata(&path).unwrap().len() / 5;
    OpenOptions::new().write(true).open(&path).unwrap().set_len(2 * length).unwrap();
    serve_at(&folder, 1, 7);
    assert_eq!(meter.round(now()).unwrap().counted, 1);
    // Somebody made room.
    fs::write(&path, "").unwrap();
    serve_at(&folder, 1, 8);
    assert_eq!(meter.round(now()).unwrap().counted, 1);
    assert_eq!(told(&mut meter).1, 7);
}

#[test]
fn a_log_that_grows_is_rotated_and_loses_nothing() {
    let folder = folder();
    let mut meter = open(&folder, "first").unwrap();
    let old = folder.path().join("logs/usage.log.old");
    let mut counted = 0;
    for _ in 0..3 {
        serve(&folder, 20);
        counted += meter.round(now()).unwrap().counted;
        assert!(old.exists());
        // Nobody has written to it for a while.
        let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        OpenOptions::new().append(true).open(&old).unwrap().set_modified(long_ago).unwrap();
        counted += meter.round(now()).unwrap().counted;
        assert!(!old.exists());
    }
    assert_eq!(counted, 60);
    assert_eq!(told(&mut meter).1, 60);
}
