"""Small data for the 24 tables of TPC-DS (`schema.sql`): the same rows at every run, of values for which the benchmark's queries ask.

The official data of such a size leaves a third of the queries without a row: their constants (a county, a brand, a month) are one of
hundreds. Here each column has few values, so that the conditions meet.
"""

import datetime as dt
import random
import re
from pathlib import Path

SCHEMA = Path(__file__).parent / "schema.sql"
SEED = 41
FIRST_DAY, LAST_DAY, JULIAN = dt.date(1998, 1, 1), dt.date(2003, 3, 31), 1721425
SIZES = {
    "call_center": 4, "catalog_page": 20, "customer": 150, "customer_address": 100, "customer_demographics": 140, "household_demographics": 144,
    "income_band": 20, "item": 90, "promotion": 12, "reason": 30, "ship_mode": 8, "store": 8, "warehouse": 4, "web_page": 8, "web_site": 4,
}
SALES = {"store_sales": 12000, "catalog_sales": 8000, "web_sales": 6000}
RETURNED = 0.35
# How many lines a ticket or an order has; a customer buys them on one day.
LINES = {"store_sales": (1, 2, 3, 17), "catalog_sales": (1, 2, 3), "web_sales": (1, 2, 3)}
PREFIX = {"store": "ss", "catalog": "cs", "web": "ws"}

CITIES = ["Edgewood", "Fairview", "Midway", "Oak Grove"]
COUNTIES = ["Williamson County", "Franklin Parish", "Bronx County", "Orange County"]
STATES = ["AR", "CA", "CO", "CT", "GA", "IA", "IL", "IN", "KY", "LA", "MN", "MS", "ND", "NJ", "NM", "OH", "OK", "OR", "TN", "TX", "VA", "WA", "WI"]
ZIPS = ["24128", "76232", "65084", "87816", "83926", "85669"]
STORES = ["ese", "ought", "able", "anti"]
# So many items are sold more than the others.
HOT = 6
# Class, category and brand come together.
GOODS = [
    ("Books", "self-help", "scholaramalgamalg #14"), ("Books", "reference", "exportiunivamalg #9"), ("Women", "maternity", "edu packscholar #1"), ("Books", "computers", "scholaramalgamalg #7"),
    ("Children", "school-uniforms", "edu packscholar #1"), ("Electronics", "personal", "scholaramalgamalg #9"), ("Electronics", "portable", "importoamalg #1"),
    ("Electronics", "stereo", "scholaramalgamalg #7"), ("Home", "decor", "exportiimporto #1"), ("Jewelry", "birdal", "importoamalg #1"),
    ("Men", "accessories", "amalgimporto #1"), ("Men", "shirts", "importoamalg #1"), ("Men", "pants", "exportiimporto #1"), ("Music", "classical", "edu packscholar #1"),
    ("Sports", "football", "importoamalg #1"), ("Women", "dresses", "amalgimporto #1"), ("Women", "fragrances", "importoamalg #1"),
    ("Shoes", "mens", "exportiimporto #1"),
]
# Marital status and education for which the queries ask together.
PEOPLE = [("M", "Advanced Degree"), ("S", "College"), ("W", "2 yr Degree"), ("D", "2 yr Degree"), ("M", "4 yr Degree"), ("M", "Unknown"), ("W", "Advanced Degree")]
# Colours, units and sizes for which one query asks together, by category.
LOOKS = {
    "Women": [("powder", "Ounce", "medium"), ("khaki", "Oz", "extra large"), ("brown", "Bunch", "N/A"), ("honeydew", "Ton", "small"), ("midnight", "Dram", "petite")],
    "Men": [("floral", "Bunch", "N/A"), ("deep", "Dozen", "small"), ("light", "Box", "petite"), ("cornflower", "Box", "extra large"), ("cyan", "Bunch", "medium")],
}
ANY_LOOK = [("peach", "Each", "small"), ("slate", "Lb", "medium"), ("blanched", "Gross", "large"), ("burnished", "Pallet", "N/A"), ("purple", "Tbl", "petite"),
            ("burlywood", "Cup", "large"), ("indian", "Pound", "medium"), ("spring", "Bundle", "small"), ("medium", "Gram", "economy"), ("orange", "Case", "large")]

