/** Counts the milliseconds in which somebody has the page before them: it is visible and has the focus.
 *  Call it when visibility or focus may have changed, and to read it; `restart` begins anew. */
export function createAttention(elapsed: () => number) {
  let total = 0;
  let since: number | undefined;
  return (restart?: boolean): number => {
    const now = elapsed();
    if (since !== undefined) total += now - since;
    since = !document.hidden && document.hasFocus() ? now : undefined;
    if (restart) total = 0;
    return Math.round(total);
  };
}
