//! Sheets, memos, tenders, schemes, quotations.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    assignment_sheets (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        number -> Text,
        note -> Nullable<Text>,
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
    sheet_acknowledgements (sheet_id, department) {
        sheet_id -> Uid,
        department -> Text,
        project_id -> Uid,
        acknowledged_at -> Nullable<Ts>,
        acknowledged_by -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    memos (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        number -> Text,
        to_department -> Text,
        subject -> Text,
        body -> Text,
        reply_by -> Nullable<Date>,
        state -> Text,
        answered_at -> Nullable<Ts>,
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
    memo_replies (id) {
        id -> Uid,
        memo_id -> Uid,
        project_id -> Uid,
        body -> Text,
        created_at -> Ts,
        created_by -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    reassignments (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        position -> Text,
        from_user_id -> Nullable<Uid>,
        to_user_id -> Uid,
        reason -> Text,
        open_instructions -> Text,
        acknowledged_at -> Nullable<Ts>,
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
    commissions (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        reason -> Text,
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
    tenders (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        notice_no -> Text,
        submission_deadline -> Ts,
        opening_at -> Nullable<Ts>,
        security_amount -> BigInt,
        currency -> Text,
        state -> Text,
        bid_amount -> Nullable<BigInt>,
        submitted_at -> Nullable<Ts>,
        opened_at -> Nullable<Ts>,
        bids -> Text,
        result_note -> Nullable<Text>,
        decided_at -> Nullable<Ts>,
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
    securities (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        purpose -> Text,
        form -> Text,
        tender_id -> Nullable<Uid>,
        contract_id -> Nullable<Uid>,
        amount -> BigInt,
        currency -> Text,
        paid_on -> Date,
        reference -> Nullable<Text>,
        expires_on -> Nullable<Date>,
        state -> Text,
        returned_amount -> BigInt,
        returned_on -> Nullable<Date>,
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
    schemes (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        kind -> Text,
        revision -> BigInt,
        title -> Text,
        department -> Text,
        document_id -> Nullable<Uid>,
        state -> Text,
        confirmed_at -> Nullable<Ts>,
        confirmed_by -> Nullable<Uid>,
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
    scheme_comments (id) {
        id -> Uid,
        scheme_id -> Uid,
        project_id -> Uid,
        comment -> Text,
        created_at -> Ts,
        created_by -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    quotations (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        number -> Text,
        revision -> BigInt,
        lines -> Text,
        currency -> Text,
        discount_amount -> BigInt,
        tax_rate_bp -> BigInt,
        net_amount -> BigInt,
        tax_amount -> BigInt,
        total_amount -> BigInt,
        valid_until -> Nullable<Date>,
        state -> Text,
        accepted_at -> Nullable<Ts>,
        accepted_by -> Nullable<Uid>,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
    }
}
