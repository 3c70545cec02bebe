//! What the demo's shop is: its size, its days, and the rows of its small tables and of its orders.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, FixedSizeBinaryBuilder, Float64Builder, Int16Builder, Int32Builder,
    Int64Builder, ListBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;

use super::random::Random;
use super::words::{
    CATEGORIES, CHANNELS, CITIES, COLOURS, FIRST_NAMES, LAST_NAMES, MATERIALS, NOTES, REGIONS, SEGMENTS, STATUSES, TAGS, THINGS,
};
use crate::warehouse::embedded::columns::PG_TYPE;

/// 2026-01-01, in days since 1970.
pub const FIRST_DAY: i32 = 20_454;
/// Days with orders and events: 2026-01-01 to 2026-08-02.
pub const DAYS: u32 = 214;
/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// How many rows each table has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Customers.
    pub customers: u32,
    /// Products.
    pub products: u32,
    /// Orders.
    pub orders: u32,
    /// Events.
    pub events: u32,
}

impl Size {
    /// Returns the demo's own size, times a factor; never less than a row a day.
    pub fn scaled(scale: f64) -> Size {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
        let of = |rows: f64, least: u32| ((rows * scale).round() as u32).clamp(least, 1_000_000_000);
        Size { customers: of(50_000.0, 20), products: of(2_000.0, 40), orders: of(2_000_000.0, DAYS), events: of(5_000_000.0, DAYS) }
    }

    /// Returns the first of `total` rows that falls on a day: business grows slowly and rests a little at weekends.
    pub fn first_of_day(total: u32, day: u32) -> u32 {
        let weight = |day: u32| u64::from(900 + day * 2) * if matches!((day + 4) % 7, 6 | 0) { 8 } else { 10 };
        let sum: u64 = (0..DAYS).map(weight).sum();
        let before: u64 = (0..day.min(DAYS)).map(weight).sum();
        u32::try_from(u64::from(total) * before / sum).expect("a part of the total")
    }
}

/// Makes a field that remembers its PostgreSQL type.
pub fn field(name: &str, data_type: DataType, pg_type: &str, nullable: bool) -> Field {
    Field::new(name, data_type, nullable).with_metadata([(PG_TYPE.to_owned(), pg_type.to_owned())].into())
}

/// The type of `timestamptz` columns.
pub fn timestamptz() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The type of `text[]` columns.
pub fn text_list() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)))
}

/// Appends a list of tags: NULL now and then, empty often, rarely with a NULL inside.
pub fn append_tags(tags: &mut ListBuilder<StringBuilder>, random: &mut Random) {
    if random.percent(8) {
        tags.append(false);
        return;
    }
    for _ in 0..random.below(4) {
        match random.below(200) {
            0 => tags.values().append_null(),
            _ => tags.values().append_value(random.pick_skewed(TAGS)),
        }
    }
    tags.append(true);
}

/// Returns the schema of `customers`.
pub fn customers_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        field("customer_id", DataType::Int32, "int4", false),
        field("uid", DataType::FixedSizeBinary(16), "uuid", false),
        field("name", DataType::Utf8, "text", false),
        field("email", DataType::Utf8, "varchar(80)", false),
        field("phone", DataType::Utf8, "text", true),
        field("city", DataType::Utf8, "text", false),
        field("country", DataType::Utf8, "char(2)", false),
        field("segment", DataType::Utf8, "text", false),
        field("signup", DataType::Date32, "date", false),
        field("balance", DataType::Decimal128(12, 2), "numeric(12,2)", false),
        field("score", DataType::Float64, "float8", true),
        field("active", DataType::Boolean, "bool", false),
        field("tags", text_list(), "text[]", true),
        field("note", DataType::Utf8, "text", true),
    ]))
}

