//! The cluster's queue on SQS, with credentials of the control plane that open this one queue.

mod message;

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use aws_sdk_sqs::{
    Client,
    config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};
use switchtower_protocol::queue::QueueCredentials;
use tokio::sync::Mutex;

use self::message::doorbell;
use crate::port::{Clock, ControlPlane, Message, Queue, QueueError};

/// How long SQS waits for a message, in seconds; the most that it allows.
const WAIT_SECONDS: i32 = 20;
/// The most messages at once; the most that SQS allows.
const BATCH: i32 = 10;
/// How long until a message that is not dealt with comes again, in seconds.
const VISIBILITY_SECONDS: i32 = 60;
/// What a request may take beyond its wait.
const GRACE: Duration = Duration::from_secs(15);

/// SQS's words for credentials that do not, or no more, open the queue; or for a queue that is another by now.
const DENIALS: [&str; 11] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "RequestExpired",
    "UnrecognizedClientException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
];

/// The queue.
pub struct SqsQueue<C, K> {
    control: C,
    clock: K,
    session: Mutex<Option<Session>>,
}

/// Credentials in use.
#[derive(Clone)]
struct Session {
    client: Client,
    queue_url: String,
    renew_at: jiff::Timestamp,
}

impl<C: ControlPlane, K: Clock> SqsQueue<C, K> {
    /// The queue of the agent's cluster; credentials are had when they are needed.
    pub fn new(control: C, clock: K) -> Self {
        Self { control, clock, session: Mutex::new(None) }
    }

    async fn session(&self) -> Result<Session, QueueError> {
        let mut kept = self.session.lock().await;
        let now = self.clock.now();
        if let Some(session) = kept.as_ref().filter(|session| now < session.renew_at) {
            return Ok(session.clone());
        }
        let credentials = match self.control.queue_credentials().await {
            Ok(credentials) => credentials,
            Err(error) if error.has_code("cluster_not_provisioned") => return Err(QueueError::NotReady),
            Err(error) => return Err(error.into()),
        };
        tracing::debug!(queue = %credentials.queue_url, until = %credentials.expires_at, "new queue credentials");
        // With a fifth of their time left, there is time for a control plane that is away for a while.
        let lifetime = credentials.expires_at.as_second().saturating_sub(now.as_second()).max(0);
        let renew_at = now.checked_add(jiff::SignedDuration::from_secs(lifetime / 5 * 4)).unwrap_or(now);
        let session = Session { queue_url: credentials.queue_url.clone(), client: client(credentials), renew_at };
        *kept = Some(session.clone());
        Ok(session)
    }

    async fn call<T, E, F>(&self, call: F) -> Result<T, QueueError>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E>>> + Send,
        T: Send,
    {
        match call.await {
            Ok(answer) => Ok(answer),
            Err(error) if error.code().is_some_and(|code| DENIALS.contains(&code)) => {
                *self.session.lock().await = None;
                Err(QueueError::Denied(error.code().unwrap_or_default().to_owned()))
            }
            Err(error) => Err(QueueError::Unavailable(DisplayErrorContext(&error).to_string())),
        }
    }
}

fn client(credentials: QueueCredentials) -> Client {
    let wait = Duration::from_secs(u64::from(WAIT_SECONDS.unsigned_abs()));
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(wait + GRACE).build();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(credentials.region))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .credentials_provider(Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            Some(SystemTime::from(credentials.expires_at)),
            "switchtower",
        ));
    let config = match credentials.endpoint_url {
        Some(endpoint) => config.endpoint_url(endpoint),
        None => config,
    };
    Client::from_conf(config.build())
}

impl<C: ControlPlane, K: Clock> Queue for SqsQueue<C, K> {
    async fn receive(&self) -> Result<Vec<Message>, QueueError> {
        let Session { client, queue_url, .. } = self.session().await?;
        let call = client
            .receive_message()
            .queue_url(queue_url)
            .wait_time_seconds(WAIT_SECONDS)
            .visibility_timeout(VISIBILITY_SECONDS)
            .max_number_of_messages(BATCH)
            .send();
        let answer = self.call(call).await?;
        let messages = answer.messages.unwrap_or_default().into_iter();
        Ok(messages
            .filter_map(|message| {
                let doorbell = message.body.as_deref().and_then(doorbell);
                message.receipt_handle.map(|receipt| Message { receipt, doorbell })
            })
            .collect())
    }

    async fn delete(&self, receipt: &str) -> Result<(), QueueError> {
        let Session { client, queue_url, .. } = self.session().await?;
        let call = client.delete_message().queue_url(queue_url).receipt_handle(receipt).send();
        self.call(call).await.map(|_| ())
    }

    async fn release(&self, receipt: &str) -> Result<(), QueueError> {
        let Session { client, queue_url, .. } = self.session().await?;
        let call = client.change_message_visibility().queue_url(queue_url).receipt_handle(receipt);
        self.call(call.visibility_timeout(0).send()).await.map(|_| ())
    }
}
