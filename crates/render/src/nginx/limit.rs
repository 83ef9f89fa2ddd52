//! Rate limits: one bucket for each route, in zones that all workers share.

use std::collections::BTreeSet;

use switchtower_domain::policy::{RateLimit, RateUnit};

use super::{arg::Arg, conf::Conf, host::NONE_LEFT, names::Names};

/// Headers that are the gateway's to set on limited routes.
pub(super) const HEADERS: [&str; 3] = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

/// The zones of a deployment, by rate.
#[derive(Debug, Default)]
pub(super) struct Limits {
    zones: BTreeSet<String>,
}

/// How a location limits.
#[derive(Debug)]
pub(super) struct Limit {
    /// The arguments of `limit_req`.
    pub(super) zone: Vec<Arg>,
    /// The headers of answers.
    pub(super) headers: Vec<(&'static str, Arg)>,
}

impl Limits {
    /// The limit of a route. `requests` may come at once, or `burst` of them; then as many as the rate lets through.
    pub(super) fn of(&mut self, limit: &RateLimit, names: &Names, conf: &mut Conf) -> Limit {
        let (unit, seconds) = match limit.unit {
            RateUnit::Second => ("s", 1_u64),
            // Longer ones are refused beforehand.
            RateUnit::Minute | RateUnit::Hour | RateUnit::Day => ("m", 60),
        };
        let rate = format!("{}r/{unit}", limit.requests);
        let wait = seconds.div_ceil(u64::from(limit.requests.max(1))).max(1);
        let zone = names.name(&format!("rate_{}{unit}", limit.requests));
        let retry = names.variable(&format!("retry_{}{unit}", limit.requests));
        if self.zones.insert(rate.clone()) {
            let shared = Arg::plain(&format!("zone={zone}:1m"));
            let rate = Arg::plain(&format!("rate={rate}"));
            conf.line("limit_req_zone", &[Arg::template(&names.variable("route")), shared, rate]);
            tell(&retry, &wait.to_string(), conf);
        }
        let burst = limit.burst.unwrap_or(limit.requests).saturating_sub(1);
        let mut arguments = vec![Arg::plain(&format!("zone={zone}"))];
        if burst > 0 {
            arguments.extend([Arg::plain(&format!("burst={burst}")), "nodelay".into()]);
        }
        let retry = Arg::template(&retry);
        let headers = vec![
            ("X-RateLimit-Limit", u64::from(limit.requests).into()),
            ("X-RateLimit-Remaining", NONE_LEFT.into()),
            ("X-RateLimit-Reset", retry.clone()),
            ("Retry-After", retry),
        ];
        Limit { zone: arguments, headers }
    }
}

/// A variable that is empty unless a request was refused for its rate.
fn tell(variable: &str, value: &str, conf: &mut Conf) {
    conf.block("map", &["$limit_req_status".into(), Arg::template(variable)], |conf| {
        conf.pair(&"default".into(), &Arg::plain(""));
        conf.pair(&"REJECTED".into(), &Arg::plain(value));
    });
}
