-- What is found through an index must not be most of a table: where a column is mostly null, its index leaves the nulls out, or SQLite, which knows
-- averages only, takes the nulls for few. What waits for somebody's decision is found by its state.
DROP INDEX projects_by_front_group_id;
CREATE INDEX projects_by_front_group_id ON projects (front_group_id) WHERE front_group_id IS NOT NULL;
CREATE INDEX projects_recorded_outside_groups ON projects (recorded_by) WHERE front_group_id IS NULL;
DROP INDEX documents_by_client_id;
CREATE INDEX documents_by_client_id ON documents (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX clients_by_created_by ON clients (created_by);
CREATE INDEX allocations_by_client_id ON allocations (client_id);
CREATE INDEX complaints_by_handler_id ON complaints (handler_id);
CREATE INDEX complaints_by_created_by ON complaints (created_by);
CREATE INDEX complaints_by_state ON complaints (state);
CREATE INDEX contracts_by_state ON contracts (state);
CREATE INDEX payments_by_state ON payments (state);
CREATE INDEX invoices_by_state ON invoices (state);
CREATE INDEX write_offs_by_state ON write_offs (state);
CREATE INDEX transfers_by_state ON transfers (state);
CREATE INDEX adjustments_by_inspection_id ON adjustments (inspection_id) WHERE inspection_id IS NOT NULL;
CREATE INDEX users_by_role ON users (role);
DROP INDEX events_by_project_id_seq;
CREATE INDEX events_by_project_id_seq ON events (project_id, seq) WHERE project_id IS NOT NULL;
DROP INDEX events_by_client_id_seq;
CREATE INDEX events_by_client_id_seq ON events (client_id, seq) WHERE client_id IS NOT NULL;
