-- A figure may be watched without a limit: then against its own past.

alter table milepost.alerts drop constraint alerts_check2,
  add constraint alerts_limits check (kind <> 'figure' or num_nonnulls(below, above) <= 1);
