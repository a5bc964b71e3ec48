{#- The moment the models are of: the variable `now`, or when the run began. -#}
{% macro moment() -%}
  cast('{{ var("now") or run_started_at.strftime("%Y-%m-%d %H:%M:%S+00") }}' as timestamptz)
{%- endmacro %}

{#- The UTC day that a moment lies in. -#}
{% macro utc_day(moment) -%}
  cast({{ moment }} at time zone 'UTC' as date)
{%- endmacro %}

{% macro today() -%}
  {{ utc_day(moment()) }}
{%- endmacro %}
