//! The endpoints of `/v1/public`.
