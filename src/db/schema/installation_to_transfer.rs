//! Installation, adjustment, acceptance, transfer.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    milestones (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        department -> Text,
        name -> Text,
        planned_on -> Nullable<Date>,
        forecast_on -> Nullable<Date>,
        actual_on -> Nullable<Date>,
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
    readiness_checks (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        items -> Text,
        note -> Nullable<Text>,
        checked_on -> Date,
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
    site_access_confirmations (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        document_id -> Uid,
        confirmed_on -> Date,
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
    installation_starts (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        started_on -> Date,
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
    deliveries (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        what -> Text,
        department -> Nullable<Text>,
        delivered_on -> Date,
        received_by -> Nullable<Text>,
        receipt_document_id -> Nullable<Uid>,
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
    progress_entries (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        percent -> BigInt,
        text -> Text,
        on_date -> Date,
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
    site_issues (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        text -> Text,
        department -> Text,
        state -> Text,
        resolution -> Nullable<Text>,
        resolved_at -> Nullable<Ts>,
        resolved_by -> Nullable<Uid>,
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
    sign_offs (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        document_id -> Uid,
        signed_on -> Date,
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
    adjustments (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        round -> BigInt,
        place -> Nullable<Text>,
        what -> Text,
        cause -> Text,
        source -> Text,
        department -> Text,
        due_on -> Nullable<Date>,
        cost_amount -> BigInt,
        currency -> Text,
        borne_by -> Text,
        state -> Text,
        planned_on -> Nullable<Date>,
        done_at -> Nullable<Ts>,
        done_by -> Nullable<Uid>,
        confirmed_at -> Nullable<Ts>,
        confirmed_by -> Nullable<Uid>,
        variation_order_id -> Nullable<Uid>,
        refusals -> BigInt,
        last_refusal -> Nullable<Text>,
        inspection_id -> Nullable<Uid>,
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
    inspections (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        inspected_on -> Date,
        inspector -> Nullable<Text>,
        items -> Text,
        passed -> Bool,
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
    acceptance_certificates (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        document_id -> Uid,
        accepted_on -> Date,
        basis -> Text,
        reservations -> Nullable<Text>,
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
    project_summaries (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        went_well -> Text,
        problems -> Text,
        lessons -> Text,
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
    termination_approvals (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        reason -> Text,
        document_id -> Nullable<Uid>,
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
    transfers (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        kind -> Text,
        named_owner_id -> Nullable<Uid>,
        note -> Nullable<Text>,
        documents -> Text,
        open_instructions -> Text,
        unpaid_receivables -> Text,
        state -> Text,
        missing -> Text,
        decision_note -> Nullable<Text>,
        acknowledged -> Text,
        decided_at -> Nullable<Ts>,
        decided_by -> Nullable<Uid>,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
    }
}
