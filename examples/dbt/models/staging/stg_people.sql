-- Every user of whom something was told, as they are now.
-- It is written by scripts/write_dbt_sources.py from the data sets' own description.
select
    cast(s."user_id" as text) as "user_id",
    cast(s."customer_id" as text) as "customer_id",
    cast(s."name" as text) as "name",
    cast(s."traits" as text) as "traits"
from {{ source('milepost', 'people') }} as s
