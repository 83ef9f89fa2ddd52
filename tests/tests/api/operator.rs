//! `/v1/operator`

mod clusters;
