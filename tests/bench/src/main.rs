//! Measures the functions as Lambda would run them, and tells what they would cost.
//!
//! ```text
//!   bench: Runtime API stub --event--> function process --AWS calls--> gate --> emulator
//!               <--answer--                                 takes down every call
//! ```
//!
//! The time of a request that is a function's own is from the event's last byte to the answer's last byte, without the
//! moments in which any AWS call was under way. The tenant, its API key, its cluster and its agent are made by the very
//! functions; the bench is their users' identity provider.

mod capacity;
mod compute;
mod cost;
mod dynamo;
mod estate;
mod function;
mod gate;
mod identity;
mod measure;
mod operations;
mod request;
mod runtime_api;
mod table;
mod traffic;
mod wire;

use std::{collections::BTreeMap, error::Error, fs, path::PathBuf, process::ExitCode};

use serde_json::json;

use crate::{
    dynamo::Dynamo,
    estate::Estate,
    function::Functions,
    gate::Gate,
    identity::{AUDIENCE, Idp},
    measure::{Effort, FunctionResult, OperationResult},
    operations::Operation,
};

/// What may fail says why, in a sentence for the person who measures.
type Fallible<T> = Result<T, Box<dyn Error>>;

const STACK: &str = "bench";
const RESULT: &str = ".switchtower/bench.json";
const LOG: &str = ".switchtower/logs/bench-functions.log";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything could be measured.
fn run() -> Fallible<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let only = arguments.iter().skip_while(|argument| *argument != "--only").nth(1);
    let wanted = |function: &str| only.is_none_or(|only| only == function);
    let effort = if quick { Effort { starts: 5, requests: 40 } } else { Effort { starts: 21, requests: 1000 } };
    let emulator = std::env::var("SWITCHTOWER_TEST_DYNAMODB").map_err(|_| "start this with scripts/bench")?;
    let emulator = emulator.trim_start_matches("http://").to_owned();
    let folder = std::env::var_os("SWITCHTOWER_FUNCTIONS").map_or_else(|| "target/lambda".into(), PathBuf::from);

    println!("• Computing ...");
    let mut computations = compute::all(if quick { 5 } else { 51 })?;
    println!("• Publishing to nginx ...");
    computations.extend(traffic::all(if quick { 5 } else { 50 })?);
    println!("• Making a tenant and all that it needs ...");
    let dynamo = Dynamo::new(&emulator);
    dynamo.create_table(&format!("{STACK}-table"))?;
    let gate = Gate::open(&emulator)?;
    let idp = Idp::start()?;
    let functions = Functions { folder, environment: environment(&gate, &idp), log: LOG.into() };
    fs::write(LOG, "")?;
    let names: Vec<_> = functions.built()?.into_iter().filter(|name| wanted(name)).collect();
    let mut estate = Estate::make(functions, idp)?;

    let (mut functions, mut problems) = (BTreeMap::new(), Vec::new());
    for name in &names {
        println!("• Starting {name}, {} times ...", effort.starts);
        match measure::starts(&estate, &gate, name, effort) {
            Ok(result) => drop(functions.insert(name.clone(), result)),
            Err(error) => problems.push(error.to_string()),
        }
    }
    let chosen: Vec<_> = operations::ALL.iter().filter(|operation| wanted(operation.function)).collect();
    let operations = measure_operations(&mut estate, &gate, effort, &chosen, &mut functions, &mut problems);
    let functions: Vec<_> = functions.into_values().collect();
    let bills = cost::bills(&operations);

    table::functions(&functions);
    table::operations(&operations);
    table::computations(&computations);
    table::bills(&bills);
    if !problems.is_empty() {
        println!("\nNot measured");
        problems.iter().for_each(|problem| println!("  {problem}"));
    }
    let result = json!({
        "load": load(), "functions": functions, "operations": operations, "computations": computations,
        "bills": bills, "not_measured": problems,
    });
    fs::write(RESULT, serde_json::to_string_pretty(&result)? + "\n")?;
    println!("\nLoad of the machine at the end: {}. All of it as JSON: {RESULT}", load());
    Ok(problems.is_empty())
}

/// Runs every operation; each function gets its requests in one process.
fn measure_operations(
    estate: &mut Estate,
    gate: &Gate,
    effort: Effort,
    operations: &[&Operation],
    functions: &mut BTreeMap<String, FunctionResult>,
    problems: &mut Vec<String>,
) -> Vec<OperationResult> {
    let (mut results, mut running) = (Vec::new(), BTreeMap::new());
    for operation in operations {
        let siblings = operations.iter().filter(|other| other.function == operation.function).count();
        let requests = effort.requests.div_ceil(u32::try_from(siblings).unwrap_or(1));
        println!("• Running {}, {requests} times ...", operation.name);
        let mut measure = || -> Fallible<OperationResult> {
            if !running.contains_key(operation.function) {
                running.insert(operation.function, estate.fresh(operation.function)?);
            }
            let process = running.get(operation.function).ok_or("the function is gone")?;
            let result = measure::operation(estate, gate, process, operation, requests)?;
            if let Some(function) = functions.get_mut(operation.function) {
                function.requests += requests;
                function.resident_after = Some(process.resident()?);
            }
            Ok(result)
        };
        match measure() {
            Ok(result) => results.push(result),
            Err(error) => {
                problems.push(format!("{}: {error}", operation.name));
                // It may still be at work on what failed.
                running.remove(operation.function);
            }
        }
    }
    results
}

/// What the templates tell functions, with the gate in place of AWS.
fn environment(gate: &Gate, idp: &Idp) -> Vec<(&'static str, String)> {
    let endpoint = format!("http://{}", gate.address);
    let fixed = [
        ("STACK_NAME", STACK),
        ("TABLE_NAME", "bench-table"),
        ("EVENT_BUS_NAME", "bench-events"),
        ("CLUSTER_BUS_PREFIX", "bench-clusters-"),
        ("CLUSTER_QUEUE_PREFIX", "bench-cluster-"),
        ("QUEUE_ROLE_ARN", "arn:aws:iam::000000000000:role/bench-queue"),
        ("WEBSOCKET_URL", "wss://bench.example.com/v1"),
        ("API_AUDIENCE", AUDIENCE),
        ("OIDC_AUDIENCE", AUDIENCE),
        ("LOG_LEVEL", "info"),
        ("FAST_DOORBELL", "on"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
    ];
    let own = [
        ("OIDC_ISSUER", idp.issuer.clone()),
        ("OIDC_JWKS_URL", format!("{}/keys", idp.issuer)),
        ("WEBSOCKET_MANAGEMENT_URL", endpoint.clone()),
        ("AWS_ENDPOINT_URL", endpoint),
        ("SSL_CERT_FILE", certificate_file()),
    ];
    fixed.into_iter().map(|(name, value)| (name, value.to_owned())).chain(own).collect()
}

/// Where this machine keeps the certificates of authorities: the templates name the file of Amazon Linux.
fn certificate_file() -> String {
    let known = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"];
    known.into_iter().find(|path| std::path::Path::new(path).is_file()).unwrap_or_default().to_owned()
}

/// The load of the last minute; times are longer on a machine that is busy.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
