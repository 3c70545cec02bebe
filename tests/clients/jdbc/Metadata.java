// Asks a server everything that pgjdbc's DatabaseMetaData asks, and runs statements the ways that BI tools do.
//
//   java -cp /usr/share/java/postgresql.jar tests/clients/jdbc/Metadata.java jdbc:postgresql://127.0.0.1:7432/shop demo
//
// Each check prints one line; the last line is the count.

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

public class Metadata {
    interface Check {
        void run() throws Exception;
    }

    static int passed = 0;
    static int failed = 0;

    static void check(String name, Check check) {
        try {
            check.run();
            passed++;
            System.out.println("ok      " + name);
        } catch (Throwable error) {
            failed++;
            System.out.println("FAILED  " + name + ": " + error);
        }
    }

    static void equal(Object wanted, Object got) {
        if (!String.valueOf(wanted).equals(String.valueOf(got))) {
            throw new AssertionError("wanted " + wanted + ", got " + got);
        }
    }

    /** The values of some columns, a list for each row. */
    static List<String> rows(ResultSet set, String... columns) throws SQLException {
        List<String> rows = new ArrayList<>();
        while (set.next()) {
            List<String> row = new ArrayList<>();
            for (String column : columns) {
                row.add(set.getString(column));
            }
            rows.add(String.join(" ", row));
        }
        set.close();
        return rows;
    }

    /** Reads every column of every row, and returns how many rows there are. */
    static int count(ResultSet set) throws SQLException {
        int count = 0;
        int width = set.getMetaData().getColumnCount();
        while (set.next()) {
            for (int i = 1; i <= width; i++) {
                set.getObject(i);
            }
            count++;
        }
        set.close();
        return count;
    }

    static void some(ResultSet set) throws SQLException {
        if (count(set) == 0) {
            throw new AssertionError("no rows");
        }
    }

    public static void main(String[] args) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("user", args[1]);
        properties.setProperty("password", "");
        try (Connection connection = DriverManager.getConnection(args[0], properties)) {
            metadata(connection.getMetaData());
            statements(connection);
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }

