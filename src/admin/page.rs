//! The status page: one small HTML document without scripts.

use std::fmt::Write;

use super::Readiness;

/// Renders the page from (name, value) lines.
pub fn render(readiness: &Readiness, status: &[(String, String)]) -> String {
    let state = match readiness {
        Readiness::Ready => "ready".to_owned(),
        Readiness::NotReady(why) => format!("not ready: {why}"),
    };
    let mut rows = String::new();
    for (name, value) in status {
        // Writing into a String cannot fail.
        let _ = writeln!(rows, "<tr><th>{}</th><td>{}</td></tr>", escape(name), escape(value));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sluice</title><style>\n\
         body {{ font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 44rem; padding: 0 1rem }}\n\
         th {{ text-align: left; padding-right: 2rem; font-weight: normal; color: #666; vertical-align: top }}\n\
         </style></head><body>\n<h1>Sluice</h1>\n<p>{}</p>\n<table>\n{rows}</table>\n\
         <p><a href=\"/metrics\">metrics</a> <a href=\"/healthz\">health</a> <a href=\"/readyz\">readiness</a></p>\n</body></html>\n",
        escape(&state)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let page = render(&Readiness::Ready, &[("backend".into(), "<b>\"&".into())]);
        assert!(page.contains("<tr><th>backend</th><td>&lt;b&gt;&quot;&amp;</td></tr>"));
        assert!(page.contains("<p>ready</p>"));
    }
}
