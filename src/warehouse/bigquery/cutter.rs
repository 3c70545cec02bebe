//! The text of a page, cut at the ends of rows while it arrives: its first rows leave before the others are read, and no page is held as text and
//! as rows at once. Only the structure is looked at here; what stands in the rows is read part by part.

use std::collections::VecDeque;
use std::ops::Range;

use super::answers::Results;
use super::decode::Row;
use super::failure::Failure;

/// The first part is small, for its rows are waited for; each further one is four times as large, up to a size that is read within milliseconds.
const FIRST: usize = 4 << 10;
const LARGEST: usize = 256 << 10;
/// How deep the fields of a row are: in the page, in its rows, in the row.
const ROW: usize = 3;

/// The rows of a page, still as text.
#[derive(Debug, Default)]
pub struct Parts {
    text: Vec<u8>,
    cuts: VecDeque<Cut>,
    rows: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Cut {
    place: Range<usize>,
    rows: usize,
}

impl Parts {
    /// Returns how many rows there were at first.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns how much text they were.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the next part; `None` after the last.
    ///
    /// # Errors
    /// The text is no list of rows.
    pub fn take(&mut self) -> Option<Result<Vec<Row>, Failure>> {
        let Cut { place, rows } = self.cuts.pop_front()?;
        let list = [b"[", &self.text[place], b"]"].concat();
        Some(match serde_json::from_slice::<Vec<Row>>(&list) {
            Ok(read) if read.len() == rows => Ok(read),
            Ok(_) => Err(Failure::unanswered("a page has other rows than it seemed to have")),
            Err(error) => Err(Failure::unreadable(&error)),
        })
    }
}

/// Looks for the rows in a text that is still coming.
#[derive(Debug, Default)]
pub struct Cutter {
    text: Vec<u8>,
    /// How far it has been looked at.
    at: usize,
    /// Brackets and braces that are open.
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Where the last string began.
    string: usize,
    /// The next string in the outermost object is a name.
    wants_name: bool,
    /// The last name there.
    name: Range<usize>,
    /// What stands between the brackets of the rows; open while it ends before it begins.
    array: Option<Range<usize>>,
    in_rows: bool,
    comma: bool,
    /// Where the present part began, and its rows.
    part: Option<usize>,
    part_rows: usize,
    size: usize,
    cuts: VecDeque<Cut>,
    rows: u64,
    /// The rows are not laid out as rows are: the whole is read at once, and judged so.
    odd: bool,
}

impl Cutter {
    /// Starts with room for a text of this length.
    pub fn new(length: usize) -> Cutter {
        Cutter { text: Vec::with_capacity(length), size: FIRST, ..Cutter::default() }
    }

    /// Takes what has come.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.text.extend_from_slice(chunk);
        while self.at < self.text.len() {
            if self.in_rows && !self.in_string && self.depth > ROW {
                self.pass();
            }
            let Some(&byte) = self.text.get(self.at) else { return };
            if self.in_string {
                self.within_string(byte);
            } else {
                self.outside(byte);
            }
            self.at += 1;
        }
    }

    /// Passes over what stands within a row, as far as it has come: only how deep it goes matters there.
    fn pass(&mut self) {
        let (mut at, mut depth) = (self.at, self.depth);
        while depth > ROW {
            match self.text.get(at) {
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => depth -= 1,
                Some(b'"') => match end_of_string(&self.text, at + 1) {
                    Some(end) => at = end,
                    None => break,
                },
                Some(_) => {}
                None => break,
            }
            at += 1;
        }
        (self.at, self.depth) = (at, depth);
    }

    /// Reads everything but the rows.
    ///
    /// # Errors
    /// The text is no page, or not whole.
    pub fn finish(self) -> Result<Results, Failure> {
        let whole = self.depth == 0 && !self.in_string && !self.in_rows && !self.odd;
        let Some(array) = self.array.filter(|_| whole) else {
            let text = if self.text.trim_ascii().is_empty() { b"{}" } else { &self.text[..] };
            return serde_json::from_slice(text).map_err(|error| Failure::unreadable(&error));
        };
        let rest = [&self.text[..array.start], &self.text[array.end..]].concat();
        let mut page: Results = serde_json::from_slice(&rest).map_err(|error| Failure::unreadable(&error))?;
        page.parts = Parts { text: self.text, cuts: self.cuts, rows: self.rows, bytes: u64::try_from(array.len()).unwrap_or(u64::MAX) };
        Ok(page)
    }

    fn within_string(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_string = false;
                if self.depth == 1 && self.wants_name {
                    (self.name, self.wants_name) = (self.string + 1..self.at, false);
                }
            }
            _ => {}
        }
    }

    fn outside(&mut self, byte: u8) {
        let among_rows = self.in_rows && self.depth == 2;
        match byte {
            b'{' | b'[' => {
                self.open(byte, among_rows);
                self.depth += 1;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.closed(byte, among_rows);
            }
            b'"' => {
                (self.in_string, self.string) = (true, self.at);
                self.odd |= among_rows;
            }
            b',' if among_rows => {
                self.odd |= self.comma || self.rows == 0;
                self.comma = true;
            }
            b',' => self.wants_name |= self.depth == 1,
            b' ' | b'\n' | b'\r' | b'\t' => {}
            _ => self.odd |= among_rows,
        }
    }

    fn open(&mut self, byte: u8, among_rows: bool) {
        if among_rows {
            self.odd |= byte != b'{' || self.comma != (self.rows > 0);
            self.comma = false;
            self.part.get_or_insert(self.at);
        } else if self.depth == 0 {
            self.wants_name = true;
        } else if self.depth == 1 && !self.wants_name && &self.text[self.name.clone()] == b"rows" {
            self.odd |= self.array.is_some();
            self.in_rows = byte == b'[';
            self.array = self.in_rows.then(|| self.at + 1..self.at + 1);
        }
    }

    fn closed(&mut self, byte: u8, among_rows: bool) {
        if among_rows {
            self.odd |= byte != b']' || self.comma;
            self.in_rows = false;
            self.cut(self.at);
            if let Some(array) = &mut self.array {
                array.end = self.at;
            }
        } else if self.in_rows && self.depth == 2 {
            (self.rows, self.part_rows) = (self.rows + 1, self.part_rows + 1);
            if self.part.is_some_and(|part| self.at - part >= self.size) {
                self.cut(self.at + 1);
                self.size = (self.size * 4).min(LARGEST);
            }
        }
    }

    fn cut(&mut self, end: usize) {
        if let Some(part) = self.part.take() {
            self.cuts.push_back(Cut { place: part..end, rows: std::mem::take(&mut self.part_rows) });
        }
    }
}

