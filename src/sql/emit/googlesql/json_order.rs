//! The order of jsonb values (`compareJsonbContainers` in jsonb_util.c): a text that sorts as they do.
//!
//! Null, strings, numbers, booleans, arrays, objects, in this order; but an empty array is less than all of them. Of arrays and of objects the one with
//! fewer members is less; those with as many are compared member by member, of an object in the order in which jsonb stores them: by the length of the
//! key, then by its bytes. A member ends with a character below all others.

use super::*;

/// How many levels of objects and arrays are compared.
const LEVELS: usize = 2;
/// Numbers are shifted, so that none has a sign: their digits sort as they do.
const SHIFT: &str = "BIGNUMERIC '200000000000000000000000000000000000000'";

impl Emitter {
    /// Prints what a JSON value is sorted by; NULL for NULL.
    pub fn json_order(&mut self, value: &Text) -> Text {
        let root = self.alias("json");
        let key = self.json_key_of_order(&root, LEVELS);
        Text::atom(format!(
            "(SELECT IF(JSON_TYPE({root}) = 'array' AND TO_JSON_STRING({root}) = '[]', '0', {key}) FROM UNNEST([{value}]) AS {root})"
        ))
    }

    fn json_key_of_order(&mut self, value: &str, levels: usize) -> String {
        let scalars = format!(
            "WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING({value})) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING({value}) AS BIGNUMERIC) + {SHIFT})) WHEN 'boolean' THEN IF(BOOL({value}), '41', '40')"
        );
        if levels == 0 {
            return format!(
                "CASE JSON_TYPE({value}) {scalars} ELSE IF({value} IS NULL, CAST(NULL AS STRING), ERROR('the order of JSON nested more than {LEVELS} deep is not supported')) END"
            );
        }
        let (part, place) = (self.alias("part"), self.alias("place"));
        let item = self.json_key_of_order(&part, levels - 1);
        let items = format!(
            "(SELECT CONCAT('5', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT({item}, '\\x01'), '' ORDER BY {place}), '')) FROM UNNEST(JSON_QUERY_ARRAY({value})) AS {part} WITH OFFSET AS {place})"
        );
        let member = self.alias("member");
        let inner = self.json_key_of_order(&format!("{member}.item"), levels - 1);
        // JSON_KEYS puts a key with a point or a quote in it into quotes.
        let members = format!(
            "(SELECT CONCAT('6', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT({member}.name, '\\x01', {inner}, '\\x01'), '' ORDER BY BYTE_LENGTH({member}.name), {member}.name), '')) FROM UNNEST(ARRAY(SELECT AS STRUCT name, {value}[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '\"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS({value}, 1)) AS quoted))) AS {member})"
        );
        format!("CASE JSON_TYPE({value}) {scalars} WHEN 'array' THEN {items} WHEN 'object' THEN {members} END")
    }
}
