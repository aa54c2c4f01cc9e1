//! Final accounts, receivables, payments, collection.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    final_accounts (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        contract_id -> Uid,
        contract_amount -> BigInt,
        amendments_amount -> BigInt,
        adjustments_amount -> BigInt,
        deductions_amount -> BigInt,
        total_amount -> BigInt,
        currency -> Text,
        deductions -> Text,
        audited_amount -> Nullable<BigInt>,
        audit_differences -> Text,
        state -> Text,
        basis -> Nullable<Text>,
        document_id -> Nullable<Uid>,
        submitted_on -> Nullable<Date>,
        audited_on -> Nullable<Date>,
        confirmed_on -> Nullable<Date>,
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
    receivables (id) {
        id -> Uid,
        version -> BigInt,
        project_id -> Uid,
        client_id -> Uid,
        contract_id -> Uid,
        kind -> Text,
        amount -> BigInt,
        paid_amount -> BigInt,
        written_off_amount -> BigInt,
        currency -> Text,
        trigger_kind -> Text,
        days -> BigInt,
        due_on -> Nullable<Date>,
        effective_on -> Nullable<Date>,
        disputed -> Bool,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    payments (id) {
        id -> Uid,
        version -> BigInt,
        client_id -> Uid,
        amount -> BigInt,
        currency -> Text,
        method -> Text,
        payer -> Nullable<Text>,
        authorisation_document_id -> Nullable<Uid>,
        matures_on -> Nullable<Date>,
        paid_on -> Date,
        reference -> Text,
        named -> Text,
        state -> Text,
        allocated_amount -> BigInt,
        refunded_amount -> BigInt,
        confirmed_at -> Nullable<Ts>,
        confirmed_by -> Nullable<Uid>,
        reversed_at -> Nullable<Ts>,
        reversed_on -> Nullable<Date>,
        reversed_by -> Nullable<Uid>,
        reversal_reason -> Nullable<Text>,
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
    allocations (id) {
        id -> Uid,
        payment_id -> Uid,
        receivable_id -> Uid,
        project_id -> Uid,
        client_id -> Uid,
        amount -> BigInt,
        created_at -> Ts,
        created_by -> Uid,
        reversed_at -> Nullable<Ts>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    refunds (id) {
        id -> Uid,
        version -> BigInt,
        client_id -> Uid,
        amount -> BigInt,
        currency -> Text,
        refunded_on -> Date,
        reference -> Nullable<Text>,
        reason -> Nullable<Text>,
        parts -> Text,
        created_at -> Ts,
        created_by -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    invoices (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        client_id -> Uid,
        kind -> Text,
        amount -> BigInt,
        currency -> Text,
        tax_rate_bp -> BigInt,
        particulars -> Nullable<Text>,
        note -> Nullable<Text>,
        number -> Nullable<Text>,
        state -> Text,
        issued_on -> Nullable<Date>,
        received_on -> Nullable<Date>,
        red_letter_number -> Nullable<Text>,
        red_letter_reason -> Nullable<Text>,
        red_lettered_on -> Nullable<Date>,
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
    collection_entries (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        receivable_id -> Uid,
        client_id -> Uid,
        level -> Text,
        note -> Text,
        days_overdue -> BigInt,
        on_date -> Date,
        promise_on -> Nullable<Date>,
        promise_amount -> Nullable<BigInt>,
        next_step -> Nullable<Text>,
        next_on -> Nullable<Date>,
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
    disputes (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        receivable_id -> Uid,
        client_id -> Uid,
        reason -> Text,
        owner_id -> Uid,
        state -> Text,
        outcome -> Nullable<Text>,
        ended_at -> Nullable<Ts>,
        ended_by -> Nullable<Uid>,
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
    write_offs (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        receivable_id -> Uid,
        client_id -> Uid,
        amount -> BigInt,
        currency -> Text,
        reason -> Text,
        state -> Text,
        decided_at -> Nullable<Ts>,
        decided_on -> Nullable<Date>,
        decided_by -> Nullable<Uid>,
        decision_note -> Nullable<Text>,
        booked_at -> Nullable<Ts>,
        booked_by -> Nullable<Uid>,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
    }
}
