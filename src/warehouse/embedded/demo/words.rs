//! The words of the demo's data; some are not ASCII, as in life.

/// Sales regions, the busiest first.
pub const REGIONS: &[&str] = &["EU", "US", "APAC", "LATAM", "MEA"];
/// Order statuses, the most frequent first.
pub const STATUSES: &[&str] = &["delivered", "shipped", "paid", "pending", "returned", "cancelled"];
/// Sales channels.
pub const CHANNELS: &[&str] = &["web", "app", "store", "phone"];
/// Customer segments.
pub const SEGMENTS: &[&str] = &["consumer", "small business", "enterprise", "public"];
/// Product categories.
pub const CATEGORIES: &[&str] =
    &["kitchen", "garden", "books", "toys", "sports", "electronics", "fashion", "beauty", "office", "pets", "music", "outdoor"];
/// Colours.
pub const COLOURS: &[&str] = &["red", "blue", "green", "black", "white", "amber", "violet", "grün", "marrón", "藍"];
/// Materials.
pub const MATERIALS: &[&str] = &["oak", "steel", "cotton", "glass", "leather", "bamboo", "wool", "clay", "paper", "copper"];
/// Things.
pub const THINGS: &[&str] = &[
    "lamp",
    "chair",
    "kettle",
    "notebook",
    "backpack",
    "mug",
    "clock",
    "blanket",
    "shelf",
    "speaker",
    "jacket",
    "ball",
    "puzzle",
    "planter",
    "knife",
    "café press",
];
/// First names.
pub const FIRST_NAMES: &[&str] = &[
    "Ana",
    "Björn",
    "Chloé",
    "Dmitri",
    "Elif",
    "Fátima",
    "Goran",
    "Hana",
    "İrem",
    "João",
    "Kofi",
    "Lucía",
    "Mei",
    "Noah",
    "Ólafur",
    "Priya",
    "Quinn",
    "Rosa",
    "Søren",
    "Tomáš",
    "Uma",
    "Wei",
    "Ximena",
    "Yuki",
    "Zoë",
    "Ибрагим",
    "小明",
    "さくら",
    "O'Neil",
    "Ærlend",
];
/// Family names.
pub const LAST_NAMES: &[&str] = &[
    "Müller",
    "García",
    "Smith",
    "Nguyễn",
    "Kowalski",
    "Öztürk",
    "Dubois",
    "Rossi",
    "Andersson",
    "Silva",
    "Tanaka",
    "Okafor",
    "Novák",
    "Kim",
    "Popescu",
    "Haddad",
    "O'Brien",
    "van Dijk",
    "Ferreira",
    "Иванов",
    "王",
    "佐藤",
];
/// Cities with their countries.
pub const CITIES: &[(&str, &str)] = &[
    ("Berlin", "DE"),
    ("München", "DE"),
    ("Paris", "FR"),
    ("Madrid", "ES"),
    ("São Paulo", "BR"),
    ("Kraków", "PL"),
    ("New York", "US"),
    ("Austin", "US"),
    ("Tōkyō", "JP"),
    ("北京", "CN"),
    ("Lagos", "NG"),
    ("Αθήνα", "GR"),
    ("İstanbul", "TR"),
    ("Montréal", "CA"),
    ("Zürich", "CH"),
    ("Malmö", "SE"),
];
/// Remarks.
pub const NOTES: &[&str] = &[
    "leave at the door",
    "gift: please wrap it",
    "call before delivery",
    "größere Verpackung erbeten",
    "ne pas plier",
    "entregar después de las 18:00",
    "第二个门铃",
    "fragile \u{1f4e6}",
    "customer said \"thanks\"",
    "50% off, as agreed",
    "",
];
/// Tags.
pub const TAGS: &[&str] =
    &["new", "sale", "gift", "vip", "été", "größe-l", "特価", "two words", "comma,inside", "quote\"d", "back\\slash", "null"];
/// Kinds of events, the most frequent first.
pub const KINDS: &[&str] =
    &["view", "view", "search", "view", "cart", "login", "share", "checkout", "purchase", "logout", "signup", "refund", "error"];
/// Languages in addresses.
pub const LANGUAGES: &[&str] = &["en", "de", "fr", "es", "pt", "pl", "tr", "ja"];
/// Where visitors come from.
pub const SOURCES: &[&str] = &["newsletter", "search", "social", "affiliate", "direct", "retargeting"];
/// Campaigns.
pub const CAMPAIGNS: &[&str] =
    &["spring-collection-2026", "summer-sale-2026", "always-on-brand", "loyalty-program-q2", "new-customer-welcome", "black-week-preview"];
/// Operating systems in user agents.
pub const SYSTEMS: &[&str] = &[
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "iPhone; CPU iPhone OS 18_2 like Mac OS X",
    "Linux; Android 15; Pixel 9",
    "iPad; CPU OS 18_1 like Mac OS X",
];
/// Places on a page where something was clicked.
pub const PLACES: &[&str] = &["header", "search-results", "recommendation-carousel", "footer", "product-gallery", "basket-sidebar"];
