//! Numbers with units of time and memory, as postgresql.conf and SET write them (guc.c, `convert_to_base_unit`).

/// Unit and its size in the smallest one, greatest first.
const TIME: &[(&str, f64)] =
    &[("d", 86_400_000_000.0), ("h", 3_600_000_000.0), ("min", 60_000_000.0), ("s", 1_000_000.0), ("ms", 1000.0), ("us", 1.0)];
const MEMORY: &[(&str, f64)] = &[("TB", 1_099_511_627_776.0), ("GB", 1_073_741_824.0), ("MB", 1_048_576.0), ("kB", 1024.0), ("B", 1.0)];

/// Reads a whole number, with a fraction and a unit allowed, into the base unit; the error is a hint.
pub(super) fn parse(value: &str, base: &str) -> Result<i64, Option<String>> {
    let value = value.trim();
    let end = value
        .char_indices()
        .find(|(i, c)| {
            !(c.is_ascii_digit()
                || matches!(c, '.' | '+' | '-')
                || (matches!(c, 'e' | 'E') && value[i + 1..].starts_with(|n: char| n.is_ascii_digit() || n == '-' || n == '+')))
        })
        .map_or(value.len(), |(i, _)| i);
    let (number, unit) = (value[..end].trim(), value[end..].trim());
    let number: f64 = number.parse().map_err(|_| None)?;
    let number = if unit.is_empty() { number } else { number * factor(unit, base)? };
    // Beyond the range of i64 the cast saturates, and the range check that follows refuses it.
    #[allow(clippy::cast_possible_truncation)]
    Ok(number.round_ties_even() as i64)
}

fn factor(unit: &str, base: &str) -> Result<f64, Option<String>> {
    let time = TIME.iter().any(|(name, _)| *name == base);
    if base.is_empty() {
        return Err(None);
    }
    let (table, hint) = if time {
        (TIME, "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".")
    } else {
        (MEMORY, "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".")
    };
    let size = |name: &str| table.iter().find(|(known, _)| *known == name).map(|(_, size)| *size);
    let given = size(unit).ok_or_else(|| Some(hint.to_owned()))?;
    let base = if base == "8kB" { 8192.0 } else { size(base).unwrap_or(1.0) };
    Ok(given / base)
}

/// Prints a number of base units in the greatest unit that divides it; zero and negative numbers go without a unit.
pub(super) fn show(canonical: &str, base: &str) -> String {
    let Ok(number) = canonical.parse::<i64>() else { return canonical.to_owned() };
    if number <= 0 {
        return canonical.to_owned();
    }
    let table: &[(&str, i64)] = if TIME.iter().any(|(name, _)| *name == base) {
        &[("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1)]
    } else {
        &[("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10), ("B", 1)]
    };
    let size = if base == "8kB" { 8192 } else { table.iter().find(|(name, _)| *name == base).map_or(1, |(_, size)| *size) };
    let Some(total) = number.checked_mul(size) else { return canonical.to_owned() };
    match table.iter().find(|(_, size)| total % size == 0) {
        Some((name, size)) => format!("{}{name}", total / size),
        None => canonical.to_owned(),
    }
}
