import type { ReactNode } from "react";

const PATHS = {
  medal: <><path d="M5.2 9.6 4 15l4-2 4 2-1.2-5.4" /><circle cx="8" cy="6" r="4.5" /></>,
  flame: <path d="M8 1.5c.4 2.4 3.9 3.7 3.9 7.6a3.9 3.9 0 0 1-7.8 0c0-1.4.6-2.3 1.3-3 .2 1 .7 1.5 1.3 1.6C6.5 5.6 6.7 3.2 8 1.5Z" />,
  check: <path d="m3 8.5 3.2 3.2L13 4.5" />,
  alert: <><path d="M8 2 1.5 13.5h13Z" /><path d="M8 6.5v3M8 11.6v.1" /></>,
};

export const Icon = ({ name }: { name: keyof typeof PATHS }): ReactNode => (
  <svg className={`mp-icon mp-icon-${name}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    {PATHS[name]}
  </svg>
);
