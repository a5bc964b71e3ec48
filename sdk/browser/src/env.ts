/** Whether there is a page at all. The script build knows (scripts/build.mjs puts `true` here). */
export const here = typeof window !== "undefined";
