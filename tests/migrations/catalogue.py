"""What a database is made of, in a form that two databases can be compared by."""

from __future__ import annotations

import psycopg

#: One question per kind of thing; each answers (what, its definition).
_QUESTIONS = {
    "schemas": "select nspname, nspacl::text from pg_namespace where oid = any (%(schemas)s::regnamespace[])",
    "relations": """
        select c.oid::regclass::text, concat_ws(' | ', c.relkind, c.relrowsecurity, c.relforcerowsecurity,
          c.reloptions::text,
          (select array_agg(a::text order by a::text) from unnest(coalesce(c.relacl,
            acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) a)::text,
          obj_description(c.oid),
          case when c.relkind = 'v' then pg_get_viewdef(c.oid) end)
        from pg_class c where c.relnamespace = any (%(schemas)s::regnamespace[])
          and c.relkind in ('r', 'v', 'S')""",
    "columns": """
        select c.oid::regclass || '.' || a.attname, concat_ws(' | ', format_type(a.atttypid, a.atttypmod), a.attnotnull,
          a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attacl::text,
          col_description(c.oid, a.attnum), row_number() over (partition by c.oid order by a.attnum))
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = any (%(schemas)s::regnamespace[]) and c.relkind in ('r', 'v')""",
    "constraints": """
        select o.conrelid::regclass || ' ' || o.conname, concat_ws(' | ', pg_get_constraintdef(o.oid), o.conislocal)
        from pg_constraint o join pg_class c on c.oid = o.conrelid
        where c.relnamespace = any (%(schemas)s::regnamespace[])""",
    "indexes": """
        select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
        from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = any (%(schemas)s::regnamespace[])""",
    "triggers": """
        select c.oid::regclass || ' ' || t.tgname, pg_get_triggerdef(t.oid)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = any (%(schemas)s::regnamespace[]) and not t.tgisinternal""",
    "policies": """
        select tablename || ' ' || policyname, concat_ws(' | ', permissive, roles::text, cmd, qual, with_check)
        from pg_policies where schemaname = any (%(schemas)s)""",
    "functions": """
        select p.oid::regprocedure::text, pg_get_functiondef(p.oid) || coalesce(
          (select array_agg(a::text order by a::text)
            from unnest(coalesce(p.proacl, acldefault('f', p.proowner))) a)::text, '')
        from pg_proc p where p.pronamespace = any (%(schemas)s::regnamespace[])""",
    "types": """
        select t.oid::regtype::text, (select array_agg(enumlabel order by enumsortorder) from pg_enum e
          where e.enumtypid = t.oid)::text
        from pg_type t where t.typnamespace = any (%(schemas)s::regnamespace[]) and t.typtype = 'e'""",
}
OURS = ["public", "milepost"]
JOBS = ["milepost_jobs"]


def catalogue(connection: psycopg.Connection, schemas: list[str] | None = None) -> dict[str, dict[str, str]]:
    """Everything in these schemas: kind, name, definition."""
    # One search_path, so that names come out alike whoever asks.
    with connection.transaction():
        connection.execute("set local search_path = ''")
        values = {"schemas": schemas or OURS}
        return {kind: dict(connection.execute(question, values).fetchall()) for kind, question in _QUESTIONS.items()}


def names(connection: psycopg.Connection, question: str) -> list[str]:
    """The one column of `question`, sorted."""
    return sorted(row[0] for row in connection.execute(question))
