//! Where the deployed stack is: what `scripts/up` wrote into `.switchtower/env`.

use std::{path::PathBuf, sync::OnceLock};

/// The addresses and names that the tests need.
pub(crate) struct Stack {
    /// The API.
    pub(crate) url: String,
    /// The emulator, where all AWS services answer.
    pub(crate) emulator: String,
    /// The name of the stack, which all names begin with.
    pub(crate) name: String,
    /// The client of the user pool.
    pub(crate) user_pool_client: String,
    /// The first user, who is a system-admin.
    pub(crate) user: String,
    /// Their password.
    pub(crate) password: String,
    /// The agent's binary.
    pub(crate) agent: PathBuf,
}

/// The stack that the environment names.
pub(crate) fn stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| Stack {
        url: variable("SWITCHTOWER_URL"),
        emulator: variable("SWITCHTOWER_EMULATOR_URL"),
        name: variable("SWITCHTOWER_STACK"),
        user_pool_client: variable("SWITCHTOWER_USER_POOL_CLIENT_ID"),
        user: variable("SWITCHTOWER_USER"),
        password: variable("SWITCHTOWER_PASSWORD"),
        agent: variable("SWITCHTOWER_AGENT").into(),
    })
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("these tests need a deployed stack, and {name} does not say where it is; run `scripts/test e2e`")
    })
}