/// Makes every customer.
pub fn customers(size: Size) -> Vec<ArrayRef> {
    let mut random = Random::new(1, 0);
    let (mut ids, mut uids) = (Int32Builder::new(), FixedSizeBinaryBuilder::new(16));
    let (mut names, mut emails, mut phones) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut cities, mut countries, mut segments) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut signups, mut balances, mut scores) = (Date32Builder::new(), decimal(12, 2), Float64Builder::new());
    let (mut actives, mut tags, mut notes) = (BooleanBuilder::new(), ListBuilder::new(StringBuilder::new()), StringBuilder::new());
    for id in 1..=size.customers {
        ids.append_value(signed(id));
        let mut uid = [0; 16];
        uid[..8].copy_from_slice(&random.next().to_be_bytes());
        uid[8..].copy_from_slice(&random.next().to_be_bytes());
        uid[6] = uid[6] & 0x0f | 0x40; // version 4
        uid[8] = uid[8] & 0x3f | 0x80; // RFC 9562's variant
        uids.append_value(uid).expect("16 bytes");
        let (first, last) = (random.pick(FIRST_NAMES), random.pick(LAST_NAMES));
        names.append_value(format!("{first} {last}"));
        emails.append_value(format!("customer{id}@{}", random.pick(&["example.com", "example.org", "mail.example", "post.example"])));
        phones.append_option(
            (!random.percent(15)).then(|| format!("+{} {:03} {:06}", random.between(1, 99), random.below(1000), random.below(1_000_000))),
        );
        let (city, country) = CITIES[random.index(CITIES.len())];
        cities.append_value(city);
        countries.append_value(country);
        segments.append_value(random.pick_skewed(SEGMENTS));
        signups.append_value(FIRST_DAY - signed(random.below(2000)) + 150);
        balances.append_value(i128::from(random.below(2_000_000)) - 200_000);
        scores.append_option((!random.percent(5)).then(|| f64::from(random.below(100_000)) / 1000.0));
        actives.append_value(!random.percent(12));
        append_tags(&mut tags, &mut random);
        notes.append_option(random.percent(20).then(|| random.pick(NOTES)));
    }
    vec![
        Arc::new(ids.finish()),
        Arc::new(uids.finish()),
        Arc::new(names.finish()),
        Arc::new(emails.finish()),
        Arc::new(phones.finish()),
        Arc::new(cities.finish()),
        Arc::new(countries.finish()),
        Arc::new(segments.finish()),
        Arc::new(signups.finish()),
        Arc::new(balances.finish()),
        Arc::new(scores.finish()),
        Arc::new(actives.finish()),
        Arc::new(tags.finish()),
        Arc::new(notes.finish()),
    ]
}

/// Returns the schema of `products`.
pub fn products_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        field("product_id", DataType::Int32, "int4", false),
        field("sku", DataType::Utf8, "varchar(12)", false),
        field("name", DataType::Utf8, "text", false),
        field("category", DataType::Utf8, "text", false),
        field("price", DataType::Decimal128(10, 2), "numeric(10,2)", false),
        field("weight_kg", DataType::Float64, "float8", true),
        field("attributes", DataType::Utf8, "jsonb", true),
        field("added", DataType::Date32, "date", false),
        field("discontinued", DataType::Boolean, "bool", false),
    ]))
}

/// Returns a product's price in cents, for whoever needs it without the table.
pub fn price_cents(product: u32) -> i128 {
    let mut random = Random::new(2, u64::from(product));
    i128::from(random.between(1, 40) * random.between(5, 500)) + 99
}

/// Makes every product.
pub fn products(size: Size) -> Vec<ArrayRef> {
    let (mut ids, mut skus, mut names) = (Int32Builder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut categories, mut prices, mut weights) = (StringBuilder::new(), decimal(10, 2), Float64Builder::new());
    let (mut attributes, mut added, mut discontinued) = (StringBuilder::new(), Date32Builder::new(), BooleanBuilder::new());
    for id in 1..=size.products {
        let mut random = Random::new(3, u64::from(id));
        let (colour, material, thing) = (random.pick(COLOURS), random.pick(MATERIALS), random.pick(THINGS));
        ids.append_value(signed(id));
        skus.append_value(format!("SKU-{id:06}"));
        names.append_value(format!("{colour} {material} {thing}"));
        categories.append_value(random.pick_skewed(CATEGORIES));
        prices.append_value(price_cents(id));
        weights.append_option((!random.percent(6)).then(|| f64::from(random.between(1, 20_000)) / 1000.0));
        // jsonb's own form: keys by length, then by bytes.
        attributes.append_option((!random.percent(10)).then(|| {
            let (width, height, rating) = (random.between(1, 200), random.between(1, 200), random.between(10, 50));
            format!(
                r#"{{"size": {{"width": {width}, "height": {height}}}, "color": "{colour}", "rating": {}.{}, "material": "{material}"}}"#,
                rating / 10,
                rating % 10
            )
        }));
        added.append_value(FIRST_DAY - signed(random.below(1500)));
        discontinued.append_value(random.percent(5));
    }
    vec![
        Arc::new(ids.finish()),
        Arc::new(skus.finish()),
        Arc::new(names.finish()),
        Arc::new(categories.finish()),
        Arc::new(prices.finish()),
        Arc::new(weights.finish()),
        Arc::new(attributes.finish()),
        Arc::new(added.finish()),
        Arc::new(discontinued.finish()),
    ]
}

/// One line of an order.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    product: u32,
    quantity: u32,
    cents: i128,
    discount_percent: u32,
}

/// Returns the lines of an order: one to four, the same wherever they are asked for.
pub fn items_of(order: u32, size: Size) -> impl Iterator<Item = Item> {
    let mut random = Random::new(4, u64::from(order));
    let count = [1, 1, 2, 2, 3, 2, 1, 4, 3, 3][random.index(10)];
    (0..count).map(move |_| {
        let product = 1 + random.below(size.products).min(random.below(size.products));
        let discount_percent = if random.percent(20) { random.between(1, 6) * 5 } else { 0 };
        Item { product, quantity: random.between(1, 5), cents: price_cents(product), discount_percent }
    })
}

