//! Webhooks.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    webhook_endpoints (id) {
        id -> Uid,
        version -> BigInt,
        name -> Text,
        url -> Text,
        kinds -> Text,
        project_id -> Nullable<Uid>,
        client_id -> Nullable<Uid>,
        disabled_at -> Nullable<Ts>,
        disabled_because -> Nullable<Text>,
        former_secret_until -> Nullable<Ts>,
        secret -> Text,
        former_secret -> Nullable<Text>,
        position -> BigInt,
        last_success_at -> Nullable<Ts>,
        last_failure_at -> Nullable<Ts>,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    webhook_deliveries (id) {
        id -> Uid,
        endpoint_id -> Uid,
        event_seq -> Nullable<BigInt>,
        message_id -> Uid,
        kind -> Text,
        lane -> Uid,
        state -> Text,
        attempts -> BigInt,
        next_attempt_at -> Ts,
        leased_until -> Nullable<Ts>,
        lease -> Nullable<Uid>,
        last_status -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        delivered_at -> Nullable<Ts>,
        created_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    webhook_attempts (id) {
        id -> Uid,
        delivery_id -> Uid,
        at -> Ts,
        status -> Nullable<BigInt>,
        error -> Nullable<Text>,
        answer -> Nullable<Text>,
        duration_ms -> BigInt,
    }
}
