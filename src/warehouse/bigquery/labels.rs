//! Labels of jobs: who asked, with which program, and what kind of query it was. They show up on BigQuery's bill.

use std::collections::HashMap;

use super::Shared;
use crate::query::QueryContext;
use crate::sql::emit::Job;

/// A resource has no more labels than this (BigQuery, "Introduction to labels").
const LABELS: usize = 64;
/// Keys and values are no longer than this.
const LETTERS: usize = 63;

impl Shared {
    /// Returns the labels of a query's jobs: the server's own, then as many of the client's as there is room for.
    pub(super) fn labels(&self, cx: &QueryContext, job: &Job) -> HashMap<String, String> {
        let text = blake3::hash(job.text.as_bytes()).to_hex();
        let fingerprint = (!job.fingerprint.is_empty()).then(|| blake3::hash(job.fingerprint.as_bytes()).to_hex());
        let id = cx.id.to_string();
        let own = [
            ("user", cx.principal.user.as_str()),
            ("application_name", cx.session.application_name.as_str()),
            ("query_id", id.as_str()),
            ("query_hash", &text[..16]),
            ("fingerprint", fingerprint.as_ref().map_or("", |hash| &hash[..16])),
        ];
        let settings = self.settings.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let client = cx.session.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let mut labels = HashMap::new();
        // What the server says about itself comes first, so that no client can say otherwise.
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