/// Returns the schema of `order_items`.
pub fn items_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        field("order_id", DataType::Int64, "int8", false),
        field("line", DataType::Int16, "int2", false),
        field("product_id", DataType::Int32, "int4", false),
        field("quantity", DataType::Int32, "int4", false),
        field("price", DataType::Decimal128(10, 2), "numeric(10,2)", false),
        field("discount", DataType::Decimal128(4, 2), "numeric(4,2)", false),
    ]))
}

/// Makes the lines of the orders from `first` up to `end`.
pub fn items(size: Size, first: u32, end: u32) -> Vec<ArrayRef> {
    let (mut orders, mut lines, mut products) = (Int64Builder::new(), Int16Builder::new(), Int32Builder::new());
    let (mut quantities, mut prices, mut discounts) = (Int32Builder::new(), decimal(10, 2), decimal(4, 2));
    for order in first..end {
        for (line, item) in (1..).zip(items_of(order, size)) {
            orders.append_value(i64::from(order) + 1);
            lines.append_value(line);
            products.append_value(signed(item.product));
            quantities.append_value(signed(item.quantity));
            prices.append_value(item.cents);
            discounts.append_value(i128::from(item.discount_percent));
        }
    }
    vec![
        Arc::new(orders.finish()),
        Arc::new(lines.finish()),
        Arc::new(products.finish()),
        Arc::new(quantities.finish()),
        Arc::new(prices.finish()),
        Arc::new(discounts.finish()),
    ]
}

/// Returns the schema of `orders`, without the partition column `day`.
pub fn orders_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        field("order_id", DataType::Int64, "int8", false),
        field("customer_id", DataType::Int32, "int4", false),
        field("region", DataType::Utf8, "text", false),
        field("status", DataType::Utf8, "text", false),
        field("channel", DataType::Utf8, "varchar(10)", true),
        field("amount", DataType::Decimal128(12, 2), "numeric(12,2)", false),
        field("placed_at", timestamptz(), "timestamptz", false),
        field("shipped_on", DataType::Date32, "date", true),
        field("note", DataType::Utf8, "text", true),
    ]))
}

/// Makes a day's orders; each amount is the sum of its lines.
pub fn orders(size: Size, day: u32) -> Vec<ArrayRef> {
    let (first, end) = (Size::first_of_day(size.orders, day), Size::first_of_day(size.orders, day + 1));
    let mut random = Random::new(5, u64::from(day));
    let (mut ids, mut customers, mut regions) = (Int64Builder::new(), Int32Builder::new(), StringBuilder::new());
    let (mut statuses, mut channels, mut amounts) = (StringBuilder::new(), StringBuilder::new(), decimal(12, 2));
    let (mut placed, mut shipped, mut notes) = (instants(), Date32Builder::new(), StringBuilder::new());
    let date = FIRST_DAY + signed(day);
    for order in first..end {
        let seconds = i64::from(order - first) * 86_400 / i64::from((end - first).max(1));
        ids.append_value(i64::from(order) + 1);
        customers.append_value(1 + signed(random.below(size.customers)));
        regions.append_value(random.pick_skewed(REGIONS));
        let status = random.pick_skewed(STATUSES);
        statuses.append_value(status);
        channels.append_option((!random.percent(7)).then(|| random.pick_skewed(CHANNELS)));
        amounts.append_value(items_of(order, size).map(|item| item.cents * i128::from(item.quantity)).sum::<i128>());
        placed.append_value(i64::from(date) * DAY_MICROS + seconds * 1_000_000 + i64::from(random.below(1_000_000)));
        shipped.append_option(matches!(status, "shipped" | "delivered").then(|| date + signed(random.between(0, 9))));
        notes.append_option(random.percent(6).then(|| random.pick(NOTES)));
    }
    vec![
        Arc::new(ids.finish()),
        Arc::new(customers.finish()),
        Arc::new(regions.finish()),
        Arc::new(statuses.finish()),
        Arc::new(channels.finish()),
        Arc::new(amounts.finish()),
        Arc::new(placed.finish()),
        Arc::new(shipped.finish()),
        Arc::new(notes.finish()),
    ]
}

/// Makes a batch.
pub fn batch(schema: SchemaRef, arrays: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(schema, arrays).expect("the columns are made for this schema")
}

/// Makes a builder of numeric(precision, scale).
pub fn decimal(precision: u8, scale: i8) -> Decimal128Builder {
    Decimal128Builder::new().with_precision_and_scale(precision, scale).expect("a sensible precision")
}

/// Makes a builder of timestamptz.
pub fn instants() -> TimestampMicrosecondBuilder {
    TimestampMicrosecondBuilder::new().with_timezone("UTC")
}

/// Converts a count; the tables stay below two thousand million rows.
pub fn signed(number: u32) -> i32 {
    i32::try_from(number).expect("counts stay below 2^31")
}
