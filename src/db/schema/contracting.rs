//! Contracts with their plan, reviews, seals, amendments.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    contract_templates (id) {
        id -> Uid,
        version -> BigInt,
        code -> Text,
        edition -> BigInt,
        title -> Text,
        body -> Text,
        active -> Bool,
        created_at -> Ts,
        created_by -> Nullable<Uid>,
        updated_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    contracts (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        number -> Text,
        client_id -> Uid,
        template_id -> Uid,
        amount -> BigInt,
        currency -> Text,
        defects_liability_months -> BigInt,
        retention_from_final_account -> Bool,
        state -> Text,
        review_round -> BigInt,
        changes -> Nullable<Text>,
        signed_on -> Nullable<Date>,
        planned_site_access_on -> Nullable<Date>,
        current_amount -> BigInt,
        created_at -> Ts,
        created_by -> Uid,
        redrafted_by -> Nullable<Uid>,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    contract_instalments (id) {
        id -> Uid,
        contract_id -> Uid,
        project_id -> Uid,
        position -> BigInt,
        kind -> Text,
        share_bp -> Nullable<BigInt>,
        amount -> BigInt,
        days -> BigInt,
        trigger_kind -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    amendments (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        number -> Text,
        contract_id -> Uid,
        amount -> BigInt,
        on_kind -> Text,
        why -> Text,
        state -> Text,
        review_round -> BigInt,
        changes -> Nullable<Text>,
        signed_on -> Nullable<Date>,
        created_at -> Ts,
        created_by -> Uid,
        redrafted_by -> Nullable<Uid>,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    contract_reviews (id) {
        id -> Uid,
        contract_id -> Uid,
        amendment_id -> Nullable<Uid>,
        project_id -> Uid,
        round -> BigInt,
        level -> BigInt,
        verdict -> Text,
        opinion -> Text,
        created_at -> Ts,
        created_by -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    seal_entries (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        contract_id -> Uid,
        amendment_id -> Nullable<Uid>,
        party -> Text,
        seal -> Text,
        document -> Text,
        copies -> BigInt,
        sealed_on -> Date,
        sealed_by -> Text,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
    }
}
