//! `/v1/agent`
