-- What waits for somebody is found by who it waits for, and without walking over what waits no more.
CREATE INDEX reassignments_to_acknowledge ON reassignments (to_user_id) WHERE acknowledged_at IS NULL;
CREATE INDEX interactions_to_follow_up ON interactions (project_id) WHERE follow_up_on IS NOT NULL AND voided_at IS NULL;
CREATE INDEX amendments_by_state ON amendments (state);
CREATE INDEX sheet_acknowledgements_to_give ON sheet_acknowledgements (department) WHERE acknowledged_at IS NULL;
