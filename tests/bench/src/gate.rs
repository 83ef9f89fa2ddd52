//! Stands between a function and the emulator's AWS, and takes down every call: when, which, how large, how dear.

use std::{
    io::{self, BufRead, BufReader},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use crate::{
    capacity::{self, Units},
    dynamo::Dynamo,
    wire::{self, Message},
};

/// One call of AWS.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// When its first byte arrived.
    pub(crate) began: Instant,
    /// When the last byte of its answer had been sent.
    pub(crate) ended: Instant,
    /// What was called, such as `GetItem`.
    pub(crate) action: String,
    /// Bytes of both bodies.
    pub(crate) bytes: usize,
    /// What DynamoDB would charge; zero while nothing is weighed.
    pub(crate) units: Units,
}

/// The gate.
pub(crate) struct Gate {
    /// Where it listens.
    pub(crate) address: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    calls: Mutex<Vec<Call>>,
    weighing: AtomicBool,
}

impl Gate {
    /// Opens a gate in front of an address.
    pub(crate) fn open(upstream: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            calls: Mutex::default(),
            weighing: AtomicBool::new(false),
        });
        let serving = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = serving.clone();
                // A function that ends closes its connections in the middle.
                thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        Ok(Self { address, shared })
    }

    /// The calls since this was asked last.
    pub(crate) fn take(&self) -> Vec<Call> {
        self.shared.calls.lock().map(|mut calls| std::mem::take(&mut *calls)).unwrap_or_default()
    }

    /// Whether calls are weighed, which reads what they write and so costs time.
    pub(crate) fn weigh(&self, weighing: bool) {
        self.shared.weighing.store(weighing, Ordering::SeqCst);
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        let mut upstream = wire::connect(&self.upstream)?;
        while !reader.fill_buf()?.is_empty() {
            let began = Instant::now();
            let Some(request) = wire::read(&mut reader)? else { break };
            let action = action(&request);
            let scale = self.weighing.load(Ordering::SeqCst).then(|| Dynamo::new(&self.upstream));
            let before = scale.as_ref().map(|dynamo| capacity::images(dynamo, &action, &request.body));
            wire::write(upstream.get_mut(), &request)?;
            let Some(answer) = wire::read(&mut upstream)? else { break };
            let units = match (&scale, before) {
                (Some(dynamo), Some(before)) => capacity::weigh(dynamo, &action, &request.body, &answer.body, &before),
                _ => Units::default(),
            };
            wire::write(&mut writer, &answer)?;
            let bytes = request.body.len() + answer.body.len();
            let call = Call { began, ended: Instant::now(), action, bytes, units };
            if let Ok(mut calls) = self.calls.lock() {
                calls.push(call);
            }
        }
        Ok(())
    }
}

/// The name of the action: of DynamoDB's, SQS's and EventBridge's header, or of STS's form.
fn action(request: &Message) -> String {
    if let Some(target) = request.header("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let body = String::from_utf8_lossy(&request.body);
    let form = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
    form.unwrap_or_else(|| request.first_line())
}
