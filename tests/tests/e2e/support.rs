//! What the tests share.

pub(crate) mod agent;
pub(crate) mod aws;
pub(crate) mod caller;
pub(crate) mod gate;
pub(crate) mod gateway;
pub(crate) mod identity;
pub(crate) mod socket;
pub(crate) mod stack;
pub(crate) mod story;
pub(crate) mod until;
pub(crate) mod world;

pub(crate) use self::{
    agent::AgentProcess,
    caller::{Answer, Caller},
    gate::Gate,
    gateway::{Backend, Gateway},
    identity::HandAgent,
    socket::Socket,
    stack::stack,
    story::Rollout,
    until::until,
    world::World,
};
