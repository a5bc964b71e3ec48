/** Counts the milliseconds in which somebody has the page before them: it is visible and has the focus.
 *  Call it when visibility or focus may have changed, and to read it; `restart` begins anew. */
export function createAttention(elapsed: () => number) {
  let total = 0;
  let since = NaN;
  return (restart?: boolean): number => {
    const now = elapsed();
    total += now - since || 0;
    since = !document.hidden && document.hasFocus() ? now : NaN;
    if (restart) total = 0;
    return Math.round(total);
  };
}
