//! The text of jsonb: keys by length and then by bytes, a blank behind every colon and comma, as jsonb.c writes it.
//!
//! BigQuery's TO_JSON_STRING sorts keys by bytes alone and sets no blanks, and GoogleSQL has no recursion over JSON: the layout is printed level by
//! level, and what is nested deeper fails loudly.

use super::*;

/// How many levels of objects and arrays are laid out.
const LEVELS: usize = 4;

impl Emitter {
    /// Prints the text of a JSON value; a string keeps its quotes.
    pub fn json_text(&mut self, value: &Text) -> Text {
        let root = self.alias("json");
        let text = self.laid_out(&root, LEVELS, None);
        Text::atom(format!("(SELECT {text} FROM UNNEST([{value}]) AS {root})"))
    }

    /// Prints what `->>` gives: the text of a JSON value, a string without its quotes, null as NULL.
    pub fn json_plain_text(&mut self, value: &Text) -> Text {
        let root = self.alias("json");
        let text = self.laid_out(&root, LEVELS, None);
        Text::atom(format!(
            "(SELECT CASE JSON_TYPE({root}) WHEN 'null' THEN NULL WHEN 'string' THEN STRING({root}) ELSE {text} END FROM UNNEST([{value}]) AS {root})"
        ))
    }

    /// Prints what jsonb_pretty() gives: every member on a line of its own.
    pub fn json_pretty(&mut self, value: &Text) -> Text {
        let root = self.alias("json");
        let text = self.laid_out(&root, LEVELS, Some(0));
        Text::atom(format!("(SELECT {text} FROM UNNEST([{value}]) AS {root})"))
    }

    /// `depth`: how deep in it a member stands, where each has a line.
    fn laid_out(&mut self, value: &str, levels: usize, depth: Option<usize>) -> String {
        let scalar = format!(
            "IF(JSON_TYPE({value}) = 'number' AND STRPOS(TO_JSON_STRING({value}), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING({value}))"
        );
        if levels == 0 {
            return format!(
                "IF(JSON_TYPE({value}) IN ('object', 'array'), ERROR('the text of JSON nested more than {LEVELS} deep is not supported'), {scalar})"
            );
        }
        let part = self.alias("part");
        let inner = self.laid_out(&format!("{part}.item"), levels - 1, depth.map(|depth| depth + 1));
        let object = format!("JSON_TYPE({value}) = 'object'");
        // JSON_KEYS puts a key with a point or a quote in it into quotes.
        let keys = format!(
            "ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, {value}[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '\"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS({value}, 1)) AS quoted))"
        );
        let items =
            format!("ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY({value})) AS item WITH OFFSET AS place)");
        let line = |depth: usize| format!("'\\n{}', ", "    ".repeat(depth));
        let (begin, between, end) = match depth {
            None => (String::new(), ", ", String::new()),
            Some(depth) => (line(depth + 1), ",", line(depth)),
        };
        format!(
            "CASE WHEN {value} IS NULL THEN NULL WHEN JSON_TYPE({value}) NOT IN ('object', 'array') THEN {scalar} ELSE (SELECT CONCAT(IF({object}, '{{', '['), COALESCE(STRING_AGG(CONCAT({begin}IF({object}, CONCAT(TO_JSON_STRING({part}.name), ': '), ''), {inner}), '{between}' ORDER BY {part}.place, {part}.name), ''), {end}IF({object}, '}}', ']')) FROM UNNEST(IF({object}, {keys}, {items})) AS {part}) END"
        )
    }
}
