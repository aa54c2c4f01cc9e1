//! The company and its people, settings, numbers, events.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    departments (key) {
        key -> Text,
        version -> BigInt,
        name -> Text,
        name_zh -> Nullable<Text>,
        active -> Bool,
        created_at -> Ts,
        updated_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    groups (id) {
        id -> Uid,
        version -> BigInt,
        key -> Text,
        name -> Text,
        kind -> Text,
        active -> Bool,
        created_at -> Ts,
        updated_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    users (id) {
        id -> Uid,
        version -> BigInt,
        username -> Text,
        display_name -> Text,
        search_text -> Nullable<Text>,
        password_hash -> Text,
        role -> Text,
        group_id -> Nullable<Uid>,
        department -> Nullable<Text>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        active -> Bool,
        token_generation -> BigInt,
        created_at -> Ts,
        updated_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    refresh_tokens (id) {
        id -> Uid,
        user_id -> Uid,
        family_id -> Uid,
        token_hash -> Text,
        token_generation -> BigInt,
        issued_at -> Ts,
        expires_at -> Ts,
        spent_at -> Nullable<Ts>,
        revoked_at -> Nullable<Ts>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    api_keys (id) {
        id -> Uid,
        version -> BigInt,
        name -> Text,
        user_id -> Uid,
        prefix -> Text,
        key_hash -> Text,
        permissions -> Text,
        expires_at -> Ts,
        last_used_at -> Nullable<Ts>,
        revoked_at -> Nullable<Ts>,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    setup_tokens (id) {
        id -> Uid,
        token_hash -> Text,
        created_at -> Ts,
        used_at -> Nullable<Ts>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    settings (key) {
        key -> Text,
        version -> BigInt,
        value -> Text,
        updated_at -> Ts,
        updated_by -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    calendar_days (day) {
        day -> Date,
        kind -> Text,
        name -> Text,
        version -> BigInt,
        updated_at -> Ts,
        updated_by -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    sandbox_clock (id) {
        id -> BigInt,
        set_to -> Ts,
        set_at -> Ts,
        frozen -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    idempotency_keys (caller, route, key) {
        caller -> Uid,
        route -> Text,
        key -> Text,
        fingerprint -> Text,
        created_at -> Ts,
        reply -> Nullable<Text>,
        project_id -> Nullable<Uid>,
        client_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    number_series (series, year) {
        series -> Text,
        year -> BigInt,
        last -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    events (seq) {
        seq -> BigInt,
        id -> Uid,
        at -> Ts,
        actor_id -> Nullable<Uid>,
        project_id -> Nullable<Uid>,
        client_id -> Nullable<Uid>,
        subject_kind -> Text,
        subject_id -> Uid,
        subject_version -> BigInt,
        kind -> Text,
        data -> Text,
        chain_id -> Uid,
        chain_pos -> BigInt,
        prev_hash -> Text,
        hash -> Text,
    }
}
