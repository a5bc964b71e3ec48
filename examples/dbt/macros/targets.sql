{#- What is predicted with a likelihood, as it is now: the plan says what there is. Empty while dbt only reads the project. -#}
{% macro predicted_targets() -%}
  {%- if not execute -%}{{ return([]) }}{%- endif -%}
  {%- set asked -%}
    select distinct target from {{ source('milepost', 'predictions') }} where probability is not null order by 1
  {%- endset -%}
  {{ return(run_query(asked).columns[0].values() | list) }}
{%- endmacro %}
