-- name: paths
-- Each run's labels, as numbers, after its first anchor or from its first event. $labels are those of a run in order,
-- the last bit set on an anchor's; 0 is an anchor without a label.
select $run as run, $labels as labels, $path as path
from events final
where $events
group by run
having $counts;

-- name: links
-- How many runs go from which node to which. Runs of the same path are put together first: there are far fewer of
-- these. A node has as many runs in as out, so that both ends of a link are ranked from the links alone.
with $texts as texts
select
  step,
  multiIf(step = 1 or source_rank <= $top, 'label', 'other') as source_kind,
  if(source_kind = 'other', '', source_text) as source_label,
  multiIf(target = 0, 'end', target_rank <= $top, 'label', 'other') as target_kind,
  if(target_kind = 'label', target_text, '') as target_label,
  sum(runs) as runs
from (
  select
    step, source_text, target, target_text, runs,
    dense_rank() over (partition by step order by sources desc, source_text) as source_rank,
    dense_rank() over (partition by step order by target = 0, targets desc, target_text) as target_rank
  from (
    select
      step, target, runs,
      transform(source, arrayPushBack(texts.1, 0), arrayPushBack(texts.2, ''), '') as source_text,
      transform(target, arrayPushBack(texts.1, 0), arrayPushBack(texts.2, ''), '') as target_text,
      sum(runs) over (partition by step, source) as sources,
      sum(runs) over (partition by step, target) as targets
    from (
      select link.1 as step, link.2 as source, link.3 as target, sum(same) as runs
      from (
        select
          arrayJoin(arrayZip(
            arraySlice(arrayEnumerate(arrayPushBack(way, 0)), 1, $depth),
            arraySlice(arrayPushFront(way, 0), 1, $depth),
            arraySlice(arrayPushBack(way, 0), 1, $depth))) as link,
          same
        from (select any(path) as way, count() as same from ($paths) group by xxh3(path)))
      group by step, source, target)))
group by step, source_kind, source_label, target_kind, target_label;

-- name: through
-- The runs through a node: a condition on `path`.
select run from ($paths) where $condition;
