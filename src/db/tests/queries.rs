//! What Diesel can say through `AnyConnection`, and the glue for what it cannot.

use chrono::{NaiveDate, TimeDelta};
use diesel::dsl::{count_star, exists, max, not};
use diesel::sql_types::{BigInt, Text};

use super::*;

#[test]
fn a_row_reads_back_as_written() {
    on_each_connection(|conn| {
        let parent = insert(conn, "parent", 1).unwrap();
        let thing = Thing {
            sort: Sort::Large,
            due: NaiveDate::from_ymd_opt(2026, 2, 28),
            data: Json(vec![Note { text: "門 \" \u{0} 1/2".to_owned(), by: Some(parent) }]),
            parent_id: Some(parent),
            done: true,
            ..Thing::new("門", i64::MAX)
        };
        diesel::insert_into(things::table).values(&thing).execute(conn).unwrap();
        let read: Thing = things::table.find(thing.id).select(Thing::as_select()).first(conn).unwrap();
        assert_eq!(read, thing);
    });
}

#[test]
fn returning_changesets_and_guarded_updates() {
    on_each_connection(|conn| {
        let mut thing: Thing = diesel::insert_into(things::table)
            .values(Thing::new("a", 5))
            .returning(cols::<Thing>())
            .get_result(conn)
            .unwrap();
        thing.due = NaiveDate::from_ymd_opt(2026, 1, 1);
        thing.amount = 6;
        let saved: Thing = diesel::update(things::table.find(thing.id))
            .set(&thing)
            .returning(cols::<Thing>())
            .get_result(conn)
            .unwrap();
        assert_eq!(saved, thing);
        thing.due = None;
        diesel::update(&thing).set(&thing).execute(conn).unwrap();
        let guarded = diesel::update(things::table)
            .filter(things::id.eq(thing.id).and(things::sort.eq(Sort::Large)))
            .set((things::amount.eq(things::amount + 1), things::done.eq(true)))
            .execute(conn)
            .unwrap();
        assert_eq!(guarded, 0);
        let gone: Vec<Id> = diesel::delete(things::table.filter(things::due.is_null()))
            .returning(things::id)
            .get_results(conn)
            .unwrap();
        assert_eq!(gone, [thing.id]);
    });
}

#[test]
fn boxed_queries_sets_and_ranges() {
    on_each_connection(|conn| {
        let start = At::now_real();
        let ids: Vec<Id> = (0..10)
            .map(|n| {
                let thing = Thing { made_at: start + TimeDelta::seconds(n), ..Thing::new(&format!("thing {n}"), n) };
                diesel::insert_into(things::table).values(&thing).execute(conn).unwrap();
                thing.id
            })
            .collect();
        let some = vec![ids[1], ids[3], ids[5]];
        let found: Vec<Id> =
            things::table.filter(things::id.eq_any(&some)).order(things::id).select(things::id).load(conn).unwrap();
        assert_eq!(found, some);
        let none: Vec<Id> = Vec::new();
        let all: i64 = things::table
            .filter(things::id.ne_all(&none))
            .filter(things::sort.eq_any(Sort::ALL))
            .filter(things::sort.eq_any([Sort::Small, Sort::Large]))
            .filter(not(things::id.eq_any(none.clone())))
            .count()
            .get_result(conn)
            .unwrap();
        assert_eq!(all, 10);

        let mut query = things::table.into_boxed();
        query = query.filter(things::made_at.ge(start + TimeDelta::seconds(2)));
        query = query.filter(things::name.like("thing%").and(things::done.eq(false)));
        query = query.filter(things::made_at.lt(start + TimeDelta::seconds(8)).or(things::parent_id.eq(ids[0])));
        query = query.order((things::made_at.desc(), things::id)).limit(2).offset(1);
        let page: Vec<Thing> = query.select(Thing::as_select()).load(conn).unwrap();
        assert_eq!(page.iter().map(|t| t.amount).collect::<Vec<_>>(), [6, 5]);

        let newest: Option<At> = things::table.select(max(things::made_at)).get_result(conn).unwrap();
        assert_eq!(newest, Some(start + TimeDelta::seconds(9)));
        let sums: Vec<(Sort, i64, i64)> = things::table
            .group_by(things::sort)
            .select((things::sort, total(things::amount), count_star()))
            .load(conn)
            .unwrap();
        assert_eq!(sums, [(Sort::Small, 45, 10)]);
        let nothing: i64 = things::table.filter(things::done).select(total(things::amount)).get_result(conn).unwrap();
        assert_eq!(nothing, 0);
    });
}