# The values of a column, by a regular expression over its name.
VALUES = [
    (r"_city$", CITIES), (r"^ca_county$", ["Dona Ana County", "Jefferson County", "La Porte County", "Rush County", "Toole County", *COUNTIES[:2] * 4]),
    (r"_county$", COUNTIES), (r"^ca_state$", STATES + ["TN"] * 8 + ["GA"] * 8 + ["KY", "NM"] * 2 + ["IN", "OH", "NJ", "WI", "CT", "LA", "IA", "AR"]), (r"_state$", ["TN", "TN", "SD"]), (r"_zip$", ZIPS), (r"_country$", ["United States"]),
    (r"gmt_offset$", ["-5.00", "-5.00", "-7.00", "-7.00", "-6.00"]), (r"_street_number$", ["18", "362", "730"]), (r"_street_name$", ["Jackson", "Ash Hill", "6th"]),
    (r"_street_type$", ["Parkway", "RD", "Ln"]), (r"_suite_number$", ["Suite 80", "Suite 0"]), (r"location_type", ["condo", "apartment", "single family"]),
    (r"_company_name$", ["pri", "able"]), (r"^cc_name$", ["NY Metro", "Mid Atlantic"]), (r"_manager$", ["Bob Belcher", "Julius Tran", "Tod Well"]),
    (r"^s_store_name$", STORES), (r"number_employees", [200, 245, 295]), (r"^s_market_id$", [8, 8, 5]), (r"^web_name$", ["site_0", "site_1"]),
    (r"^sm_type$", ["EXPRESS", "OVERNIGHT", "REGULAR", "LIBRARY"]), (r"^sm_carrier$", ["DHL", "BARIAN", "UPS", "FEDEX"]), (r"^sm_code$", ["AIR", "SEA"]),
    (r"_birth_year$", list(range(1924, 1993))), (r"_birth_month$", list(range(1, 13))), (r"_birth_day$", list(range(1, 29))),
    (r"_birth_country$", ["CHILE", "TOGO", "JAPAN"]), (r"salutation", ["Mr.", "Dr.", "Ms."]), (r"first_name", ["Javier", "Amy", "Tamara", "Li"]),
    (r"last_name", ["Lewis", "Moses", "Ng", "O'Brien"]), (r"preferred_cust_flag", ["Y", "Y", "N"]), (r"purchase_estimate", [500, 1000, 5000]),
    (r"credit_rating", ["Good", "Low Risk", "High Risk", "Unknown"]), (r"^cd_dep_", [0, 1, 2, 3]), (r"^p_channel_(?!details)", ["Y", "N"]),
    (r"discount_active", ["N"]), (r"^p_promo_name", ["ought", "able", "pri"]), (r"^p_cost", ["1000.00"]), (r"wp_char_count", [5000, 5100, 5200, 2531]),
    (r"^i_manager_id$", [1, 1, 8, 28, 40]), (r"^i_wholesale_cost$", ["0.38", "23.23", "50.10"]), (r"^i_container$", ["Unknown"]),
    (r"^cp_department$", ["DEPARTMENT"]), (r"_desc$|_description$", ["General basic characters", "Low, annual chains", "Kind words"]), (r"_id$", [1, 2, 3, 4, 5, 6]),
    (r"warehouse_name", ["Conventional childr", "Important issues liv", "Doors canno"]), (r"_sq_ft$|floor_space", [1138, 977787]), (r"_hours$", ["8AM-4PM", "8AM-8AM"]),
]


def tables():
    """Returns the columns of each table: [(name, type)]."""
    found = {}
    for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", SCHEMA.read_text(), re.DOTALL):
        found[table] = re.findall(r"(\w+) ((?:integer|date|\w+\(\d+(?:,\d+)?\)))", body)
    return found


