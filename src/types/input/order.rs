//! Dates whose meaning depends on the order that DateStyle says: `01/02/03`.

/// Tells whether a text holds a date that MDY, DMY and YMD read differently: three fields of which the first is no year of four digits.
pub fn depends_on_order(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-');
    let mut words = text.split(|c| !part(c));
    let mut month_between = false;
    let mut before_month = false;
    words.any(|word| {
        let fields: Vec<&str> = word.split(['/', '.', '-']).collect();
        // 1 Jan 2, with blanks.
        let short = word.len() <= 2 && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        month_between |= before_month && is_month(word);
        let spelled = month_between && short;
        before_month = short;
        spelled || (fields.len() == 3 && is_short(fields[0]) && (is_number(fields[1]) || is_month(fields[1])) && is_number(fields[2]))
    })
}

fn is_short(field: &str) -> bool {
    field.len() <= 2 && is_number(field)
}

fn is_number(field: &str) -> bool {
    !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_month(word: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    word.get(..3).is_some_and(|start| MONTHS.iter().any(|month| month.eq_ignore_ascii_case(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_without_a_leading_year_depend_on_the_order() {
        for text in ["01/02/2003", "1-2-03", "13.01.2024 10:00", "seen on 1/2/03", "01-Jan-02", "1 Jan 02 10:00"] {
            assert!(depends_on_order(text), "{text}");
        }
        for text in ["2024-01-02", "2024-01-02 03:04:05+02", "20240102", "1 Jan 2024", "10.25", "127.0.0.1", "1-2", "a-b-c", "10:20:30", ""]
        {
            assert!(!depends_on_order(text), "{text}");
        }
    }
}