#[test]
fn joins_and_subqueries() {
    on_each_connection(|conn| {
        let (a, b) = (insert(conn, "a", 1).unwrap(), insert(conn, "b", 2).unwrap());
        let part = Part { id: Id::new(), thing_id: b, label: "leg".to_owned() };
        diesel::insert_into(parts::table).values(&part).execute(conn).unwrap();
        let joined: Vec<(Thing, Option<Part>)> = things::table
            .left_join(parts::table)
            .order(things::name)
            .select((Thing::as_select(), Option::<Part>::as_select()))
            .load(conn)
            .unwrap();
        assert_eq!(joined[0].1, None);
        assert_eq!(joined[1].1, Some(part.clone()));
        let inner: Vec<(Id, String)> =
            parts::table.inner_join(things::table).select((parts::id, things::name)).load(conn).unwrap();
        assert_eq!(inner, [(part.id, "b".to_owned())]);
        let legs = parts::table.filter(parts::thing_id.eq(things::id).and(parts::label.eq("leg")));
        let bare: Vec<Id> = things::table.filter(not(exists(legs))).select(things::id).load(conn).unwrap();
        assert_eq!(bare, [a]);
        let within: Vec<Id> = things::table
            .filter(things::id.eq_any(parts::table.select(parts::thing_id)))
            .select(things::id)
            .load(conn)
            .unwrap();
        assert_eq!(within, [b]);
        let any: bool = diesel::select(exists(things::table.filter(things::amount.gt(1)))).get_result(conn).unwrap();
        assert!(any);
        let mut boxed = things::table.left_join(parts::table).into_boxed();
        boxed = boxed.filter(parts::label.is_null());
        let count: i64 = boxed.count().get_result(conn).unwrap();
        assert_eq!(count, 1);
    });
}

#[test]
fn batches_upserts_and_locks() {
    on_each_connection(|conn| {
        let rows: Vec<Thing> = (0..300).map(|n| Thing::new(&format!("{n}"), n)).collect();
        let insert = diesel::insert_into(things::table);
        let count = on_each!(conn, c => insert.values(&rows).execute(c)).unwrap();
        assert_eq!(count, 300);
        let taken = Thing { name: "0".to_owned(), ..Thing::new("0", 7) };
        let ignored = Both(diesel::insert_into(things::table).values(&taken).on_conflict(things::name).do_nothing())
            .execute(conn)
            .unwrap();
        assert_eq!(ignored, 0);
        let upserted: Thing = Both(
            diesel::insert_into(things::table)
                .values(&taken)
                .on_conflict(things::name)
                .do_update()
                .set(things::amount.eq(things::amount + 70))
                .returning(cols::<Thing>()),
        )
        .get_result(conn)
        .unwrap();
        assert_eq!((upserted.id, upserted.amount), (rows[0].id, 70));
        conn.transaction(|conn| {
            let locked: Thing = Locked(things::table.find(upserted.id).select(cols::<Thing>())).get_result(conn)?;
            assert_eq!(locked, upserted);
            let claimed: Vec<Id> = Claimed(
                things::table.filter(things::amount.gt(200)).order(things::amount.desc()).limit(2).select(things::id),
            )
            .load(conn)?;
            assert_eq!(claimed, [rows[299].id, rows[298].id]);
            QueryResult::Ok(())
        })
        .unwrap();
    });
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = ty::Uid)]
    id: Id,
    #[diesel(sql_type = Text)]
    sort: Sort,
    #[diesel(sql_type = ty::Ts)]
    made_at: At,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[test]
fn plain_sql_with_binds() {
    on_each_connection(|conn| {
        let id = insert(conn, "a", 3).unwrap();
        let sql = "SELECT id, sort, made_at, amount + $1 AS n FROM things
                   WHERE id = $2 AND made_at <= $3 AND amount < $1";
        let rows: Vec<Counted> = diesel::sql_query(sql)
            .bind::<BigInt, _>(4_i64)
            .bind::<ty::Uid, _>(id)
            .bind::<ty::Ts, _>(At::now_real())
            .load(conn)
            .unwrap();
        assert_eq!((rows[0].id, rows[0].sort, rows[0].n), (id, Sort::Small, 7));
        assert!(rows[0].made_at <= At::now_real());
    });
}

#[test]
fn searches_ignore_case() {
    on_each_connection(|conn| {
        for name in ["Harbour 100%", "HARBOUR 1000", "門廳"] {
            insert(conn, name, 1).unwrap();
        }
        let mut find = |q: &str| -> Vec<String> {
            things::table
                .filter(lower(things::name).like(like_pattern(q)).escape('\\'))
                .order(things::name)
                .select(things::name)
                .load(conn)
                .unwrap()
        };
        assert_eq!(find("harBOUR").len(), 2);
        assert_eq!(find("100%"), ["Harbour 100%"]);
        assert_eq!(find("門"), ["門廳"]);
    });
}
