//! Labels of jobs: who asked, with which program, and what kind of query it was. They show up on BigQuery's bill.

use std::collections::HashMap;

use super::Shared;
use crate::query::QueryContext;
use crate::sql::emit::Job;

/// A resource has no more labels than this (BigQuery, "Introduction to labels").
const LABELS: usize = 64;
/// Keys and values are no longer than this.
const LETTERS: usize = 63;

/// What of a query becomes a label, beside its own names (`observe.label_from`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelFrom {
    /// The user.
    pub user: bool,
    /// The client's `application_name`.
    pub application_name: bool,
    /// The tags of the statement's comment.
    pub sqlcommenter: bool,
}

impl Shared {
    /// Returns the labels of a query's jobs: the server's own, then as many of the client's as there is room for.
    pub(super) fn labels(&self, cx: &QueryContext, job: &Job) -> HashMap<String, String> {
        let text = blake3::hash(job.text.as_bytes()).to_hex();
        let fingerprint = (!job.fingerprint.is_empty()).then(|| blake3::hash(job.fingerprint.as_bytes()).to_hex());
        let id = cx.id.to_string();
        let LabelFrom { user, application_name, sqlcommenter } = self.settings.label_from;
        let own = [
            ("user", if user { cx.principal.user.as_str() } else { "" }),
            ("application_name", if application_name { cx.session.application_name.as_str() } else { "" }),
            ("query_id", id.as_str()),
            ("query_hash", &text[..16]),
            ("fingerprint", fingerprint.as_ref().map_or("", |hash| &hash[..16])),
        ];
        let settings = self.settings.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let tags: &[(String, String)] = if sqlcommenter { &cx.session.tags } else { &[] };
        let client = cx.session.labels.iter().chain(tags).map(|(key, value)| (key.as_str(), value.as_str()));
        // What the server says about itself, or is told not to say, no client can say otherwise.
        let client = client.filter(|(key, _)| own.iter().all(|(own, _)| *own != label_key(key)));
        let mut labels = HashMap::new();
        for (key, value) in own.into_iter().chain(settings).chain(client) {
            let (key, value) = (label_key(key), label_text(value));
            if !key.is_empty() && !value.is_empty() && labels.len() < LABELS {
                labels.entry(key).or_insert(value);
            }
        }
        labels
    }
}

/// Label values: at most 63 of lowercase letters, digits, `_` and `-`.
fn label_text(text: &str) -> String {
    let fit = |letter: char| match letter.to_ascii_lowercase() {
        letter if letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-') => letter,
        _ => '_',
    };
    text.chars().take(LETTERS).map(fit).collect()
}

/// Label keys start with a letter, too.
fn label_key(text: &str) -> String {
    let text = text.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    label_text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_to_bigquerys_rules() {
        assert_eq!(label_text("Grafana 11 (prod)"), "grafana_11__prod_");
        assert_eq!(label_text(&"x".repeat(80)).len(), 63);
        assert_eq!(label_key("_9Team"), "team");
        assert_eq!(label_text("müller"), "m_ller");
    }
}
