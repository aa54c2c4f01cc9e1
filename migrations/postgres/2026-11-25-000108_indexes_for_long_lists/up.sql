-- What is asked for by a contract, an archive or a client, without reading the whole table.
CREATE INDEX payments_by_client_id ON payments (client_id);
CREATE INDEX amendments_by_contract_id ON amendments (contract_id);
CREATE INDEX seal_entries_by_contract_id ON seal_entries (contract_id);
CREATE INDEX final_accounts_by_contract_id ON final_accounts (contract_id);
CREATE INDEX archive_addenda_by_archive_id ON archive_addenda (archive_id);
CREATE INDEX write_offs_by_client_id ON write_offs (client_id);
CREATE INDEX users_by_group_id ON users (group_id);
