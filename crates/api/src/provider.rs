//! The endpoints of `/v1/provider`.
