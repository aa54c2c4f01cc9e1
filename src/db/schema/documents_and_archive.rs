//! Documents and the archive.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    documents (id) {
        id -> Uid,
        project_id -> Nullable<Uid>,
        client_id -> Nullable<Uid>,
        version -> BigInt,
        category -> Text,
        title -> Text,
        search_text -> Nullable<Text>,
        confidentiality -> Text,
        latest_revision -> BigInt,
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
    document_revisions (id) {
        id -> Uid,
        document_id -> Uid,
        revision -> BigInt,
        file_name -> Text,
        media_type -> Text,
        size -> BigInt,
        sha256 -> Text,
        created_at -> Ts,
        created_by -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    document_links (document_id, subject_kind, subject_id) {
        document_id -> Uid,
        subject_kind -> Text,
        subject_id -> Uid,
        created_at -> Ts,
        created_by -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    document_accesses (id) {
        id -> Uid,
        document_id -> Uid,
        revision -> BigInt,
        user_id -> Uid,
        at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::*;
    archives (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        number -> Text,
        room -> Nullable<Text>,
        shelf -> Nullable<Text>,
        box_no -> Nullable<Text>,
        placed_at -> Nullable<Ts>,
        placed_by -> Nullable<Uid>,
        sealed_at -> Nullable<Ts>,
        sealed_by -> Nullable<Uid>,
        chain_head -> Nullable<Text>,
        chain_length -> Nullable<BigInt>,
        package_sha256 -> Nullable<Text>,
        package_size -> Nullable<BigInt>,
        package_built_at -> Nullable<Ts>,
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
    archive_addenda (id) {
        id -> Uid,
        project_id -> Uid,
        version -> BigInt,
        archive_id -> Uid,
        text -> Text,
        document_id -> Nullable<Uid>,
        created_at -> Ts,
        created_by -> Uid,
        updated_at -> Ts,
        voided_at -> Nullable<Ts>,
        voided_by -> Nullable<Uid>,
        void_reason -> Nullable<Text>,
    }
}
