//! The emulator's DynamoDB: the one that `scripts/test` started, or one of this process's own.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::LazyLock,
};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};

use crate::calls::Calls;

static URL: LazyLock<String> =
    LazyLock::new(|| std::env::var("SWITCHTOWER_TEST_DYNAMODB").unwrap_or_else(|_| start_own()));

/// A client of the emulator's DynamoDB whose calls are counted.
pub fn client(calls: &Calls) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .endpoint_url(URL.as_str())
        .interceptor(calls.clone())
        .build();
    Client::from_conf(config)
}

/// Starts an emulator that ends with this process, because it ends when its standard input does.
fn start_own() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = root.join(".switchtower/tools/emulator/bin/python");
    assert!(python.exists(), "the emulator is not installed; run `scripts/test store`, which installs it");
    let child = Command::new(python)
        .arg("scripts/lib/test/with_emulator.py")
        .current_dir(&root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the emulator could not be started");
    url_of(child)
}

/// Reads the URL that the emulator prints. Its standard input stays open until this process ends.
fn url_of(mut child: Child) -> String {
    let mut url = String::new();
    let output = child.stdout.take().expect("standard output is a pipe");
    BufReader::new(output).read_line(&mut url).expect("the emulator printed no URL");
    std::mem::forget(child.stdin.take());
    let url = url.trim().to_owned();
    assert!(url.starts_with("http://"), "the emulator did not start; its output is above");
    url
}
