//! The tags of sqlcommenter: `/*application='shop',route='%2Forders'*/` behind a statement says which code sent it
//! (<https://google.github.io/sqlcommenter/spec/>). They label jobs and mean nothing to the query.

/// Comments longer than this are not looked at.
const COMMENT_BYTES: usize = 4096;
/// Tags beyond these are dropped.
const TAGS: usize = 16;

/// Returns the tags of the comment that ends a text, or else begins it; none where that comment is of another kind.
pub fn tags(text: &str) -> Vec<(String, String)> {
    let text = text.trim().trim_end_matches(|letter: char| letter == ';' || letter.is_whitespace());
    let behind = text.strip_suffix("*/").and_then(|head| head.rsplit_once("/*")).map(|(_, comment)| comment);
    let before = || text.strip_prefix("/*").and_then(|rest| rest.split_once("*/")).map(|(comment, _)| comment);
    let read = |comment: &str| (comment.len() <= COMMENT_BYTES).then(|| pairs(comment)).flatten();
    behind.and_then(read).or_else(|| before().and_then(read)).unwrap_or_default()
}

/// Reads `key='value',key='value'`; `None` for anything else.
fn pairs(comment: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = comment.trim();
    loop {
        let (key, value) = rest.split_once("='")?;
        let key = key.trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.%".contains(&byte)) {
            return None;
        }
        let end = end_of_value(value)?;
        if found.len() < TAGS {
            found.push((decoded(key), decoded(&value[..end].replace("\\'", "'"))));
        }
        rest = value[end + 1..].trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None if rest.is_empty() => return Some(found),
            None => return None,
        }
    }
}

/// Finds the quote that ends a value; one behind a backslash does not.
fn end_of_value(value: &str) -> Option<usize> {
    let bytes = value.as_bytes();
    (0..bytes.len()).find(|at| bytes[*at] == b'\'' && (*at == 0 || bytes[at - 1] != b'\\'))
}

/// Undoes the encoding of URLs; what is none of it stays as it is.
fn decoded(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let coded = if bytes[at] == b'%' { digit(bytes.get(at + 1)).zip(digit(bytes.get(at + 2))) } else { None };
        match coded.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        tags(text).into_iter().map(|(key, value)| format!("{key}={value}")).collect()
    }

    #[test]
    fn the_comment_of_sqlcommenter_is_read() {
        let sql = r"SELECT 1 /*controller='index',db_driver='django.db',route='%2Fpolls%20%C3%A4',tracestate='a\'b'*/;";
        assert_eq!(read(sql), ["controller=index", "db_driver=django.db", "route=/polls ä", "tracestate=a'b"]);
        assert_eq!(read("/*app='x'*/ SELECT 1"), ["app=x"]);
        assert_eq!(read("SELECT 1 /* app='x' , team='y' */"), ["app=x", "team=y"]);
        assert_eq!(read("SELECT 1 /*k=''*/"), ["k="]);
    }

    #[test]
    fn other_comments_and_literals_are_not() {
        for sql in [
            "SELECT 1",
            "SELECT 1 /* hello */",
            "SELECT '/*a=''b''*/'",
            "SELECT 1 /*a='b'",
            "SELECT 1 /*a='b' c*/",
            "/*",
            "*/",
            "",
            "/*='x'*/",
        ] {
            assert!(read(sql).is_empty(), "{sql}");
        }
        let many: Vec<String> = (0..40).map(|n| format!("k{n}='v'")).collect();
        assert_eq!(read(&format!("SELECT 1 /*{}*/", many.join(","))).len(), TAGS);
        assert!(read(&format!("SELECT 1 /*k='{}'*/", "x".repeat(COMMENT_BYTES))).is_empty());
    }
}