    static void metadata(DatabaseMetaData meta) {
        check("getTables", () -> equal("[customers TABLE, events TABLE, order_items TABLE, orders TABLE, products TABLE]",
                rows(meta.getTables(null, "shop", "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE")));
        check("getTables, all types", () -> some(meta.getTables(null, null, "%", null)));
        check("getTables, system", () -> some(meta.getTables(null, "pg_catalog", "pg_cl%", new String[] {"SYSTEM TABLE"})));
        check("getColumns", () -> equal("[amount 2 numeric 12 2]",
                rows(meta.getColumns(null, "shop", "orders", "amount"), "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS")));
        check("getColumns, all", () -> some(meta.getColumns(null, null, "%", "%")));
        check("getPrimaryKeys", () -> count(meta.getPrimaryKeys(null, "shop", "orders")));
        check("getIndexInfo", () -> count(meta.getIndexInfo(null, "shop", "orders", false, true)));
        check("getIndexInfo, unique", () -> count(meta.getIndexInfo(null, "shop", "orders", true, false)));
        check("getImportedKeys", () -> count(meta.getImportedKeys(null, "shop", "orders")));
        check("getExportedKeys", () -> count(meta.getExportedKeys(null, "shop", "orders")));
        check("getCrossReference", () -> count(meta.getCrossReference(null, "shop", "orders", null, "shop", "customers")));
        check("getTypeInfo", () -> some(meta.getTypeInfo()));
        check("getSchemas", () -> equal("[shop]", rows(meta.getSchemas(null, "shop"), "TABLE_SCHEM")));
        check("getSchemas, all", () -> some(meta.getSchemas()));
        check("getCatalogs", () -> some(meta.getCatalogs()));
        check("getTableTypes", () -> some(meta.getTableTypes()));
        check("getFunctions", () -> some(meta.getFunctions(null, null, "lower%")));
        check("getFunctionColumns", () -> some(meta.getFunctionColumns(null, null, "lower", "%")));
        check("getProcedures", () -> count(meta.getProcedures(null, null, "%")));
        check("getProcedureColumns", () -> count(meta.getProcedureColumns(null, null, "lower", "%")));
        check("getBestRowIdentifier", () -> count(meta.getBestRowIdentifier(null, "shop", "orders", 0, true)));
        check("getVersionColumns", () -> count(meta.getVersionColumns(null, "shop", "orders")));
        check("getTablePrivileges", () -> count(meta.getTablePrivileges(null, "shop", "orders")));
        check("getColumnPrivileges", () -> count(meta.getColumnPrivileges(null, "shop", "orders", "%")));
        check("getUDTs", () -> count(meta.getUDTs(null, null, "%", null)));
        check("getClientInfoProperties", () -> some(meta.getClientInfoProperties()));
        check("getSQLKeywords", () -> {
            if (meta.getSQLKeywords().isEmpty()) {
                throw new AssertionError("no keywords");
            }
        });
        check("limits and names", () -> {
            equal("PostgreSQL", meta.getDatabaseProductName());
            equal(63, meta.getMaxColumnNameLength());
            meta.getUserName();
            meta.getDatabaseProductVersion();
            meta.getDefaultTransactionIsolation();
        });
    }

    static void statements(Connection connection) {
        check("a prepared statement, ten times", () -> {
            try (PreparedStatement statement = connection.prepareStatement("SELECT count(*), sum(amount), min(day), max(placed_at) FROM orders WHERE order_id <= ?")) {
                String first = null;
                for (int i = 0; i < 10; i++) {
                    statement.setLong(1, 100);
                    try (ResultSet set = statement.executeQuery()) {
                        set.next();
                        String row = set.getLong(1) + " " + set.getBigDecimal(2) + " " + set.getDate(3) + " " + set.getTimestamp(4);
                        first = first == null ? row : first;
                        equal(first, row);
                    }
                }
            }
        });
        check("values of each kind, text and binary", () -> {
            String sql = "SELECT ?::int4, ?::int8, ?::float8, ?::numeric, ?::text, ?::bool, ?::date, ARRAY[1, 2], NULL::text";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < 8; i++) {
                    statement.setInt(1, 7);
                    statement.setLong(2, 1L << 40);
                    statement.setDouble(3, 0.25);
                    statement.setBigDecimal(4, new BigDecimal("12.34"));
                    statement.setString(5, "a'b");
                    statement.setBoolean(6, true);
                    statement.setDate(7, java.sql.Date.valueOf("2026-03-01"));
                    try (ResultSet set = statement.executeQuery()) {
                        set.next();
                        equal("7 1099511627776 0.25 12.34 a'b true 2026-03-01 [1, 2] null",
                                set.getInt(1) + " " + set.getLong(2) + " " + set.getDouble(3) + " " + set.getBigDecimal(4) + " " + set.getString(5)
                                        + " " + set.getBoolean(6) + " " + set.getDate(7) + " " + java.util.Arrays.toString((Object[]) set.getArray(8).getArray()) + " " + set.getString(9));
                    }
                }
            }
        });
        check("rows fetched in pages", () -> {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(100);
                try (ResultSet set = statement.executeQuery("SELECT order_id, amount FROM orders ORDER BY order_id LIMIT 1234")) {
                    int rows = 0;
                    while (set.next()) {
                        rows++;
                        equal(rows, set.getLong(1));
                    }
                    equal(1234, rows);
                }
            }
            connection.commit();
            connection.setAutoCommit(true);
        });
        check("metadata of a result", () -> {
            try (Statement statement = connection.createStatement(); ResultSet set = statement.executeQuery("SELECT amount, count(*) AS n FROM orders GROUP BY 1 LIMIT 1")) {
                ResultSetMetaData meta = set.getMetaData();
                equal("amount numeric 12 2 orders", meta.getColumnName(1) + " " + meta.getColumnTypeName(1) + " " + meta.getPrecision(1) + " " + meta.getScale(1)
                        + " " + meta.getTableName(1));
                equal("n int8", meta.getColumnLabel(2) + " " + meta.getColumnTypeName(2));
                meta.isNullable(1);
                meta.isAutoIncrement(1);
            }
        });
        check("cancel", () -> {
            try (Statement statement = connection.createStatement()) {
                Thread thread = new Thread(() -> {
                    try {
                        Thread.sleep(300);
                        statement.cancel();
                    } catch (Exception error) {
                        throw new RuntimeException(error);
                    }
                });
                thread.start();
                try {
                    count(statement.executeQuery("SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a % 7 = b % 5"));
                    throw new AssertionError("not cancelled");
                } catch (SQLException error) {
                    equal("57014", error.getSQLState());
                }
                thread.join();
            }
        });
        check("maxRows and a timeout", () -> {
            try (Statement statement = connection.createStatement()) {
                statement.setMaxRows(5);
                statement.setQueryTimeout(30);
                equal(5, count(statement.executeQuery("SELECT * FROM customers")));
            }
        });
        check("an error keeps the connection", () -> {
            try (Statement statement = connection.createStatement()) {
                try {
                    statement.executeQuery("SELECT no_such_column FROM orders");
                    throw new AssertionError("no error");
                } catch (SQLException error) {
                    equal("42703", error.getSQLState());
                }
                equal(1, count(statement.executeQuery("SELECT 1")));
            }
            connection.isValid(5);
        });
    }
}
