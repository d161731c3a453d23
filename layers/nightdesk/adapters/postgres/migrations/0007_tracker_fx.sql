-- Live values can be shown in every currency that has a rate.
GRANT SELECT ON fx_rates TO nightdesk_tracker;
