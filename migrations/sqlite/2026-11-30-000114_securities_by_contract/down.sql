DROP INDEX securities_by_contract_id;
