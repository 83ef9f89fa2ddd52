//! From bytes to a [`Document`]: JSON or YAML, told apart by the content.

use serde_saphyr::{
    Error as YamlError, MessageFormatter, UserMessageFormatter,
    budget::BudgetBreach,
    options::{AliasLimits, NonFiniteFloatPolicy},
};

use crate::{
    document::{Document, Object, Root},
    error::ImportError,
    limits::Limits,
    note::cut,
};

/// Reads an OpenAPI document of version 3.0, 3.1 or 3.2.
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Document, ImportError> {
    if bytes.len() > limits.bytes {
        return Err(ImportError::TooLarge { bytes: bytes.len(), limit: limits.bytes });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ImportError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = if text.trim_start().starts_with('{') {
        // YAML, too, may begin with a brace; the JSON error is the one that helps when neither fits.
        json(text).or_else(|error| yaml(text, limits).map_err(|_| error))?
    } else {
        yaml(text, limits)?
    };
    supported(root)
}

fn json(text: &str) -> Result<Root, ImportError> {
    let root: Object<Root> = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line() as u64, error.column() as u64);
        let reason = error.to_string();
        let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason);
        ImportError::Malformed { line, column, reason: cut(reason, 300) }
    })?;
    Ok(root.0)
}

fn yaml(text: &str, limits: Limits) -> Result<Root, ImportError> {
    let budget = serde_saphyr::budget! {
        max_depth: limits.depth,
        // One more, so that it is the depth that is found to be too much.
        flow_nesting_limit: limits.depth + 1,
        max_nodes: limits.nodes,
        max_events: limits.nodes.saturating_mul(2),
        max_total_scalar_bytes: limits.bytes.saturating_mul(2),
        max_recorded_anchor_events: limits.alias_nodes,
        max_aliases: limits.alias_nodes,
        max_anchors: limits.alias_nodes,
        max_merge_keys: limits.alias_nodes,
        max_documents: 1,
        // One common header or response, named once and repeated everywhere, is what aliases are for.
        enforce_alias_anchor_ratio: false,
    };
    let mut alias_limits = AliasLimits::default();
    alias_limits.max_total_replayed_events = limits.alias_nodes;
    let options = serde_saphyr::options! {
        budget: budget,
        alias_limits: alias_limits,
        with_snippet: false,
        // JSON has none, and extensions are kept as JSON.
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
    };
    let root: Result<Option<Object<Root>>, _> = serde_saphyr::from_str_with_options(text, options);
    root.map_err(|error| yaml_error(&error, limits))?.map(|root| root.0).ok_or(ImportError::NotOpenApi)
}

fn yaml_error(error: &YamlError, limits: Limits) -> ImportError {
    let (line, column) = error.location().map_or((0, 0), |location| (location.line(), location.column()));
    let mut cause = error;
    while let YamlError::AliasError { error, .. } | YamlError::WithSnippet { error, .. } = cause {
        cause = error;
    }
    let reason = match cause {
        YamlError::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            format!("it is nested more than {} levels deep", limits.depth)
        }
        YamlError::Budget { breach: BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. }, .. } => {
            format!("it has more than {} values", limits.nodes)
        }
        YamlError::Budget { breach: BudgetBreach::Documents { .. }, .. } => "it holds several documents".to_owned(),
        YamlError::Budget { .. }
        | YamlError::AliasReplayLimitExceeded { .. }
        | YamlError::AliasReplayStackDepthExceeded { .. } => {
            format!("its aliases repeat more than {} values, or too deeply", limits.alias_nodes)
        }
        cause => {
            let reason = cut(&UserMessageFormatter.format_message(cause), 300);
            return ImportError::Malformed { line, column, reason };
        }
    };
    ImportError::TooComplex { line, reason }
}

fn supported(root: Root) -> Result<Document, ImportError> {
    let found = match (&root.openapi, &root.swagger) {
        (Some(openapi), _) => openapi,
        (None, Some(swagger)) if swagger.starts_with('2') => return Err(ImportError::Swagger),
        (None, Some(swagger)) => swagger,
        (None, None) => return Err(ImportError::NotOpenApi),
    };
    let mut parts = found.split('.');
    let known = root.openapi.is_some() && parts.next() == Some("3") && matches!(parts.next(), Some("0" | "1" | "2"));
    if known { Ok(Document { root }) } else { Err(ImportError::UnsupportedVersion { found: cut(found, 40) }) }
}
