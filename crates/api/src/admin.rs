//! The endpoints of `/v1/admin`.
