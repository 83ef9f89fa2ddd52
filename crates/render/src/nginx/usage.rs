//! The log that traffic is counted from: a line for each request of a deployment, with what is counted and nothing else.
//!
//! ```text
//!   dep_01k…  1760000000.123  200    0.012    5120   client-1
//!   whose     ended at, s     status took, s  bytes  client, where one is known
//! ```
//!
//! Tabs are between. INVARIANT: nothing in a line is what a caller wrote; a client's id is the operator's name for it.
//! nginx writes the line when it is done with a request, so one that is sent from location to location is there once.

use switchtower_domain::deployment::DeploymentId;

use super::{arg::Arg, auth::ApiKeys, conf::Conf, host::USAGE_LOG, names::Names};

/// The form of the lines of a deployment. Its id stands in it as text, so that a request costs no variable more.
pub(super) fn format(id: DeploymentId, names: &Names, keys: Option<ApiKeys<'_>>, conf: &mut Conf) {
    let client = keys.map(|_| names.variable("client")).unwrap_or_default();
    let line = format!("{id}\t$msec\t$status\t$request_time\t$bytes_sent\t{client}");
    conf.line("log_format", &[name(names), "escape=json".into(), Arg::template(&line)]);
}

/// Has a server write them. All deployments of a host write to one file, and so must ask for the same buffer.
pub(super) fn log(names: &Names, conf: &mut Conf) {
    conf.line("access_log", &[Arg::plain(USAGE_LOG), name(names), "buffer=32k".into(), "flush=1s".into()]);
}

fn name(names: &Names) -> Arg {
    Arg::plain(&names.name("usage"))
}