/// Most strings of a page are shorter than it takes to set a search up.
const SHORT: usize = 24;

/// Finds the quote that ends a string, if it has come.
fn end_of_string(text: &[u8], mut from: usize) -> Option<usize> {
    let near = text.len().min(from + SHORT);
    while from < near && text[from] != b'\\' {
        if text[from] == b'"' {
            return Some(from);
        }
        from += 1;
    }
    loop {
        from += memchr::memchr2(b'"', b'\\', text.get(from..)?)?;
        if text[from] == b'"' {
            return Some(from);
        }
        from += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::bigquery::decode::Cell;

    /// A page fed in chunks of a size.
    fn cut(text: &str, chunk: usize) -> Result<Results, Failure> {
        let mut cutter = Cutter::new(0);
        text.as_bytes().chunks(chunk).for_each(|chunk| cutter.feed(chunk));
        cutter.finish()
    }

    /// The first cells of all rows, and the number of parts.
    fn cells(page: &mut Results) -> (Vec<String>, usize) {
        let (mut found, mut parts) = (Vec::new(), 0);
        while let Some(rows) = page.next_rows() {
            parts += 1;
            found.extend(rows.unwrap().into_iter().map(|row| match row.cells.into_iter().next() {
                Some(Cell::Text(text)) => text.into(),
                other => format!("{other:?}"),
            }));
        }
        (found, parts)
    }

    #[test]
    fn rows_are_the_same_however_the_text_comes() {
        let row = |n: usize| format!(r#"{{"f": [{{"v": "{n} ]}}\"[{{ \\"}}, {{"v": [{{"v": null}}]}}]}}"#);
        let rows: Vec<String> = (0..5000).map(row).collect();
        let text = format!(
            r#"{{"kind": "rows", "schema": {{"fields": [{{"name": "rows", "type": "STRING"}}], "rows": [1]}}, "rows": [{}], "totalRows": "5000", "pageToken": "t"}}"#,
            rows.join(" ,\n ")
        );
        let expected: Vec<String> = (0..5000).map(|n| format!("{n} ]}}\"[{{ \\")).collect();
        for chunk in [1, 7, 4096, text.len()] {
            let mut page = cut(&text, chunk).unwrap();
            assert_eq!((page.rows_told(), page.total(), page.token(), page.schema.fields.len()), (5000, Some(5000), Some("t"), 1));
            let (found, parts) = cells(&mut page);
            assert_eq!(found, expected);
            assert_eq!(parts, 4, "the first is small, and each further one larger");
            assert_eq!(page.rows_told(), 5000);
        }
    }

    #[test]
    fn what_is_not_laid_out_so_is_read_as_a_whole() {
        for (text, rows) in [
            ("", 0),
            ("{}", 0),
            (r#"{"rows": null}"#, 0),
            (r#"{"rows": []}"#, 0),
            (r#"{"rows": [ ] , "totalRows": 0}"#, 0),
            (r#"{"rows": [{"f": [{"v": 1}]}]}"#, 1),
            (r#"{"ro\u0077s": [{"f": [{"v": "1"}]}, {"f": null}]}"#, 2),
        ] {
            let mut page = cut(text, 3).unwrap();
            assert_eq!((page.rows_told(), cells(&mut page).0.len()), (rows, usize::try_from(rows).unwrap()), "{text}");
        }
        let row = r#"{"f": [{"v": "1"}]}"#;
        for rows in [
            format!("{row} {row}"),
            format!("{row},,{row}"),
            format!(",{row}"),
            format!("{row},"),
            "1".into(),
            format!("{row}, 1"),
            "\"x\"".into(),
        ] {
            assert!(cut(&format!(r#"{{"rows": [{rows}]}}"#), 5).is_err(), "{rows}");
        }
        assert!(cut(&format!(r#"{{"rows": [{row}], "rows": [{row}]}}"#), 5).is_err());
        assert!(cut(&format!(r#"{{"rows": [{row}]}} x"#), 5).is_err());
    }

    #[test]
    fn a_text_that_breaks_off_is_asked_for_again() {
        let text = format!(r#"{{"rows": [{}], "totalRows": "9"}}"#, [r#"{"f": [{"v": "a"}]}"#; 9].join(","));
        for end in 1..text.len() {
            assert!(cut(&text[..end], 4).unwrap_err().is_transient(), "{}", &text[..end]);
        }
        assert_eq!(cut(&text, 4).unwrap().rows_told(), 9);
        // A row that cannot be read does not break off: it is wrong.
        let mut page = cut(r#"{"rows": [{"f": [{"v": nul}]}]}"#, 100).unwrap();
        assert!(!page.next_rows().unwrap().unwrap_err().is_transient());
    }
}
