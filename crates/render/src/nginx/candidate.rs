//! Routes as candidates for a request: what each one demands, and which one goes before which.

use std::cmp::Reverse;

use switchtower_domain::{
    api_service::{Method, PathMatch, PathMatchType, Route, ValueMatch},
    hostname,
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{arg::exactly, encode, tree::Shape};
use crate::{
    check::template::{ANY, Template},
    effective::Treatment,
};

/// Bounds the work that one expression may be: nginx backtracks where RE2 does not.
const LIMIT: &str = "(*LIMIT_MATCH=20000)";

/// A route that may answer a request.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) service: &'a ApiServicePart,
    pub(super) route: &'a Route,
    pub(super) treatment: Treatment<'a>,
    /// What is known of its paths.
    pub(super) shape: Shape,
}

/// How specific a candidate is for a host; the smaller goes first. The last two are where it stands in the snapshot.
type Rank = (Reverse<usize>, u8, Reverse<usize>, bool, Reverse<usize>, Reverse<usize>, Reverse<i16>, usize);

/// All routes of a snapshot.
pub(super) fn all(snapshot: &Snapshot) -> Vec<Candidate<'_>> {
    let routes =
        snapshot.api_services.iter().flat_map(|service| service.routes.iter().map(move |route| (service, route)));
    routes
        .map(|(service, route)| Candidate {
            service,
            route,
            treatment: Treatment::of(snapshot, service, route),
            shape: shape(&route.spec.path),
        })
        .collect()
}

/// The candidates for a host name of a listener, in the order in which they are tried.
pub(super) fn ordered(candidates: &[Candidate<'_>], listener: Option<&str>, host: &str) -> Vec<usize> {
    let mut ranked: Vec<(Rank, usize)> = candidates
        .iter()
        .enumerate()
        .filter_map(|(index, candidate)| {
            let own = candidate.hosts(listener).filter(|own| own == "*" || hostname::covers(own, host));
            own.map(|own| own.len()).max().map(|length| (candidate.rank(length, index), index))
        })
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(_, index)| index).collect()
}

impl Candidate<'_> {
    /// The host names that it answers on a listener; `*` for all.
    pub(super) fn hosts(&self, listener: Option<&str>) -> impl Iterator<Item = String> {
        let all = self.treatment.hostnames.is_empty().then(|| listener.unwrap_or("*").to_owned());
        let narrow = move |own: &String| match listener {
            None => Some(own.clone()),
            Some(listener) if hostname::covers(listener, own) => Some(own.clone()),
            Some(listener) => hostname::covers(own, listener).then(|| listener.to_owned()),
        };
        all.into_iter().chain(self.treatment.hostnames.iter().filter_map(narrow))
    }

    fn rank(&self, host: usize, index: usize) -> Rank {
        let spec = &self.route.spec;
        let kind = match spec.path.kind {
            PathMatchType::Exact => 0,
            PathMatchType::Regex => 1,
            PathMatchType::Prefix => 2,
        };
        (
            Reverse(host),
            kind,
            Reverse(normal(&spec.path).len()),
            spec.methods.is_empty(),
            Reverse(spec.headers.len()),
            Reverse(spec.query_params.len()),
            Reverse(spec.priority),
            index,
        )
    }

    /// Everything that the request must have beside method and path.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (Part, &ValueMatch)> {
        let headers = self.route.spec.headers.iter().map(|header| (Part::Header, header));
        headers.chain(self.route.spec.query_params.iter().map(|parameter| (Part::Query, parameter)))
    }

    /// An expression for `<flags> <method> <path>`, where the flags are those of a list of conditions.
    pub(super) fn pattern(&self, flags: &str) -> String {
        let flags = if flags.is_empty() { String::new() } else { format!("{flags} ") };
        let limit = if self.route.spec.path.kind == PathMatchType::Regex { LIMIT } else { "" };
        format!(r"{limit}^{flags}{} {}\z", self.methods(), path(&self.route.spec.path))
    }

    fn methods(&self) -> String {
        let own = &self.route.spec.methods;
        if own.is_empty() {
            return "[^ ]+".to_owned();
        }
        let named: Vec<&str> = own.iter().map(|method| method.as_str()).collect();
        let mut methods = named.join("|");
        if own.contains(&Method::Options) {
            methods.push_str("|PREFLIGHT-[A-Za-z]+");
        } else if self.treatment.cors.is_some() {
            methods.push_str(&format!("|PREFLIGHT-(?:{})", named.join("|")));
        }
        format!("(?:{methods})")
    }
}

