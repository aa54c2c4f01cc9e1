DROP TABLE archive_addenda;
DROP TABLE archives;
DROP TABLE document_accesses;
DROP TABLE document_links;
DROP TABLE document_revisions;
DROP TABLE documents;
