//! The endpoints of `/v1/realtime`.
