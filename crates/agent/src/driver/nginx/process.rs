//! The nginx that runs: its master, its workers, and which configuration they have.

use std::{
    fmt, fs,
    io::{Read, Seek, SeekFrom, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use switchtower_render::nginx::host;

use super::{Settings, test, tree};

/// How long workers may take to come up with a new configuration.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Why nginx does not run what is current.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It does not run, and is not ours to start.
    Stopped(String),
    /// It would not take it.
    Refused(String),
    /// It has not taken it yet.
    Late(String),
}

/// nginx, as far as its files tell.
#[derive(Debug)]
pub(super) struct Process<'a> {
    settings: &'a Settings,
}

impl<'a> Process<'a> {
    pub(super) const fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }

    fn below(&self, path: &str) -> PathBuf {
        self.settings.folder.join(path)
    }

    /// The master, when it runs.
    fn master(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.below(host::PID_FILE)).ok()?;
        let pid = Pid::from_raw(text.trim().parse().ok()?)?;
        test_kill_process(pid).is_ok().then_some(pid).filter(|pid| is_nginx(*pid))
    }

    /// Whether a worker answers with the configuration of that digest.
    pub(super) fn serves(&self, digest: &str) -> bool {
        self.master().is_some() && self.answer().is_some_and(|answer| answer == digest)
    }

    /// The digest that a worker answers.
    fn answer(&self) -> Option<String> {
        let mut stream = UnixStream::connect(self.below(host::STATUS_SOCKET)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.take(4096).read_to_string(&mut answer).ok()?;
        answer.split_once("\r\n\r\n").map(|(_, body)| body.trim().to_owned())
    }

    /// Makes nginx run what is current, and waits until no worker takes connections with anything else.
    pub(super) fn reload(&self, digest: &str) -> Result<(), Trouble> {
        let since = fs::metadata(self.below(host::ERROR_LOG)).map_or(0, |log| log.len());
        let (master, before) = match self.master() {
            Some(master) => {
                let before = workers(master);
                hang_up(master).map_err(Trouble::Refused)?;
                (master, before)
            }
            None => (self.start()?, Vec::new()),
        };
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.answer().as_deref() == Some(digest) && before.iter().all(|worker| !takes(*worker, master)) {
                return Ok(());
            }
            if let Some(complaint) = self.said(since) {
                let sentence = complaint.sentence;
                return Err(Trouble::Refused(format!("nginx did not take the configuration: {sentence}.")));
            }
            thread::sleep(PAUSE);
        }
        Err(Trouble::Late(format!(
            "nginx still runs the configuration of before, {} seconds after it was told to reload. See its error log.",
            PATIENCE.as_secs()
        )))
    }

    /// Has nginx go on in new files where logs were renamed. One that does not run has none open.
    pub(super) fn reopen(&self) -> Result<(), String> {
        let Some(master) = self.master() else { return Ok(()) };
        kill_process(master, Signal::USR1)
            .map_err(|error| format!("nginx cannot be told to open its logs anew: {error}."))
    }

    /// Tells nginx to read again what it runs, after `current` went back.
    pub(super) fn back(&self) {
        if let Some(master) = self.master()
            && let Err(message) = hang_up(master)
        {
            tracing::warn!("{message}");
        }
    }

    fn start(&self) -> Result<Pid, Trouble> {
        let main = self.below(tree::CURRENT).join(tree::MAIN);
        let (program, folder) = (self.settings.program.display(), self.settings.folder.display());
        if !self.settings.manage {
            return Err(Trouble::Stopped(format!(
                "nginx does not run. Start it with `{program} -p {folder} -c {}`, or run the agent with --nginx-manage.",
                main.display()
            )));
        }
        // What a killed master left behind would be in the way.
        _ = fs::remove_file(self.below(host::STATUS_SOCKET));
        let refused = |why: String| Trouble::Refused(format!("nginx could not be started: {why}."));
        let mut command = Command::new(&self.settings.program);
        command.arg("-p").arg(&self.settings.folder).arg("-c").arg(&main);
        let output = command.output().map_err(|error| refused(error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = test::read(&said, "").map(|complaint| complaint.sentence);
            return Err(refused(said.unwrap_or_else(|| output.status.to_string())));
        }
        tracing::info!(program = %program, folder = %folder, "started nginx");
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(master) = self.master() {
                return Ok(master);
            }
            thread::sleep(PAUSE);
        }
        Err(refused("it left no process id".to_owned()))
    }

    /// What keeps nginx from a configuration, as the error log says since it had that size. A port that is in use is tried some
    /// times more; only then does nginx heed anything else.
    fn said(&self, since: u64) -> Option<test::Complaint> {
        let mut log = fs::File::open(self.below(host::ERROR_LOG)).ok()?;
        log.seek(SeekFrom::Start(since)).ok()?;
        let mut bytes = Vec::new();
        log.take(64 * 1024).read_to_end(&mut bytes).ok()?;
        let said = String::from_utf8_lossy(&bytes);
        let mut serious = said.lines().filter(|line| line.contains("[emerg]"));
        let first = serious.next()?;
        let trying = first.contains(" bind() to ") && !serious.any(|line| line.contains("still could not bind()"));
        if trying { None } else { test::read(first, "") }
    }
}

fn hang_up(master: Pid) -> Result<(), String> {
    kill_process(master, Signal::HUP).map_err(|error| format!("nginx cannot be told to reload: {error}."))
}

/// Whether a process is an nginx: ids are used again.
fn is_nginx(pid: Pid) -> bool {
    let name = fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero()));
    name.map_or_else(|_| !Path::new("/proc/self").exists(), |name| name.trim() == "nginx")
}

/// The workers of a master.
fn workers(master: Pid) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter(|pid| parent(*pid) == Some(master)).collect()
}

fn parent(pid: Pid) -> Option<Pid> {
    // `<pid> (<name>) <state> <parent> …`; the name may have blanks.
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Pid::from_raw(rest.split(' ').nth(1)?.parse().ok()?)
}

/// Whether a worker of before still takes connections: nginx renames those that drain.
fn takes(worker: Pid, master: Pid) -> bool {
    let title = fs::read(format!("/proc/{}/cmdline", worker.as_raw_nonzero())).unwrap_or_default();
    let title = String::from_utf8_lossy(&title);
    parent(worker) == Some(master) && !title.is_empty() && !title.contains("shutting down")
}

impl Trouble {
    /// Whether nginx runs, and goes on with what it had.
    pub(super) const fn goes_on(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Late(_))
    }

    /// Whether nginx may still take it, unless it is told otherwise.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self, Self::Late(_))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Stopped(message) | Self::Refused(message) | Self::Late(message)) = self;
        f.write_str(message)
    }
}
