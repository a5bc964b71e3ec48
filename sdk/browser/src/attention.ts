/** Counts the milliseconds in which somebody has the page before them: it is visible and has the focus. */
export function createAttention(elapsed: () => number) {
  let total = 0;
  let since = -1;

  const update = (): void => {
    const now = elapsed();
    if (since >= 0) total += Math.max(0, now - since);
    since = document.visibilityState === "visible" && document.hasFocus() ? now : -1;
  };

  return {
    /** Call when visibility or focus may have changed. */
    update,
    read(): number {
      update();
      return Math.round(total);
    },
    restart(): void {
      update();
      total = 0;
    },
  };
}