def rows():
    """Yields each table with its rows, as dictionaries; a column that is not in one is NULL."""
    chance = random.Random(SEED)
    columns = tables()
    days = list(dates())
    yield "date_dim", days
    yield "time_dim", list(times())
    for table, count in SIZES.items():
        yield table, [dimension(chance, table, columns[table], number) for number in range(1, count + 1)]
    by_day = [day["d_date_sk"] for day in days if day["d_year"] < 2003]
    for table, count in SALES.items():
        sold = list(sales(chance, table, columns[table], count, by_day))
        yield table, sold
        yield returns_of(table), list(returns(chance, table, columns[returns_of(table)], sold))
    mondays = [day["d_date_sk"] for day in days if day["d_dow"] == 1]
    yield "inventory", [
        {"inv_date_sk": day, "inv_item_sk": item, "inv_warehouse_sk": warehouse, "inv_quantity_on_hand": chance.choice([None, 1, 5, 20, 120, 211, 480, 900])}
        for day in mondays[::2] for item in range(1, SIZES["item"] + 1, 3) for warehouse in range(1, SIZES["warehouse"] + 1)]


def dates():
    day = FIRST_DAY
    while day <= LAST_DAY:
        number, quarter = day.toordinal() + JULIAN, (day.month + 2) // 3
        months, weeks = (day.year - 1900) * 12 + day.month - 1, (day - dt.date(1900, 1, 1)).days // 7 + 1
        dow = (day.weekday() + 1) % 7
        last = (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
        yield {
            "d_date_sk": number, "d_date_id": identifier(number), "d_date": day, "d_month_seq": months, "d_week_seq": weeks,
            "d_quarter_seq": (day.year - 1900) * 4 + quarter - 1, "d_year": day.year, "d_dow": dow, "d_moy": day.month, "d_dom": day.day, "d_qoy": quarter,
            "d_fy_year": day.year, "d_fy_quarter_seq": (day.year - 1900) * 4 + quarter - 1, "d_fy_week_seq": weeks, "d_day_name": day.strftime("%A"),
            "d_quarter_name": f"{day.year}Q{quarter}", "d_holiday": "N", "d_weekend": "Y" if dow in (0, 6) else "N", "d_following_holiday": "N",
            "d_first_dom": number - day.day + 1, "d_last_dom": last.toordinal() + JULIAN, "d_same_day_ly": number - 365, "d_same_day_lq": number - 91,
            "d_current_day": "N", "d_current_week": "N", "d_current_month": "N", "d_current_quarter": "N", "d_current_year": "N",
        }
        day += dt.timedelta(days=1)


def times():
    """Every 20 minutes, and the second at which a query looks."""
    for second in sorted([*range(0, 86400, 1200), 30838]):
        hour = second // 3600
        yield {
            "t_time_sk": second, "t_time_id": identifier(second), "t_time": second, "t_hour": hour, "t_minute": second // 60 % 60, "t_second": second % 60,
            "t_am_pm": "AM" if hour < 12 else "PM", "t_shift": "first" if hour < 16 else "second", "t_sub_shift": "morning" if hour < 12 else "evening",
            "t_meal_time": "breakfast" if 6 <= hour < 9 else "lunch" if 11 <= hour < 14 else "dinner" if 17 <= hour < 21 else None,
        }


def identifier(number):
    """Sixteen letters; the same for two numbers, as versions of one thing have the same."""
    letters = "".join(chr(65 + (number >> (4 * place)) % 16) for place in range(8))
    return letters + "A" * 8


def dimension(chance, table, columns, number):
    row = {name: value(chance, name, ty) for name, ty in columns}
    key, *rest = [name for name, _ in columns]
    row[key] = number
    if rest[0].endswith("_id"):
        row[rest[0]] = identifier((number + 1) // 2 if table in ("item", "store", "web_site", "call_center", "web_page") else number)
    if table == "customer_demographics":
        educations = ["Primary", "Secondary", "College", "2 yr Degree", "4 yr Degree", "Advanced Degree", "Unknown"]
        status, education = ("MSDWU"[number // 2 % 5], educations[number // 10 % 7]) if number <= 70 else PEOPLE[number // 2 % len(PEOPLE)]
        row |= {"cd_gender": "MF"[number % 2], "cd_marital_status": status, "cd_education_status": education}
    elif table == "household_demographics":
        row |= {"hd_income_band_sk": number % 20 + 1, "hd_buy_potential": ["0-500", "Unknown", "1001-5000", "5001-10000", ">10000", "Unknown"][number % 6],
                "hd_dep_count": number // 6 % 8, "hd_vehicle_count": number // 48 % 5 + number % 3}
    elif table == "income_band":
        row |= {"ib_lower_bound": (number - 1) * 10000 + (1 if number > 1 else 0) if number != 5 else 38128, "ib_upper_bound": number * 10000 + (8128 if number == 5 else 0)}
    elif table == "reason":
        row["r_reason_desc"] = f"reason {number}"
    elif table == "customer":
        row |= {"c_email_address": f"c{number}@example.com", "c_login": None, "c_first_sales_date_sk": chance.randint(2450815, 2452600)}
    elif table == "item":
        category, class_name, brand = GOODS[number % len(GOODS)]
        color, units, size = chance.choice(LOOKS.get(category, ANY_LOOK) * 6 + ANY_LOOK)
        color = "purple" if number <= HOT else color
        manufacturer = chance.choice([128, 129, 270, 350, 423, 677, 694, 738, 738, 738, 740, 808, 821, 940, 977])
        row |= {
            "i_category": category, "i_class": class_name, "i_brand": brand, "i_color": color, "i_units": units, "i_size": size, "i_manufact_id": manufacturer,
            "i_manufact": f"maker {manufacturer}", "i_product_name": f"product {number}", "i_category_id": GOODS.index((category, class_name, brand)) // 3 + 1,
            "i_class_id": number % len(GOODS) % 5 + 1, "i_brand_id": 1001001 + sum(map(ord, brand)), "i_rec_end_date": None if number % 2 else dt.date(1999, 10, 27),
            "i_current_price": "66.10" if number <= HOT else chance.choice(["0.99", "1.12", "1.35", "1.49", "27.02", "50.00", "62.50", "62.50", "66.10", "68.00", "75.40", "98.20"]),
        }
    elif table == "store":
        row |= {"s_rec_end_date": None, "s_county": COUNTIES[number % 2 * number % 4], "s_zip": ZIPS[number % len(ZIPS)]}
    return row


def value(chance, name, ty):
    """A value of a dimension's column."""
    if re.search(r"_sk$", name):
        return key(chance, name)
    for pattern, values in VALUES:
        if re.search(pattern, name) and (pattern != "_id$" or ty == "integer"):
            return None if name.startswith(("c_", "i_")) and chance.random() < 0.03 else chance.choice(values)
    if ty == "date":
        return dt.date(1997, 10, 27)
    if ty == "integer":
        return chance.randint(1, 9)
    if ty.startswith("numeric"):
        return "0.07"
    return "N" if ty == "char(1)" else "Unknown"[:int(re.search(r"\d+", ty)[0])]


def key(chance, name):
    """A key of another table."""
    for part, table in (("cdemo", "customer_demographics"), ("hdemo", "household_demographics"), ("addr", "customer_address"), ("customer", "customer"),
                        ("catalog_page", "catalog_page"), ("web_page", "web_page"), ("page", "web_page"), ("call_center", "call_center"), ("ship_mode", "ship_mode"),
                        ("warehouse", "warehouse"), ("web_site", "web_site"), ("store", "store"), ("promo", "promotion"), ("item", "item"), ("reason", "reason"),
                        ("income_band", "income_band")):
        if part in name:
            return chance.randint(1, SIZES[table])
    if "time" in name:
        return chance.choice([30838, *range(0, 86400, 1200)])
    return chance.randint(2450815, 2452000)


def sales(chance, table, columns, count, days):
    prefix = PREFIX[table.split("_")[0]]
    number = left = 0
    # One item sells alike in all three channels, which a query looks for.
    yield {f"{prefix}_item_sk": 7, f"{prefix}_sold_date_sk": dt.date(2000, 1, 3).toordinal() + JULIAN, f"{prefix}_quantity": 90,
           f"{prefix}_ext_sales_price": "90000.00", "ss_ticket_number" if prefix == "ss" else f"{prefix}_order_number": 0}
    for _ in range(count):
        if left == 0:
            number, left, day, common = number + 1, chance.choice(LINES[table]), chance.choice(days), {}
            for name, _ in columns:
                if name.endswith("_sk") and "item" not in name and "date" not in name and not (prefix != "ss" and "warehouse" in name):
                    common[name] = key(chance, name)
            for name in [name for name in common if "_ship_" in name and name.replace("_ship_", "_bill_") in common]:
                common[name] = chance.choice([common[name], common[name.replace("_ship_", "_bill_")]])
        left -= 1
        item = chance.choice([day % SIZES["item"] + 1, day % HOT + 1, chance.randint(1, SIZES["item"]), chance.randint(1, SIZES["item"])])
        row = dict(common) | {f"{prefix}_item_sk": item, f"{prefix}_sold_date_sk": day}
        if prefix == "ss":
            row["ss_ticket_number"] = number
        else:
            row |= {f"{prefix}_order_number": number, f"{prefix}_warehouse_sk": chance.randint(1, SIZES["warehouse"]), f"{prefix}_ship_date_sk": day + chance.randint(2, 130)}
        quantity, cost = chance.choice([1, 2, chance.randint(1, 100), chance.randint(1, 100)]), chance.randint(100, 9900)
        listed = cost * chance.randint(100, 250) // 100
        sold = listed * chance.randint(20, 100) // 100
        coupon = chance.choice([0, 0, 0, sold * quantity // 3])
        tax, ship, paid = sold * quantity // 20, listed * quantity // 4, sold * quantity - coupon
        amounts = {
            "wholesale_cost": cost, "list_price": listed, "sales_price": sold, "ext_discount_amt": (listed - sold) * quantity, "ext_sales_price": sold * quantity,
            "ext_wholesale_cost": cost * quantity, "ext_list_price": listed * quantity, "ext_tax": tax, "coupon_amt": coupon, "ext_ship_cost": ship,
            "net_paid": paid, "net_paid_inc_tax": paid + tax, "net_paid_inc_ship": paid + ship, "net_paid_inc_ship_tax": paid + ship + tax,
            "net_profit": paid - cost * quantity,
        }
        row |= {f"{prefix}_quantity": quantity} | {f"{prefix}_{name}": money(cents) for name, cents in amounts.items()}
        known = {name for name, _ in columns}
        yield with_nulls(chance, {name: item for name, item in row.items() if name in known}, columns, 0.02)


def returns_of(table):
    return table.replace("sales", "returns")


def returns(chance, table, columns, sold):
    """Some of what was sold comes back, weeks later, mostly by who bought it."""
    prefix = PREFIX[table.split("_")[0]]
    ours = {"ss": "sr", "cs": "cr", "ws": "wr"}[prefix]
    for sale in sold:
        if chance.random() >= RETURNED or sale.get(f"{prefix}_sold_date_sk") is None:
            continue
        row = {name: key(chance, name) for name, _ in columns if name.endswith("_sk")}
        row |= {f"{ours}_item_sk": sale.get(f"{prefix}_item_sk"), f"{ours}_returned_date_sk": sale[f"{prefix}_sold_date_sk"] + chance.randint(1, 90)}
        if prefix == "ss":
            row |= {"sr_ticket_number": sale.get("ss_ticket_number"), "sr_customer_sk": sale.get("ss_customer_sk"), "sr_store_sk": sale.get("ss_store_sk")}
        else:
            row[f"{ours}_order_number"] = sale.get(f"{prefix}_order_number")
            for part in ("customer", "cdemo", "hdemo", "addr"):
                buyer = sale.get(f"{prefix}_bill_{part}_sk")
                row |= {f"{ours}_refunded_{part}_sk": buyer, f"{ours}_returning_{part}_sk": chance.choice([buyer, buyer, row[f"{ours}_returning_{part}_sk"]])}
        quantity, amount = chance.randint(1, sale.get(f"{prefix}_quantity") or 9), chance.choice([chance.randint(100, 200000), chance.randint(1000100, 2000000)])
        for name, ty in columns:
            if ty == "numeric(7,2)":
                row[name] = money(amount if re.search(r"return_am(oun)?t$", name) else amount * chance.randint(1, 3) // 100)
        row[f"{ours}_return_quantity"] = quantity
        yield with_nulls(chance, row, columns, 0.02)


def with_nulls(chance, row, columns, part):
    """Leaves some values out, never an item, a number of an order or a ticket."""
    kept = re.compile(r"_item_sk$|_number$")
    return {name: row[name] if kept.search(name) or chance.random() >= part else None for name, _ in columns if name in row}


def money(cents):
    """numeric(7,2) holds less than 100,000."""
    cents = max(min(cents, 9999999), -9999999)
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"
