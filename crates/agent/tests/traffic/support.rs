//! A gateway, backends, and what is published.

pub(crate) mod gateway;
pub(crate) mod names;
pub(crate) mod product;
pub(crate) mod upstream;

pub(crate) use self::{
    gateway::Gateway,
    names::Names,
    product::Product,
    upstream::{Echo, Upstream},
};

/// Whether this machine has IPv6; not every one does.
pub(crate) fn speaks_ipv6() -> bool {
    std::net::TcpListener::bind("[::]:0").is_ok()
}

/// A port that nobody uses.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("0.0.0.0", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
