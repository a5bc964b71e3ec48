-- Erases what the team wrote of a customer: notes, tasks, tags. Answers how many rows. Part of a customer's erasure.
create or replace function milepost.forget_work(customer text) returns bigint
language sql as $$
  with notes as (delete from milepost.notes where customer_id = customer returning 1),
    tasks as (delete from milepost.tasks where customer_id = customer returning 1),
    tags as (delete from milepost.tags where customer_id = customer returning 1)
  select (select count(*) from notes) + (select count(*) from tasks) + (select count(*) from tags)
$$;
