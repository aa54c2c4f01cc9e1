-- Titles of documents and names of people are found by their sound too, as clients and projects are. What was written before is found by its
-- characters until it is changed: SQL knows no pinyin.
ALTER TABLE documents ADD COLUMN search_text TEXT;
ALTER TABLE users ADD COLUMN search_text TEXT;
