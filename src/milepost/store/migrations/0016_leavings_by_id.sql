-- Which ids have left something behind, without a look at all that they left.
create index idx_leavings_id on milepost.leavings (kind, id);
