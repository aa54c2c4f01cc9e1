-- Whether a contract may be voided is asked of the securities that were paid for it; few name one.
CREATE INDEX securities_by_contract_id ON securities (contract_id) WHERE contract_id IS NOT NULL;