/// Where a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// In a header.
    Header,
    /// In the query.
    Query,
}

/// Prefixes go by whole segments, so `/v1/` is `/v1`.
pub(super) fn normal(path: &PathMatch) -> &str {
    match path.kind {
        PathMatchType::Prefix => path.value.trim_end_matches('/'),
        PathMatchType::Exact | PathMatchType::Regex => &path.value,
    }
}

fn path(path: &PathMatch) -> String {
    let literal = || exactly(&encode::decode(normal(path)));
    match path.kind {
        PathMatchType::Exact => literal(),
        PathMatchType::Prefix if normal(path).is_empty() => r"/[\s\S]*".to_owned(),
        PathMatchType::Prefix => format!(r"{}(?:/[\s\S]*)?", literal()),
        PathMatchType::Regex => format!("(?:{})", path.value),
    }
}

fn shape(path: &PathMatch) -> Shape {
    let known = |segment: &str| {
        let decoded = String::from_utf8(encode::decode(segment)).ok()?;
        (!decoded.chars().any(char::is_control)).then_some(decoded)
    };
    match path.kind {
        PathMatchType::Exact | PathMatchType::Prefix => Shape {
            segments: normal(path).split('/').skip(1).map(known).collect(),
            whole: path.kind == PathMatchType::Exact,
        },
        PathMatchType::Regex => {
            let template = Template::of(&path.value);
            let last = template.segments.len().saturating_sub(1);
            let partial = |index: usize| index == last && !template.whole;
            let known = |(index, segment): (usize, &String)| {
                (!segment.contains(ANY) && !partial(index)).then(|| segment.clone())
            };
            let mut segments: Vec<_> = template.segments.iter().enumerate().skip(1).map(known).collect();
            if !template.whole {
                // What is known of the last one is how it begins, and it may be missing altogether.
                segments.pop();
            }
            Shape { segments, whole: template.whole }
        }
    }
}

#[cfg(test)]
mod tests {
    use switchtower_domain::api_service::{PathMatch, PathMatchType};

    use super::{path, shape};

    fn of(kind: PathMatchType, value: &str) -> PathMatch {
        PathMatch { kind, value: value.to_owned() }
    }

    #[test]
    fn a_prefix_goes_by_whole_segments() {
        let expression = regex::Regex::new(&format!("^{}$", path(&of(PathMatchType::Prefix, "/v1/")))).unwrap();
        for good in ["/v1", "/v1/", "/v1/x"] {
            assert!(expression.is_match(good), "{good}");
        }
        assert!(!expression.is_match("/v12"));
    }

    #[test]
    fn shapes_tell_what_is_certain_and_no_more() {
        let known = |kind, value: &str| {
            let shape = shape(&of(kind, value));
            let segments: Vec<_> = shape.segments.iter().map(|one| one.as_deref().unwrap_or("?")).collect();
            (segments.join(","), shape.whole)
        };
        assert_eq!(known(PathMatchType::Exact, "/a/b%20c"), ("a,b c".to_owned(), true));
        assert_eq!(known(PathMatchType::Prefix, "/a/b/"), ("a,b".to_owned(), false));
        assert_eq!(known(PathMatchType::Prefix, "/"), (String::new(), false));
        assert_eq!(known(PathMatchType::Regex, "/a/[^/]+/b"), ("a,?,b".to_owned(), true));
        assert_eq!(known(PathMatchType::Regex, "/a/b.*"), ("a".to_owned(), false));
        assert_eq!(known(PathMatchType::Regex, "/a/b(/c)?"), ("a".to_owned(), false));
        assert_eq!(known(PathMatchType::Regex, "/a|/b"), (String::new(), false));
    }
}
