DROP TABLE complaint_reviews;
DROP TABLE complaint_measures;
DROP TABLE complaints;
