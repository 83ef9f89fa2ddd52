//! The emulator's AWS services, as its root user.
//!
//! Calls are plain JSON: the emulator does not check the signature of its root user. Whoever is not root uses the SDK.

use reqwest::Client;
use serde_json::{Value, json};

use super::stack;

fn http() -> Client {
    // One per call: a pool that is shared would hold connections of runtimes of other tests, which have ended.
    Client::new()
}

/// Calls an action of a JSON service.
async fn call(service: &str, target: &str, version: &str, body: Value) -> Result<Value, String> {
    let scope = format!("Credential=test/20260101/us-east-1/{service}/aws4_request");
    let request = http()
        .post(&stack().emulator)
        .header("x-amz-target", target)
        .header("content-type", format!("application/x-amz-json-{version}"))
        .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"))
        .body(body.to_string());
    let response = request.send().await.map_err(|error| error.to_string())?;
    let status = response.status();
    let text = response.text().await.map_err(|error| error.to_string())?;
    if status.is_success() {
        return Ok(serde_json::from_str(&text).unwrap_or(Value::Null));
    }
    Err(format!("{target} answered {status}: {text}"))
}

/// Calls an action of SQS.
pub(crate) async fn sqs(action: &str, body: Value) -> Result<Value, String> {
    call("sqs", &format!("AmazonSQS.{action}"), "1.0", body).await
}

/// Calls an action of EventBridge.
pub(crate) async fn events(action: &str, body: Value) -> Result<Value, String> {
    call("events", &format!("AWSEvents.{action}"), "1.1", body).await
}

/// Calls an action of DynamoDB.
pub(crate) async fn dynamodb(action: &str, body: Value) -> Result<Value, String> {
    call("dynamodb", &format!("DynamoDB_20120810.{action}"), "1.0", body).await
}

/// Signs the first user in; the answer is their id token.
pub(crate) async fn sign_in() -> String {
    let stack = stack();
    let body = json!({
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": stack.user_pool_client,
        "AuthParameters": { "USERNAME": stack.user, "PASSWORD": stack.password },
    });
    let target = "AWSCognitoIdentityProviderService.InitiateAuth";
    let answer = call("cognito-idp", target, "1.1", body).await.expect("the first user signs in");
    answer["AuthenticationResult"]["IdToken"].as_str().expect("an id token").to_owned()
}

/// Runs a function and waits for its answer.
pub(crate) async fn invoke(function: &str, payload: &Value) -> Value {
    let stack = stack();
    let url = format!("{}/2015-03-31/functions/{}-{function}/invocations", stack.emulator, stack.name);
    let scope = "Credential=test/20260101/us-east-1/lambda/aws4_request";
    let request = http()
        .post(url)
        .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"))
        .body(payload.to_string());
    let response = request.send().await.expect("the emulator answers");
    let failed = response.headers().contains_key("x-amz-function-error");
    let (status, text) = (response.status(), response.text().await.unwrap_or_default());
    assert!(status.is_success() && !failed, "{function} answered {status}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Puts a message into a queue.
pub(crate) async fn ring(queue_url: &str, body: &Value) {
    let message = json!({ "QueueUrl": queue_url, "MessageBody": body.to_string() });
    sqs("SendMessage", message).await.expect("root may send");
}

/// How many messages a queue holds, those in flight included.
pub(crate) async fn depth(queue_url: &str) -> Result<u64, String> {
    let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    let answer = sqs("GetQueueAttributes", json!({ "QueueUrl": queue_url, "AttributeNames": names })).await?;
    let count = |name: &str| answer["Attributes"][name].as_str().and_then(|text| text.parse::<u64>().ok());
    names.iter().map(|name| count(name).ok_or(format!("{answer}"))).sum()
}

/// The URL of a queue by its name.
pub(crate) async fn queue_url(name: &str) -> Result<String, String> {
    let answer = sqs("GetQueueUrl", json!({ "QueueName": name })).await?;
    answer["QueueUrl"].as_str().map(str::to_owned).ok_or(format!("{answer}"))
}
