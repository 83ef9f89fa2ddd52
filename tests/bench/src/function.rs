//! A function's process.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use flate2::{Compression, write::DeflateEncoder};
use serde_json::Value;

use crate::{
    Fallible,
    runtime_api::{Invocation, RuntimeApi},
};

/// Where functions are, and what they are told.
pub(crate) struct Functions {
    /// The folder with a folder for every function.
    pub(crate) folder: PathBuf,
    /// Their environment.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Where their lines go.
    pub(crate) log: PathBuf,
}

/// One that runs. It is killed when it is dropped.
pub(crate) struct Function {
    process: Child,
    api: RuntimeApi,
    /// From the start of the process until it first asked for work.
    pub(crate) started_in: Duration,
}

impl Functions {
    /// The names of all functions that were built.
    pub(crate) fn built(&self) -> Fallible<Vec<String>> {
        let entries = fs::read_dir(&self.folder).map_err(|error| format!("{}: {error}", self.folder.display()))?;
        let mut names: Vec<_> = entries
            .flatten()
            .filter(|entry| entry.path().join("bootstrap").is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Starts a function, and waits until it asks for work.
    pub(crate) fn start(&self, name: &str) -> Fallible<Function> {
        let api = RuntimeApi::start()?;
        let log = fs::File::options().create(true).append(true).open(&self.log)?;
        let binary = fs::canonicalize(self.binary(name)).map_err(|_| format!("`{name}` is not built"))?;
        let mut command = Command::new(binary);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("AWS_LAMBDA_FUNCTION_NAME", name).env("AWS_LAMBDA_RUNTIME_API", &api.address);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let began = Instant::now();
        let mut function = Function { process: command.spawn()?, api, started_in: Duration::ZERO };
        let asked = function.api.wait_for_next().map_err(|error| format!("`{name}` did not start: {error}"))?;
        function.started_in = asked.duration_since(began);
        Ok(function)
    }

    /// The bytes of a function's zip file.
    pub(crate) fn zip_size(&self, name: &str) -> Fallible<usize> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&fs::read(self.binary(name))?)?;
        Ok(encoder.finish()?.len())
    }

    /// The bytes that all functions have logged so far.
    pub(crate) fn logged(&self) -> u64 {
        fs::metadata(&self.log).map(|file| file.len()).unwrap_or_default()
    }

    fn binary(&self, name: &str) -> PathBuf {
        self.folder.join(name).join("bootstrap")
    }
}

impl Function {
    /// Hands it an event.
    pub(crate) fn invoke(&self, event: &Value) -> Fallible<Invocation> {
        self.api.invoke(event)
    }

    /// The bytes of memory that it holds.
    pub(crate) fn resident(&self) -> Fallible<u64> {
        let id = self.process.id().to_string();
        let answer = Command::new("ps").args(["-o", "rss=", "-p", &id]).output()?;
        Ok(String::from_utf8_lossy(&answer.stdout).trim().parse::<u64>()? * 1024)
    }

    /// How long it has been on a processor; Linux tells that.
    pub(crate) fn on_processor(&self) -> Option<Duration> {
        let path = Path::new("/proc").join(self.process.id().to_string()).join("schedstat");
        let text = fs::read_to_string(path).ok()?;
        Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
