DROP INDEX sheet_acknowledgements_to_give;
DROP INDEX amendments_by_state;
DROP INDEX interactions_to_follow_up;
DROP INDEX reassignments_to_acknowledge;
