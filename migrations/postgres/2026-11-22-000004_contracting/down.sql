DROP TABLE seal_entries;
DROP TABLE contract_reviews;
DROP TABLE amendments;
DROP TABLE contract_instalments;
DROP TABLE contracts;
DROP TABLE contract_templates;
