//! The outbox, run by the table's stream and by the scheduler.

use std::{process::ExitCode, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchtower_control::outbox::Outbox;
use switchtower_store::event::{Unrelayed, from_image};

use crate::{
    Host,
    config::{ConfigError, required},
    event_bus::Buses,
    serve,
};

/// Records of the stream, each in DynamoDB's own JSON: one that cannot be read must not take the others with it.
#[derive(Debug, Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

/// The records that must come again.
#[derive(Debug, PartialEq, Serialize)]
struct Failures {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Failure {
    /// The record's sequence number; an unknown one brings the whole batch again.
    #[serde(rename = "itemIdentifier")]
    identifier: String,
}

/// Serves the table's stream.
pub fn relay() -> ExitCode {
    serve::events("worker-outbox-relay", |host| {
        let outbox = Arc::new(outbox(host)?);
        Ok(move |batch: Batch| {
            let outbox = outbox.clone();
            async move { Ok(relay_batch(&outbox, batch).await) }
        })
    })
}

/// Serves the scheduler's events, which say nothing; each runs the sweep once.
pub fn sweep() -> ExitCode {
    serve::events("worker-outbox-sweep", |host| {
        let outbox = Arc::new(outbox(host)?);
        Ok(move |_: Value| {
            let outbox = outbox.clone();
            async move {
                let swept = outbox.sweep(jiff::Timestamp::now()).await?;
                tracing::info!(
                    published = swept.published,
                    failed = swept.failed,
                    unreadable = swept.unreadable,
                    "swept the outbox"
                );
                Ok(swept)
            }
        })
    })
}

fn outbox(host: &Host) -> Result<Outbox, ConfigError> {
    let client = aws_sdk_eventbridge::Client::new(&host.aws);
    let bus = Buses { client, main: required("EVENT_BUS_NAME")? };
    Ok(Outbox::new(host.store.clone(), Arc::new(bus)))
}

async fn relay_batch(outbox: &Outbox, batch: Batch) -> Failures {
    let (readable, poison) = read(&batch.records);
    let (numbers, events): (Vec<_>, Vec<_>) = readable.into_iter().unzip();
    let published = outbox.relay(events).await;
    let refused = numbers.into_iter().zip(published).filter(|(_, published)| !published).map(|(number, _)| number);
    let failures = poison.into_iter().chain(refused).map(|identifier| Failure { identifier });
    Failures { failures: failures.collect() }
}

/// The new events of a batch by their sequence numbers, and the numbers of records that cannot be read.
fn read(records: &[Value]) -> (Vec<(String, Unrelayed)>, Vec<String>) {
    let (mut readable, mut poison) = (Vec::new(), Vec::new());
    for record in records {
        let text = |pointer| record.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        // The filter of the template lets only these through; it is asked again because everything hangs on it.
        if text("/eventName") != "INSERT" || text("/dynamodb/NewImage/kind/S") != "event" {
            continue;
        }
        let number = text("/dynamodb/SequenceNumber").to_owned();
        let image = record.pointer("/dynamodb/NewImage").cloned().unwrap_or_default();
        match from_image(image) {
            Ok(event) => readable.push((number, event)),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(sequence_number = number, error, "a record of the stream is no event");
                poison.push(number);
            }
        }
    }
    (readable, poison)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(number: &str, image: Value) -> Value {
        json!({ "eventName": "INSERT", "dynamodb": { "SequenceNumber": number, "NewImage": image } })
    }

    #[test]
    fn the_sample_batch_is_read() {
        let sample = include_str!("../../../events/worker-outbox-relay.json");
        let batch: Batch = serde_json::from_str(sample).unwrap();
        let (readable, poison) = read(&batch.records);
        assert_eq!(poison, Vec::<String>::new());
        let [(number, unrelayed)] = readable.as_slice() else { panic!("one event") };
        assert_eq!(number, "111");
        assert!(unrelayed.rings);
        assert_eq!(unrelayed.event.kind, "deployment.desired");
    }

    #[test]
    fn a_poison_record_is_reported_by_its_number_and_its_siblings_are_read() {
        let good = serde_json::from_str::<Batch>(include_str!("../../../events/worker-outbox-relay.json")).unwrap();
        let mut records = good.records;
        records.insert(0, record("7", json!({ "kind": { "S": "event" }, "doc": { "S": "nonsense" } })));
        records.insert(0, record("8", json!({ "kind": { "S": "event" }, "doc": { "what": 1 } })));
        let (readable, poison) = read(&records);
        assert_eq!((readable.len(), poison), (1, vec!["8".to_owned(), "7".to_owned()]));
    }

    #[test]
    fn other_rows_are_passed_over() {
        let other = record("9", json!({ "kind": { "S": "cluster" } }));
        let gone = json!({ "eventName": "REMOVE", "dynamodb": { "SequenceNumber": "10" } });
        let (readable, poison) = read(&[other, gone, json!("nonsense")]);
        assert!(readable.is_empty() && poison.is_empty());
    }

    #[test]
    fn failures_are_told_as_lambda_reads_them() {
        let failures = Failures { failures: vec![Failure { identifier: "7".to_owned() }] };
        let json = json!({ "batchItemFailures": [{ "itemIdentifier": "7" }] });
        assert_eq!(serde_json::to_value(failures).unwrap(), json);
    }
}
