//! Clients, projects and what is told about them.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    clients (id) {
        id -> Uid,
        version -> BigInt,
        number -> Text,
        name -> Text,
        kind -> Text,
        grade -> Nullable<Text>,
        credit_note -> Nullable<Text>,
        source -> Nullable<Text>,
        region -> Nullable<Text>,
        industry -> Nullable<Text>,
        key_account -> Bool,
        needs -> Nullable<Text>,
        invoice_particulars -> Nullable<Text>,
        owner_id -> Nullable<Uid>,
        search_text -> Text,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
        contacted_at -> Nullable<Ts>,
        follow_up_on -> Nullable<Date>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    client_contacts (id) {
        id -> Uid,
        client_id -> Uid,
        version -> BigInt,
        name -> Text,
        position -> Nullable<Text>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        decision_maker -> Bool,
        is_primary -> Bool,
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
    projects (id) {
        id -> Uid,
        version -> BigInt,
        inquiry_number -> Text,
        number -> Nullable<Text>,
        client_id -> Uid,
        name -> Text,
        kind -> Text,
        address -> Nullable<Text>,
        area_m2 -> Nullable<Double>,
        budget_amount -> Nullable<BigInt>,
        currency -> Text,
        wanted_from -> Nullable<Date>,
        wanted_until -> Nullable<Date>,
        channel -> Text,
        needs -> Nullable<Text>,
        stage -> Text,
        stage_entered_at -> Ts,
        acceptance_entered_at -> Nullable<Ts>,
        shelved_from -> Nullable<Text>,
        review_on -> Nullable<Date>,
        end_reason -> Nullable<Text>,
        recorded_by -> Uid,
        front_group_id -> Nullable<Uid>,
        front_owner_id -> Nullable<Uid>,
        back_owner_id -> Nullable<Uid>,
        accepted_at -> Nullable<Ts>,
        sealed_at -> Nullable<Ts>,
        adjustment_round -> BigInt,
        search_text -> Text,
        created_at -> Ts,
        updated_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    project_participants (project_id, user_id) {
        project_id -> Uid,
        user_id -> Uid,
        since -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    project_departments (project_id, department) {
        project_id -> Uid,
        department -> Text,
        since -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    waivers (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        evidence -> Text,
        item -> Nullable<Text>,
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
    interactions (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        client_id -> Uid,
        kind -> Text,
        summary -> Text,
        attendees -> Text,
        follow_up_on -> Nullable<Date>,
        occurred_at -> Ts,
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
    qualifications (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        finances -> BigInt,
        value -> BigInt,
        effort -> BigInt,
        difficulty -> BigInt,
        decision_makers_known -> Bool,
        incumbent -> Nullable<Text>,
        payment_habit -> Nullable<Text>,
        background_check -> Nullable<Text>,
        score -> BigInt,
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
    instructions (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        direction -> Text,
        what -> Text,
        place -> Nullable<Text>,
        by_whom -> Nullable<Text>,
        said_on -> Nullable<Date>,
        cost_amount -> Nullable<BigInt>,
        approved_by -> Nullable<Text>,
        state -> Text,
        outcome_note -> Nullable<Text>,
        settled_at -> Nullable<Ts>,
        settled_by -> Nullable<Uid>,
        acknowledged_at -> Nullable<Ts>,
        acknowledged_by -> Nullable<Uid>,
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
    project_initiations (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        needs -> Text,
        style -> Nullable<Text>,
        scope -> Nullable<Text>,
        schedule_note -> Nullable<Text>,
        budget_note -> Nullable<Text>,
        risks -> Nullable<Text>,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
    }
}
