//! Names that a test gives and takes away.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use switchtower_agent::driver::nginx::Resolver;

/// What is found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Arc<Mutex<HashMap<String, Vec<IpAddr>>>>);

impl Names {
    /// A name with these addresses, instead of those of before.
    pub(crate) fn is_at(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), addresses);
    }

    /// A name that is found no more.
    pub(crate) fn is_gone(&self, name: &str) {
        self.0.lock().unwrap().remove(name);
    }

    /// Who looks them up.
    pub(crate) fn resolver(&self) -> Resolver {
        let names = self.clone();
        Resolver::by(move |name| {
            let found = names.0.lock().unwrap().get(&name).cloned();
            Box::pin(async move { found.ok_or_else(|| io::Error::other("the test has no such name")) })
        })
    }
}
