-- One writer gives every number here: number_series serves those that need only be unique as well.
SELECT 1;
