//! The endpoints of `/v1/agent`.
