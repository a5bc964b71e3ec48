{#- Files have a row for whatever became of an event: the last run's counts. The database's view has each event once. -#}
{% macro current_state(relation, key) -%}
  {%- if target.type == 'duckdb' -%}
    (select * from {{ relation }}
     qualify row_number() over (partition by {{ key }} order by _run desc) = 1 and _change = 'upsert')
  {%- else -%}
    {{ relation }}
  {%- endif -%}
{%- endmacro %}
