DROP INDEX users_by_group_id;
DROP INDEX write_offs_by_client_id;
DROP INDEX archive_addenda_by_archive_id;
DROP INDEX final_accounts_by_contract_id;
DROP INDEX seal_entries_by_contract_id;
DROP INDEX amendments_by_contract_id;
DROP INDEX payments_by_client_id;
