/** Counts the milliseconds in which somebody has the page before them: it is visible and has the focus. */
export interface Attention {
  readonly elapsed: () => number;
  /** Of the stretches that are over. */
  total: number;
  /** When the present stretch began; NaN while nobody looks. */
  stretchStart: number;
}

export const newAttention = (elapsed: () => number): Attention => ({ elapsed, total: 0, stretchStart: NaN });

/** The milliseconds up to now. To be called as well whenever visibility or focus may have changed. */
export function timeOnPage(attention: Attention): number {
  const now = attention.elapsed();
  attention.total += now - attention.stretchStart || 0;
  attention.stretchStart = !document.hidden && document.hasFocus() ? now : NaN;
  return Math.round(attention.total);
}

/** Another page begins. */
export function restartAttention(attention: Attention): void {
  timeOnPage(attention);
  attention.total = 0;
}
