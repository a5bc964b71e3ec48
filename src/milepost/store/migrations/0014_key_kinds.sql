-- Two kinds of key to write with: a browser's is public and says who is who within rules, a server's is not.

alter table milepost.keys
  drop constraint keys_kind_check,
  drop constraint keys_check,
  -- Ids count only with an identity signature.
  add column signed_only boolean not null default false;
update milepost.keys set kind = 'browser' where kind = 'write';
alter table milepost.keys
  add constraint keys_kind_check check (kind in ('browser', 'server', 'secret')),
  add constraint keys_public_check check ((kind = 'browser') = (public_key is not null)),
  add constraint keys_signed_check check (kind = 'browser' or not signed_only);
