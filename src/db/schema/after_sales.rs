//! Complaints.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    complaints (id) {
        id -> Uid,
        number -> Text,
        version -> BigInt,
        client_id -> Uid,
        project_id -> Nullable<Uid>,
        channel -> Text,
        severity -> Text,
        what -> Text,
        state -> Text,
        handler_id -> Uid,
        answer_due_on -> Date,
        cause -> Nullable<Text>,
        department -> Nullable<Text>,
        found_valid -> Nullable<Bool>,
        analysis -> Nullable<Text>,
        effect -> Nullable<Text>,
        answer -> Nullable<Text>,
        answered_on -> Nullable<Date>,
        client_opinion -> Nullable<Text>,
        client_opinion_note -> Nullable<Text>,
        closed_on -> Nullable<Date>,
        reopened -> BigInt,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    complaint_measures (id) {
        id -> Uid,
        complaint_id -> Uid,
        version -> BigInt,
        what -> Text,
        department -> Text,
        due_on -> Nullable<Date>,
        state -> Text,
        done_note -> Nullable<Text>,
        done_at -> Nullable<Ts>,
        done_by -> Nullable<Uid>,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    complaint_reviews (id) {
        id -> Uid,
        complaint_id -> Uid,
        round -> BigInt,
        department -> Text,
        verdict -> Nullable<Text>,
        opinion -> Nullable<Text>,
        reviewed_at -> Nullable<Ts>,
        reviewed_by -> Nullable<Uid>,
        created_at -> Ts,
        created_by -> Uid,
    }
}
