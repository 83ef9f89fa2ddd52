//! Every key of the table: one enum, one file. The delimiter is written nowhere else.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use switchtower_domain::{
    agent::AgentId,
    api_service::ApiServiceId,
    cluster::ClusterId,
    deployment::{DeploymentId, Generation},
    id::EventId,
    product_publish::ProductPublishId,
    tenant::TenantId,
};

/// Where an item stands.
#[expect(missing_docs, reason = "the fields are named after what they hold")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key<'a> {
    /// A resource of a tenant.
    Resource { tenant: TenantId, kind: &'a str, id: &'a str },
    /// That a resource of another tenant is shared with this one.
    Shared { tenant: TenantId, kind: &'a str, id: &'a str },
    /// What customers may subscribe to.
    Offer { publish: ProductPublishId },
    /// That a customer has a subscription to a publish.
    Subscribed { publish: ProductPublishId, customer: TenantId },
    /// The claim on a name.
    Name { tenant: TenantId, kind: &'a str, name: &'a str },
    /// A deployment.
    Deployment { cluster: ClusterId, id: DeploymentId },
    /// How often the cluster's desired state changed.
    DesiredVersion { cluster: ClusterId },
    /// An agent's last heartbeat.
    Liveness { cluster: ClusterId, agent: AgentId },
    /// A generation of a deployment.
    Generation { deployment: DeploymentId, generation: Generation },
    /// A part of its snapshot.
    Snapshot { deployment: DeploymentId, generation: Generation, part: usize },
    /// A part of an API service's routes and backends.
    Definition { service: ApiServiceId, part: usize },
    /// An event.
    Event { tenant: TenantId, id: EventId },
    /// What something is checked against.
    Auth { id: &'a str },
    /// A user's membership in a tenant.
    Member { user: &'a str, tenant: TenantId },
    /// The answer to a request with an idempotency key.
    Idempotency { digest: &'a str },
    /// A ticket for the live feed.
    Ticket { digest: &'a str },
    /// A connection of the live feed.
    Connection { id: &'a str },
    /// A connection's subscription to a channel.
    Subscriber { tenant: TenantId, channel: &'a str, connection: &'a str },
    /// That an event is sent on a connection's subscription.
    Sent { connection: &'a str, channel: &'a str, event: EventId },
    /// That an event is sent to those who subscribed.
    Broadcast { event: EventId },
    /// That a resource needs another one, which is the partition.
    Reference { target: &'a str, user: &'a str },
    /// How many resources need this one.
    ReferenceCount { target: &'a str },
    /// An event bus that holds clusters' rules.
    Bus { number: u32 },
    /// The bus on which a cluster has its place.
    Place { cluster: ClusterId },
    /// What a run of an agent counted in an hour of a deployment.
    UsageHour { deployment: DeploymentId, hour: Timestamp, agent: AgentId, run: &'a str },
    /// The same of a day, hour by hour.
    UsageDay { deployment: DeploymentId, day: Date, agent: AgentId, run: &'a str },
}

impl Key<'_> {
    /// The partition key.
    pub fn pk(&self) -> String {
        match self {
            Self::Resource { tenant, kind, .. } => tenant_kind(*tenant, kind),
            Self::Shared { tenant, kind, .. } => shared_partition(*tenant, kind),
            Self::Offer { publish } | Self::Subscribed { publish, .. } => publish.to_string(),
            Self::Name { tenant, kind, .. } => format!("T#{tenant}#NAME#{kind}"),
            Self::Deployment { cluster, .. }
            | Self::DesiredVersion { cluster }
            | Self::Liveness { cluster, .. }
            | Self::Place { cluster } => cluster_partition(*cluster),
            Self::Generation { deployment, .. } | Self::Snapshot { deployment, .. } => deployment.to_string(),
            Self::Definition { service, .. } => service.to_string(),
            Self::Event { tenant, id } => event_day(*tenant, day_of(id.timestamp_ms())),
            Self::Auth { id } => (*id).to_owned(),
            Self::Member { user, .. } => member_partition(user),
            Self::Idempotency { digest } => format!("IDEM#{digest}"),
            Self::Ticket { digest } => format!("TICKET#{digest}"),
            Self::Connection { id } => connection_partition(id),
            Self::Sent { connection, .. } => connection_partition(connection),
            Self::Broadcast { event } => format!("BROADCAST#{event}"),
            Self::Subscriber { tenant, channel, .. } => channel_partition(*tenant, channel),
            Self::Reference { target, .. } | Self::ReferenceCount { target } => (*target).to_owned(),
            Self::Bus { .. } => BUSES.to_owned(),
            Self::UsageHour { deployment, .. } | Self::UsageDay { deployment, .. } => usage_partition(*deployment),
        }
    }

    /// The sort key.
    pub fn sk(&self) -> String {
        match self {
            Self::Resource { id, .. } | Self::Shared { id, .. } => (*id).to_owned(),
            Self::Offer { .. } => "OFFER".to_owned(),
            Self::Subscribed { customer, .. } => format!("SUBSCRIBED#{customer}"),
            Self::Name { name, .. } => (*name).to_owned(),
            Self::Deployment { id, .. } => format!("{DEPLOYMENT}{id}"),
            Self::DesiredVersion { .. } => "VERSION".to_owned(),
            Self::Liveness { agent, .. } => format!("{LIVENESS}{agent}"),
            Self::Generation { generation, .. } => format!("{GENERATION}{:020}", generation.0),
            Self::Snapshot { generation, part, .. } => format!("{}{part:03}", snapshot_parts(*generation)),
            Self::Definition { part, .. } => format!("{DEFINITION}{part:03}"),
            Self::Event { id, .. } => id.to_string(),
            Self::Auth { .. } => "AUTH".to_owned(),
            Self::Member { tenant, .. } => format!("{MEMBER}{tenant}"),
            Self::Idempotency { .. } => "IDEM".to_owned(),
            Self::Ticket { .. } => "TICKET".to_owned(),
            Self::Connection { .. } => "CONNECTION".to_owned(),
            Self::Subscriber { connection, .. } => (*connection).to_owned(),
            Self::Sent { channel, event, .. } => format!("{SENT}{channel}#{event}"),
            Self::Broadcast { .. } => "BROADCAST".to_owned(),
            Self::Reference { user, .. } => format!("{REFERENCE}{user}"),
            Self::ReferenceCount { .. } => "REFS".to_owned(),
            Self::Bus { number } => format!("{number:06}"),
            Self::Place { .. } => "PLACE".to_owned(),
            Self::UsageHour { hour, agent, run, .. } => format!("{}#{agent}#{run}", usage_hour(*hour)),
            Self::UsageDay { day, agent, run, .. } => format!("{}#{agent}#{run}", usage_day(*day)),
        }
    }

    pub(crate) fn values(&self) -> [(String, AttributeValue); 2] {
        [("pk".to_owned(), AttributeValue::S(self.pk())), ("sk".to_owned(), AttributeValue::S(self.sk()))]
    }
}

/// The first letters of deployments' sort keys.
pub(crate) const DEPLOYMENT: &str = "DEP#";
/// The first letters of heartbeats' sort keys.
pub(crate) const LIVENESS: &str = "LIVE#";
/// The first letters of generations' sort keys.
pub(crate) const GENERATION: &str = "GEN#";
/// The first letters of snapshots' sort keys.
pub(crate) const SNAPSHOT: &str = "SNAP#";
/// The first letters of definitions' sort keys.
pub(crate) const DEFINITION: &str = "DEF#";
/// The first letters of memberships' sort keys.
pub(crate) const MEMBER: &str = "MEM#";
/// The first letters of the sort keys of what was sent.
pub(crate) const SENT: &str = "SENT#";
/// The partition of `gsi2` that holds events until they are relayed.
pub(crate) const OUTBOX: &str = "OUTBOX";
/// The partition of `gsi2` that holds agents by their last heartbeat.
pub(crate) const WATCH_LIVENESS: &str = "WATCH#liveness";
/// The first letters of references' sort keys.
pub(crate) const REFERENCE: &str = "REF#";
/// The first letters of references' sort keys where publishes refer to something.
pub(crate) const PUBLISH_REFERENCE: &str = "REF#pub_";
/// The partition that counts buses.
pub(crate) const BUSES: &str = "SYSTEM#BUS";

/// The partition of `gsi1` that holds what every tenant may subscribe to.
pub(crate) const MARKET: &str = "MARKET";

/// The partition of what is shared with a tenant, by kind.
pub(crate) fn shared_partition(tenant: TenantId, kind: &str) -> String {
    format!("T#{tenant}#SHARED#{kind}")
}

/// The partition of what went through a deployment.
pub(crate) fn usage_partition(deployment: DeploymentId) -> String {
    format!("USE#{deployment}")
}

/// The first letters of the sort keys of an hour's usage: they sort as hours do.
fn usage_hour(hour: Timestamp) -> String {
    format!("H#{}", hour.strftime("%Y-%m-%dT%H"))
}

/// The first letters of the sort keys of a day's usage.
fn usage_day(day: Date) -> String {
    format!("D#{day}")
}

/// Between which sort keys the usage of hours stands: that of `first`, that of `last`, and all between them.
pub(crate) fn usage_hours(first: Timestamp, last: Timestamp) -> [String; 2] {
    between(usage_hour(first), usage_hour(last))
}

/// Between which sort keys the usage of days stands.
pub(crate) fn usage_days(first: Date, last: Date) -> [String; 2] {
    between(usage_day(first), usage_day(last))
}

/// `$` sorts right after `#`, so it ends all keys that begin with `last` and a `#`.
fn between(first: String, last: String) -> [String; 2] {
    [format!("{first}#"), format!("{last}$")]
}

/// The partition of a tenant's resources of one kind.
pub(crate) fn tenant_kind(tenant: TenantId, kind: &str) -> String {
    format!("T#{tenant}#{kind}")
}

/// The partition of `gsi1` for a tenant's resources of one kind under something.
pub(crate) fn tenant_group(tenant: TenantId, kind: &str, group: &str) -> String {
    format!("T#{tenant}#{kind}#{group}")
}

/// The partition of `gsi2` that holds resources of one kind by when they are due.
pub(crate) fn watch(kind: &str) -> String {
    format!("WATCH#{kind}")
}

/// The partition of a cluster.
pub(crate) fn cluster_partition(cluster: ClusterId) -> String {
    format!("C#{cluster}")
}

/// The sort keys of the parts of a snapshot.
pub(crate) fn snapshot_parts(generation: Generation) -> String {
    format!("{SNAPSHOT}{:020}#", generation.0)
}

/// The partition of a day of a tenant's log.
pub(crate) fn event_day(tenant: TenantId, day: impl std::fmt::Display) -> String {
    format!("T#{tenant}#EVENT#{day}")
}

/// The partition of `gsi1` for a tenant's events about one subject.
pub(crate) fn event_subject(tenant: TenantId, subject: &str) -> String {
    format!("T#{tenant}#SUBJECT#{subject}")
}

/// The partition of a user.
pub(crate) fn member_partition(user: &str) -> String {
    format!("USER#{user}")
}

/// The partition of a connection.
pub(crate) fn connection_partition(connection: &str) -> String {
    format!("CON#{connection}")
}

/// The partition of a channel's subscribers.
pub(crate) fn channel_partition(tenant: TenantId, channel: &str) -> String {
    format!("T#{tenant}#CHANNEL#{channel}")
}

/// The sort key of something due at a time.
pub(crate) fn due(at: Timestamp, id: &str) -> String {
    format!("{}#{id}", due_time(at))
}

/// The first letters of the sort keys of what is due at a time: they sort as times do.
pub(crate) fn due_time(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The UTC day of a time in milliseconds.
pub(crate) fn day_of(milliseconds: u64) -> Date {
    let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
    let timestamp = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX);
    timestamp.to_zoned(TimeZone::UTC).date()
}
