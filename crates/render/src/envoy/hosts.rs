//! The host names of HTTPRoutes: see the crate's documentation.

use std::collections::BTreeSet;

use switchtower_domain::hostname::covers;
use switchtower_protocol::snapshot::Snapshot;

use crate::limit;

/// The host names of one HTTPRoute; whatever the listeners have, when empty.
pub(super) type Names<'a> = Vec<&'a str>;

/// Every host name that a route of a deployment names.
pub(super) struct Hosts<'a>(BTreeSet<&'a str>);

impl<'a> Hosts<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let routes = snapshot.api_services.iter().flat_map(|service| &service.routes);
        let own = routes.flat_map(|route| &route.spec.hostnames);
        Self(own.chain(&snapshot.publish.hostnames).map(String::as_str).collect())
    }

    /// The host names that a route with these is given: Envoy looks only at the most specific name that a request's
    /// host has, so a wide one comes with the narrower ones that other routes name.
    pub(super) fn spread(&self, own: &'a [String]) -> Vec<Names<'a>> {
        let narrower = |name: &&&str| {
            let covered = own.is_empty() || own.iter().any(|wide| covers(wide, name));
            covered && !own.iter().any(|same| same == **name)
        };
        let names: Names<'_> = own.iter().map(String::as_str).chain(self.0.iter().filter(narrower).copied()).collect();
        let any = own.is_empty().then(Vec::new);
        any.into_iter().chain(names.chunks(limit::HOSTNAMES).map(<[&str]>::to_vec)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn spread(publish: &[&str], routes: &[&str], own: &[&str]) -> Vec<Vec<String>> {
        let text = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut snapshot = fixture::small();
        snapshot.publish.hostnames = text(publish);
        snapshot.api_services[0].routes[0].spec.hostnames = text(routes);
        let own = text(own);
        Hosts::of(&snapshot).spread(&own).iter().map(|names| text(names)).collect()
    }

    #[test]
    fn a_wide_name_comes_with_the_narrower_ones_that_are_named() {
        let names = spread(&["*.example.com", "a.org"], &["b.example.com", "a.example.com"], &["*.example.com"]);
        assert_eq!(names, [["*.example.com", "a.example.com", "b.example.com"]]);
        assert_eq!(spread(&["*.example.com"], &["a.example.com"], &["a.example.com"]), [["a.example.com"]]);
    }

    #[test]
    fn no_name_comes_with_every_one_that_is_named() {
        assert_eq!(spread(&[], &["a.example.com"], &[]), [vec![], vec!["a.example.com".to_owned()]]);
        assert_eq!(spread(&[], &[], &[]), [Vec::<String>::new()]);
    }
}
