//! The Runtime API that a function polls, for one function.

use std::{
    io::{self, BufReader},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use crate::{Fallible, wire};

/// How long a function may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a function says.
enum Said {
    /// It asks for work.
    Next,
    /// It was handed work.
    Handed(Instant),
    /// It is done with it.
    Answer(Instant, Vec<u8>),
    /// It failed.
    Error(Vec<u8>),
}

/// The stub.
pub(crate) struct RuntimeApi {
    /// Where it listens.
    pub(crate) address: String,
    said: Receiver<Said>,
    work: Sender<String>,
}

/// A finished invocation.
pub(crate) struct Invocation {
    /// When the function had been handed its work.
    pub(crate) began: Instant,
    /// When its answer had arrived.
    pub(crate) ended: Instant,
    /// The answer.
    pub(crate) answer: Value,
}

impl RuntimeApi {
    /// Starts one.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let ((say, said), (work, todo)) = (channel(), channel());
        let todo = Arc::new(Mutex::new(todo));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (say, todo) = (say.clone(), todo.clone());
                // A function that ends closes its connections in the middle.
                thread::spawn(move || drop(serve(stream, &say, &todo)));
            }
        });
        Ok(Self { address, said, work })
    }

    /// Waits until the function asks for work.
    pub(crate) fn wait_for_next(&self) -> Fallible<Instant> {
        loop {
            match self.said.recv_timeout(PATIENCE)? {
                Said::Next => return Ok(Instant::now()),
                Said::Error(error) => return Err(String::from_utf8_lossy(&error).into_owned().into()),
                Said::Handed(_) | Said::Answer(..) => {}
            }
        }
    }

    /// Hands an event to the function, which must have asked; answers when it asks again.
    pub(crate) fn invoke(&self, event: &Value) -> Fallible<Invocation> {
        self.work.send(event.to_string())?;
        let mut began = None;
        let (ended, answer) = loop {
            match self.said.recv_timeout(PATIENCE)? {
                Said::Handed(at) => began = Some(at),
                Said::Answer(at, answer) => break (at, serde_json::from_slice(&answer)?),
                Said::Error(error) => return Err(String::from_utf8_lossy(&error).into_owned().into()),
                Said::Next => {}
            }
        };
        self.wait_for_next()?;
        Ok(Invocation { began: began.ok_or("an answer without work")?, ended, answer })
    }
}

fn serve(stream: TcpStream, say: &Sender<Said>, todo: &Mutex<Receiver<String>>) -> Fallible<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut number = 0;
    while let Some(request) = wire::read(&mut reader)? {
        let arrived = Instant::now();
        let line = request.first_line();
        if line.contains("/invocation/next") {
            say.send(Said::Next)?;
            let event = todo.lock().map_err(|_| "the work is lost")?.recv()?;
            number += 1;
            let deadline = SystemTime::now().duration_since(UNIX_EPOCH)? + PATIENCE;
            let headers = [
                ("content-type", "application/json".to_owned()),
                ("lambda-runtime-aws-request-id", format!("00000000-0000-4000-8000-{number:012}")),
                ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
                (
                    "lambda-runtime-invoked-function-arn",
                    "arn:aws:lambda:us-east-1:000000000000:function:bench".to_owned(),
                ),
                ("lambda-runtime-trace-id", "Root=1-68c1b5a4-0f3e2d1c4b5a69788796a5b4;Sampled=0".to_owned()),
            ];
            let began = Instant::now();
            wire::answer(&mut writer, "200 OK", &headers, event.as_bytes())?;
            say.send(Said::Handed(began))?;
        } else {
            wire::answer(&mut writer, "202 Accepted", &[], b"{\"status\":\"OK\"}")?;
            let good = line.contains("/response");
            say.send(if good { Said::Answer(arrived, request.body) } else { Said::Error(request.body) })?;
        }
    }
    Ok(())
}
