ALTER TABLE users DROP COLUMN search_text;
ALTER TABLE documents DROP COLUMN search_text;
