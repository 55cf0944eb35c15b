//! Fills the tables of any version with rows that it accepts, by reading the schema, so that
//! migrations yet to be written are tested without a word about their tables.

use std::collections::BTreeMap;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// Rows by table.
pub(super) type Counts = BTreeMap<String, i64>;

/// How many random rows are tried for one that passes the table's checks.
const TRIES: usize = 20_000;

struct Column {
    name: String,
    kind: String,
    nullable: bool,
    /// Table and column that a value must be taken from.
    refers_to: Option<(String, String)>,
}

/// Puts `rows` rows into each table. Triggers rest meanwhile: they would add rows of their own.
pub(super) fn fill(conn: &Connection, rows: i64) {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).expect("triggers rest");
    let mut chance = Xorshift(0x9e37_79b9_7f4a_7c15);
    for table in tables(conn) {
        for row in 0..rows {
            insert(conn, &table, row, &mut chance);
        }
    }
}

/// How many rows each table holds.
pub(super) fn counts(conn: &Connection) -> Counts {
    let count = |table: &str| {
        conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .expect("a table that can be counted")
    };
    tables(conn).into_iter().map(|table| (table.clone(), count(&table))).collect()
}

/// Tables in the order of their creation, but for those that others refer to: they come first, also if they
/// were made anew since.
fn tables(conn: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema
               WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    let (mut waiting, mut placed) = (strings(conn, sql), Vec::new());
    while !waiting.is_empty() {
        let is_ready = |table: &String| {
            let parents = columns(conn, table).into_iter().filter_map(|column| column.refers_to);
            parents.map(|(parent, _)| parent).all(|parent| placed.contains(&parent))
        };
        let (ready, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_ready);
        assert!(!ready.is_empty(), "these refer to one another: {others:?}");
        placed.extend(ready);
        waiting = others;
    }
    placed
}

fn insert(conn: &Connection, table: &str, row: i64, chance: &mut Xorshift) {
    let columns = columns(conn, table);
    let words = words(conn, table);
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(", "));
    let mut statement = conn.prepare(&sql).expect("an insert");
    let mut refusal = String::new();
    for _ in 0..TRIES {
        let values = columns.iter().map(|column| value(conn, column, row, &words, chance));
        match statement.execute(params_from_iter(values)) {
            Ok(_) => return,
            Err(error) => refusal = error.to_string(),
        }
    }
    panic!("no row found that {table} accepts; the last refusal: {refusal}");
}

fn value(
    conn: &Connection,
    column: &Column,
    row: i64,
    words: &[String],
    chance: &mut Xorshift,
) -> Value {
    if column.nullable && chance.below(2) == 0 {
        return Value::Null;
    }
    if let Some((table, parent)) = &column.refers_to {
        let sql = format!("SELECT {parent} FROM {table} ORDER BY random() LIMIT 1");
        return conn.query_row(&sql, [], |row| row.get(0)).expect("a row to refer to");
    }
    match column.kind.as_str() {
        "INTEGER" if chance.below(4) == 0 => Value::Integer(chance.below(2)),
        "INTEGER" => Value::Integer(row + 2),
        "REAL" => Value::Real(row as f64),
        "BLOB" => Value::Blob(vec![chance.below(256) as u8; 32]),
        _ => match usize::try_from(chance.below(words.len() as i64 + 2)) {
            Ok(index) if index < words.len() => Value::Text(words[index].clone()),
            _ => Value::Text(format!("\"{row} {}\"", chance.below(1 << 30))),
        },
    }
}

/// The words that stand in the table's definition: what its checks and defaults allow.
fn words(conn: &Connection, table: &str) -> Vec<String> {
    let sql: String = conn
        .query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0))
        .expect("the table's definition");
    let code: Vec<&str> = sql.lines().map(|l| l.split("--").next().unwrap_or(l)).collect();
    code.join("\n").split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

fn columns(conn: &Connection, table: &str) -> Vec<Column> {
    let parents: BTreeMap<String, (String, String)> = conn
        .prepare("SELECT \"from\", \"table\", coalesce(\"to\", 'rowid') FROM pragma_foreign_key_list(?1)")
        .and_then(|mut list| {
            list.query_map([table], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?.collect()
        })
        .expect("the references");
    let mut list = conn
        .prepare("SELECT name, type, \"notnull\" = 0 AND pk = 0 FROM pragma_table_info(?1)")
        .expect("the columns");
    list.query_map([table], |row| {
        let name: String = row.get(0)?;
        let refers_to = parents.get(&name).cloned();
        Ok(Column { name, kind: row.get(1)?, nullable: row.get(2)?, refers_to })
    })
    .and_then(Iterator::collect)
    .expect("the columns")
}

fn strings(conn: &Connection, sql: &str) -> Vec<String> {
    conn.prepare(sql)
        .and_then(|mut list| list.query_map([], |row| row.get(0))?.collect())
        .expect("a list")
}

/// The same numbers each time (xorshift).
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, end: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.unsigned_abs()) as i64
    }
}
