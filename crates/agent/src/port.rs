//! What the agent asks of the world; everything behind these traits is replaced in tests.

pub mod clock;
pub mod control_plane;
pub mod driver;
pub mod queue;
pub mod store;
pub mod traffic;

pub use self::{
    clock::Clock,
    control_plane::{ApiError, ControlPlane, Fetched, Problem},
    driver::{Answer, Driver, DriverError, Failure, Finding, Object, ObjectKey, ObjectResult, Order, Owned, Placed},
    queue::{Message, Queue, QueueError},
    store::{StateStore, StoreError},
    traffic::TrafficLog,
};
