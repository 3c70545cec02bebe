//! The demo's wide table: what visitors did, with long addresses, user agents and json.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Builder, Int64Builder, ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Schema, SchemaRef};

use super::random::Random;
use super::shop::{DAY_MICROS, FIRST_DAY, Size, append_tags, decimal, field, instants, price_cents, signed, text_list, timestamptz};
use super::words::{CAMPAIGNS, CATEGORIES, CITIES, KINDS, LANGUAGES, PLACES, SOURCES, SYSTEMS, THINGS};

/// Returns the schema of `events`, without the partition column `day`.
pub fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        field("event_id", DataType::Int64, "int8", false),
        field("at", timestamptz(), "timestamptz", false),
        field("customer_id", DataType::Int32, "int4", true),
        field("kind", DataType::Utf8, "text", false),
        field("url", DataType::Utf8, "text", false),
        field("user_agent", DataType::Utf8, "text", true),
        field("payload", DataType::Utf8, "jsonb", true),
        field("tags", text_list(), "text[]", true),
        field("value", DataType::Decimal128(12, 2), "numeric(12,2)", true),
        field("duration_ms", DataType::Int32, "int4", true),
    ]))
}

/// Makes a day's events, in the order of time.
pub fn events(size: Size, day: u32) -> Vec<ArrayRef> {
    let (first, end) = (Size::first_of_day(size.events, day), Size::first_of_day(size.events, day + 1));
    let mut random = Random::new(6, u64::from(day));
    let (mut ids, mut times, mut customers) = (Int64Builder::new(), instants(), Int32Builder::new());
    let (mut kinds, mut urls, mut agents) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut payloads, mut tags) = (StringBuilder::new(), ListBuilder::new(StringBuilder::new()));
    let (mut values, mut durations) = (decimal(12, 2), Int32Builder::new());
    let date = i64::from(FIRST_DAY + signed(day));
    let mut text = String::new();
    for event in first..end {
        let micros = i64::from(event - first) * DAY_MICROS / i64::from((end - first).max(1));
        let kind = random.pick_skewed(KINDS);
        let product = 1 + random.below(size.products).min(random.below(size.products));
        ids.append_value(i64::from(event) + 1);
        times.append_value(date * DAY_MICROS + micros);
        customers.append_option((!random.percent(30)).then(|| 1 + signed(random.below(size.customers))));
        kinds.append_value(kind);

        text.clear();
        address(&mut text, &mut random, product);
        urls.append_value(&text);
        text.clear();
        user_agent(&mut text, &mut random);
        agents.append_option((!random.percent(1)).then_some(&text));
        text.clear();
        payload(&mut text, &mut random, product);
        payloads.append_option((!random.percent(3)).then_some(&text));

        append_tags(&mut tags, &mut random);
        values.append_option(match kind {
            "purchase" | "cart" | "checkout" => Some(price_cents(product) * i128::from(random.between(1, 3))),
            "refund" => Some(-price_cents(product)),
            _ => None,
        });
        durations.append_option((!random.percent(9)).then(|| signed(random.below(3_000).min(random.below(60_000)))));
    }
    vec![
        Arc::new(ids.finish()),
        Arc::new(times.finish()),
        Arc::new(customers.finish()),
        Arc::new(kinds.finish()),
        Arc::new(urls.finish()),
        Arc::new(agents.finish()),
        Arc::new(payloads.finish()),
        Arc::new(tags.finish()),
        Arc::new(values.finish()),
        Arc::new(durations.finish()),
    ]
}

const WRITES: &str = "a String takes everything";

fn address(text: &mut String, random: &mut Random, product: u32) {
    let (language, category, thing) = (random.pick(LANGUAGES), random.pick_skewed(CATEGORIES), random.pick(THINGS));
    let (source, campaign) = (random.pick_skewed(SOURCES), random.pick_skewed(CAMPAIGNS));
    write!(
        text,
        "https://shop.example/{language}/{category}/{}-{product}?utm_source={source}&utm_medium=cpc&utm_campaign={campaign}",
        thing.split(' ').next().unwrap_or(thing)
    )
    .expect(WRITES);
}

fn user_agent(text: &mut String, random: &mut Random) {
    let (system, version) = (random.pick_skewed(SYSTEMS), random.between(128, 141));
    write!(text, "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36").expect(WRITES);
}

/// Writes a document in jsonb's own form: keys by length, then by bytes, one space behind colons and commas.
fn payload(text: &mut String, random: &mut Random, product: u32) {
    let (city, country) = CITIES[random.index(CITIES.len())];
    let (variant, place, source, campaign) =
        (random.below(4), random.pick(PLACES), random.pick_skewed(SOURCES), random.pick_skewed(CAMPAIGNS));
    let (width, height) = [(1920, 1080), (1366, 768), (390, 844), (2560, 1440)][random.index(4)];
    let score = random.below(1000);
    write!(
        text,
        r#"{{"ab": "variant-{variant}", "geo": {{"city": "{city}", "country": "{country}"}}, "page": {{"place": "{place}", "scroll": {}}}, "score": 0.{score:03}, "screen": {{"width": {width}, "height": {height}}}, "consent": {}, "product": {product}, "campaign": {{"name": "{campaign}", "source": "{source}"}}}}"#,
        random.below(101),
        ["true", "false", "null"][random.index(3)],
    )
    .expect(WRITES);
}
