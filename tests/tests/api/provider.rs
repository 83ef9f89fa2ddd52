//! `/v1/provider`
